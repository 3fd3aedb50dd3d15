import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planMerge } from '../../../../src/core/merge/plan';
import { methodById } from '../../../../src/core/merge/registry';
import { contextOf, mergeTensor } from '../../../../src/core/merge/run';
import { SPECS } from '../../../../src/core/merge/specs';
import type { CheckpointHead, MergePlan } from '../../../../src/core/merge/types';
import type { MergeDoc, Parameters } from '../../../../src/core/recipe/types';
import { newSha256 } from '../../../../src/cli/disk';
import { GOLDEN, madeHead } from './helpers';

type Nested = number | null | Nested[];
const flat = (values: Nested): (number | null)[] => (Array.isArray(values) ? values.flatMap(flat) : [values]);
const numbers = (values: Nested): number[] => flat(values).map((value) => value!);
const shapeOf = (values: Nested): number[] => (Array.isArray(values) ? [values.length, ...shapeOf(values[0]!)] : []);

interface TensorCase {
  name: string;
  method: string;
  inputs: Nested[];
  base_index: number | null;
  params: Record<string, number | boolean | number[]>;
  /** What mergekit's generator drew, and with what chances, for the inputs that are not the base and have a density below 1. */
  masks: Nested[];
  probs: Nested[];
  expected: Nested | null;
  error: string | null;
}
const { cases } = JSON.parse(readFileSync(join(GOLDEN, 'mergekit-golden.json'), 'utf8')) as { cases: TensorCase[] };

/** Lists hold one number for each input that has one: those that are not the base, or all where there is none. */
function docOf(c: TensorCase): MergeDoc {
  const lists = Object.entries(c.params).filter(([, value]) => Array.isArray(value)) as [string, number[]][];
  const shared = Object.fromEntries(Object.entries(c.params).filter(([, value]) => !Array.isArray(value)));
  let next = 0;
  const models = c.inputs.map((_, k) => {
    if (k === c.base_index) return { model: `m${k}` };
    const own: Parameters = Object.fromEntries(lists.map(([id, values]) => [id, values[next]!]));
    next++;
    return { model: `m${k}`, parameters: own };
  });
  const base = c.base_index === null ? {} : { base_model: `m${c.base_index}` };
  return { merge_method: c.method, models, ...base, parameters: shared as Parameters };
}

const headsOfCase = (c: TensorCase): Map<string, CheckpointHead> =>
  new Map(
    c.inputs.map((values, k) => [
      `m${k}`,
      madeHead(`m${k}`, { w: { shape: shapeOf(values), values: numbers(values) } }),
    ]),
  );

/** Torch's random numbers are not ours: the method is held to mergekit given the masks that mergekit drew. */
function mergeWithMasks(plan: MergePlan, c: TensorCase): Float32Array {
  const tensor = plan.tensors[0]!;
  const inputs = c.inputs.map((values) => Float32Array.from(numbers(values)));
  const out = new Float32Array(inputs[0]!.length);
  let drawn = 0;
  const drawMask = (_k: number, chance: number | Float32Array, mask: Uint8Array): void => {
    const expected = numbers(c.probs[drawn] ?? []);
    if (typeof chance !== 'number') chance.forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 6));
    mask.set(numbers(c.masks[drawn++]!));
  };
  methodById(plan.method).apply(inputs, { ...contextOf(plan, tensor, newSha256), drawMask }, out.length, out);
  expect(drawn).toBe(c.masks.length);
  return out;
}

/** Errors of mergekit, and how ours begins. What fails only when it runs is in the second list. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'slerp-three': /slerp takes exactly 2 models, the base included; the recipe gives it 3/,
  'slerp-no-base': /slerp needs a base_model/,
  'della-bad-eps': /for m1 they are 0.75 and 1.05 \(w\). With density 0.9, epsilon must be below 0.1/,
  'shape-mismatch': /\[4, 6\].*\[5, 6\]/,
};
const STOPPED: Readonly<Record<string, RegExp>> = { 'multislerp-antipodal4': /cancel/ };

async function valuesOf(plan: MergePlan, c: TensorCase, allowNonFinite: boolean): Promise<Float32Array> {
  if (c.masks.length > 0) return mergeWithMasks(plan, c);
  return (await mergeTensor(plan, plan.tensors[0]!, newSha256, { allowNonFinite })).values!;
}

describe('mergekit 0.1.5, single tensors', () => {
  test.each(cases.filter((c) => c.error === null).map((c) => [c.name, c] as const))('%s', async (_name, c) => {
    const expected = flat(c.expected!);
    const allowNonFinite = expected.includes(null);
    if (allowNonFinite) expect(() => planMerge(docOf(c), headsOfCase(c))).toThrow(/sum to 0/);
    const plan = planMerge(docOf(c), headsOfCase(c), { allowNonFinite });
    // The table wraps the result of a 1-D tensor once more.
    expect(plan.tensors[0]!.shape).toEqual(shapeOf(c.inputs[0]!));
    const values = await valuesOf(plan, c, allowNonFinite);
    const largest = Math.max(...expected.map((v) => Math.abs(v ?? 0)));
    expected.forEach((want, i) => {
      const got = values[i]!;
      if (want === null) expect(Number.isFinite(got)).toBe(false);
      else expect(Math.abs(got - want)).toBeLessThanOrEqual(2e-6 * largest);
    });
  });

  test('what mergekit refuses is refused before a byte is read, or where it shows', async () => {
    const failing = cases.filter((c) => c.error !== null);
    for (const c of failing) {
      if (c.name === 'della-one-col') continue;
      if (REFUSED[c.name]) expect(() => planMerge(docOf(c), headsOfCase(c))).toThrow(REFUSED[c.name]!);
      else await expect(valuesOf(planMerge(docOf(c), headsOfCase(c)), c, false)).rejects.toThrow(STOPPED[c.name]!);
    }
    expect(failing.length).toBe(Object.keys(REFUSED).length + Object.keys(STOPPED).length + 1);
  });

  test('an element alone in its row, where mergekit stops, is kept with the chance that is its density', async () => {
    const c = cases.find(({ name }) => name === 'della-one-col')!;
    const [base, tune] = c.inputs.map(numbers) as [number[], number[]];
    const plan = planMerge({ ...docOf(c), parameters: { rescale: false } }, headsOfCase(c));
    const values = await valuesOf(plan, c, false);
    values.forEach((value, i) => expect([base[i]!, tune[i]!].some((v) => Math.abs(v - value) < 1e-6)).toBe(true));
  });

  test('every method but RAM+ is among them', () => {
    const covered = new Set(cases.map((c) => c.method));
    expect(SPECS.map((spec) => spec.id).filter((id) => !covered.has(id))).toEqual(['ramplus_tl']);
  });
});
