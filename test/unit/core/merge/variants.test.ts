import { describe, expect, test } from 'vitest';
import { newSha256 } from '../../../../src/cli/disk';
import { planMerge } from '../../../../src/core/merge/plan';
import { mergeTensor, runPlan } from '../../../../src/core/merge/run';
import { SPECS } from '../../../../src/core/merge/specs';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { madeHead } from './helpers';

type Tensors = Readonly<Record<string, readonly number[]>>;
const heads = (models: Readonly<Record<string, Tensors>>): Map<string, CheckpointHead> =>
  new Map(
    Object.entries(models).map(([alias, tensors]) => [
      alias,
      madeHead(
        alias,
        Object.fromEntries(
          Object.entries(tensors).map(([name, values]) => [name, { shape: [values.length], values: [...values] }]),
        ),
      ),
    ]),
  );
async function merged(doc: MergeDoc, models: Map<string, CheckpointHead>): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for await (const t of runPlan(planMerge(doc, models), newSha256)) values[t.name] = [...t.values!];
  return values;
}
const zeros = (n: number): number[] => Array<number>(n).fill(0);

describe('election (R3)', () => {
  const models = heads({ base: { w: [0] }, a: { w: [1] }, b: { w: [-0.5] } });
  const doc = (weights: [number, number], lab?: MergeDoc['lab']): MergeDoc => ({
    merge_method: 'ties',
    base_model: 'base',
    models: ['a', 'b'].map((model, k) => ({ model, parameters: { weight: weights[k]! } })),
    ...(lab && { lab }),
  });
  test('mergekit weighs the votes, the paper does not', async () => {
    expect((await merged(doc([0.2, 0.8]), models))['w']).toEqual([-0.5]);
    expect((await merged(doc([0.2, 0.8], { election: 'mergekit' }), models))['w']).toEqual([-0.5]);
    expect((await merged(doc([0.2, 0.8], { election: 'paper' }), models))['w']).toEqual([1]);
  });
  test('a vector of weight 0 has no vote; a subtracted one votes as it is', async () => {
    expect((await merged(doc([0, 1], { election: 'paper' }), models))['w']).toEqual([-0.5]);
    const { w } = await merged({ ...doc([-1, 0.1], { election: 'paper' }), parameters: { normalize: false } }, models);
    expect(w).toEqual([-1]);
  });
});

describe('trim over the whole model', () => {
  const base = { v: zeros(4), w: zeros(4) };
  const models = heads({ base, a: { v: [1, 2, 3, 4], w: [10, -20, 30, 40] } });
  const doc = (density: MergeDoc['parameters'], trim: 'tensor' | 'model', seed?: number): MergeDoc => ({
    merge_method: 'ties',
    base_model: 'base',
    models: [{ model: 'a', parameters: { weight: 1 } }],
    parameters: density!,
    lab: { trim, ...(seed === undefined ? {} : { seed }) },
  });
  test('keeps the largest of all tensors, not of each', async () => {
    expect(await merged(doc({ density: 0.5 }, 'tensor'), models)).toEqual({ v: [0, 0, 3, 4], w: [0, 0, 30, 40] });
    expect(await merged(doc({ density: 0.5 }, 'model'), models)).toEqual({ v: zeros(4), w: [10, -20, 30, 40] });
    expect(await merged(doc({ density: 0.75 }, 'model'), models)).toEqual({ v: [0, 0, 3, 4], w: [10, -20, 30, 40] });
  });
  test('all of the last magnitude is kept, at least one element, and all at density 1', async () => {
    const equal = heads({ base, a: { v: [1, 1, 1, 1], w: [1, 1, 1, 2] } });
    expect(await merged(doc({ density: 0.25 }, 'model'), equal)).toEqual({ v: [1, 1, 1, 1], w: [1, 1, 1, 2] });
    expect(await merged(doc({ density: 0.01 }, 'model'), models)).toEqual({ v: zeros(4), w: [0, 0, 0, 40] });
    expect(await merged(doc({ density: 1 }, 'model'), models)).toEqual({ v: [1, 2, 3, 4], w: [10, -20, 30, 40] });
    expect(await merged(doc({ density: 0 }, 'model'), models)).toEqual(base);
  });
  test('the order of tensors, and a pass that was cancelled, change nothing', async () => {
    const plan = planMerge(doc({ density: 0.5 }, 'model'), models);
    await expect(mergeTensor(plan, plan.tensors[0]!, newSha256, { signal: AbortSignal.abort() })).rejects.toThrow();
    const values = await Promise.all(plan.tensors.map((tensor) => mergeTensor(plan, tensor, newSha256)));
    expect(values.map((t) => [...t.values!])).toEqual([zeros(4), [10, -20, 30, 40]]);
  });
  test('one threshold needs one density', () => {
    const parameters = { density: [{ filter: 'v', value: 0.2 }, { value: 0.5 }] };
    expect(() => planMerge(doc(parameters, 'model'), models)).toThrow(/density is 0.2 in some tensors and 0.5 in w/);
    expect(() => planMerge(doc(parameters, 'tensor'), models)).not.toThrow();
  });
});

describe('rescale', () => {
  const n = 4000;
  const tune = Array.from({ length: n }, (_, i) => 1 + (i % 7));
  const models = heads({ base: { w: zeros(n) }, a: { w: tune } });
  const doc = (merge_method: string, lab: MergeDoc['lab'], parameters: MergeDoc['parameters'] = {}): MergeDoc => ({
    merge_method,
    base_model: 'base',
    models: [{ model: 'a', parameters: { weight: 1, density: 0.4, ...parameters } }],
    parameters: { rescale: true, normalize: false },
    lab: lab!,
  });
  test.each(['ties', 'dare_linear', 'dare_ties', 'breadcrumbs', 'breadcrumbs_ties'])(
    '%s divides what it keeps by the density',
    async (method) => {
      const { w } = await merged(doc(method, { rescale: 'density' }), models);
      const kept = w!.flatMap((v, i) => (v === 0 ? [] : [v / tune[i]!]));
      expect(kept.length).toBeGreaterThan(0);
      for (const factor of kept) expect(factor).toBeCloseTo(2.5, 5);
      expect((await merged(doc(method, {}), models))['w']).not.toEqual(w);
    },
  );
  test.each(['della', 'della_linear'])('%s divides each element by its own chance', async (method) => {
    const lab = { rescale: 'density' } as const;
    const { w } = await merged(doc(method, lab, { epsilon: 0.2 }), models);
    const kept = w!.flatMap((v, i) => (v === 0 ? [] : [{ chance: tune[i]! / v, size: tune[i]! }]));
    for (const { chance } of kept) expect(chance).toBeGreaterThan(0.2 - 1e-6);
    for (const { chance } of kept) expect(chance).toBeLessThan(0.6 + 1e-6);
    const mean = (size: number): number => {
      const some = kept.filter((element) => element.size === size);
      return some.reduce((sum, { chance }) => sum + chance, 0) / some.length;
    };
    expect(mean(7)).toBeGreaterThan(mean(1) + 0.3);
    // Unbiased: the mean of what is kept comes back, within five standard deviations or so.
    const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum(w!) / sum(tune) - 1)).toBeLessThan(0.1);
  });
});

test('a variant that a method does not have is refused by name', () => {
  const models = heads({ base: { w: [0] }, a: { w: [1] } });
  const doc: MergeDoc = { merge_method: 'linear', models: [{ model: 'a', parameters: { weight: 1 } }] };
  expect(() => planMerge({ ...doc, lab: { election: 'paper' } }, models)).toThrow(
    /lab.election: paper, which has no meaning for linear.*ties, dare_ties/,
  );
  expect(() =>
    planMerge({ ...doc, lab: { election: 'mergekit', trim: 'tensor', rescale: 'norm' } }, models),
  ).not.toThrow();
  expect(SPECS.filter((spec) => spec.variants.includes('trim')).map((spec) => spec.id)).toEqual(['ties']);
});
