import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beforeAfter, beforeAfterBytes, elects } from '../../../../src/core/analyze/before-after';
import { thins } from '../../../../src/core/analyze/thins';
import { planMerge } from '../../../../src/core/merge/plan';
import { METHODS } from '../../../../src/core/merge/registry';
import { mergeTensor } from '../../../../src/core/merge/run';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { newSha256, prepareSha256 } from '../../../../src/engine/sha256';
import { madeHead } from '../merge/helpers';

await prepareSha256();

const doc = (method: string, density: number, more: Partial<MergeDoc> = {}, weights = [1, 1]): MergeDoc => ({
  merge_method: method,
  base_model: 'base',
  models: weights.map((weight, k) => ({ model: `m${k}`, parameters: { weight, density } })),
  ...more,
});
const planOf = (merge: MergeDoc, base: number[], ...tunes: number[][]) => {
  const heads = [base, ...tunes].map((values, k) =>
    madeHead(k === 0 ? 'base' : `m${k - 1}`, { w: { shape: [values.length], values } }),
  );
  return planMerge(merge, new Map(heads.map((head) => [head.alias, head])));
};
const look = (merge: MergeDoc, base: number[], ...tunes: number[][]) =>
  beforeAfter(planOf(merge, base, ...tunes), 'w', newSha256);

describe('before and after', () => {
  test('TIES trims, votes, averages', async () => {
    const seen = await look(doc('ties', 0.5), [0, 0, 0, 0], [4, 1, -2, 0.5], [-1, 3, -2, 0.5]);
    expect(seen).toMatchObject({ method: 'ties', elects: true, vectorsOf: ['m0', 'm1'], weights: 4 });
    expect(seen.crops.map(({ after }) => after.cells)).toEqual([
      [4, 0, -2, 0],
      [0, 3, -2, 0],
      [4, 3, -2, 0],
    ]);
    expect(seen.vectors[0]!.before).toMatchObject({ changed: 4, squares: 21.25 });
    expect(seen.vectors[0]!.thinned).toMatchObject({ changed: 2, squares: 20 });
    expect(seen.signsBefore).toEqual({ several: 4, mixed: 1 });
    expect(seen.signsThinned).toEqual({ several: 1, mixed: 0 });
    expect([seen.plainSquares, seen.mergedSquares]).toEqual([9 + 16 + 16 + 1, 16 + 9 + 4]);
  });

  test('the vote drops what lost, by the weights, or as the paper does without them', async () => {
    const merge = (more: Partial<MergeDoc>) => look(doc('ties', 1, more, [1, 3]), [0], [2], [-1]);
    const mergekit = await merge({});
    expect(mergekit.vectors.map(({ agreeing }) => agreeing.changed)).toEqual([0, 1]);
    const paper = await merge({ lab: { election: 'paper' } });
    expect(paper.vectors.map(({ agreeing }) => agreeing.changed)).toEqual([1, 0]);
  });

  test('DARE drops by the recipe’s own seed and keeps the length; nobody votes', async () => {
    const noise = Array.from({ length: 400 }, (_, i) => 1 + (i % 7));
    const dare = (seed: number) =>
      look(
        doc('dare_linear', 0.25, { lab: { seed } }),
        noise.map(() => 0),
        noise,
        noise,
      );
    const [one, same, other] = [await dare(1), await dare(1), await dare(2)];
    expect(one).toEqual(same);
    expect(one.crops).not.toEqual(other.crops);
    expect(one.elects).toBe(false);
    const [vector] = one.vectors;
    expect(vector!.thinned.changed / 400).toBeCloseTo(0.25, 1);
    expect(vector!.thinned.magnitude / vector!.before.magnitude).toBeCloseTo(1, 5);
    expect(vector!.agreeing).toEqual(vector!.thinned);
  });

  test('what is added to the base is the merge itself', async () => {
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 6 });
    const methods = fc.constantFrom(...METHODS.filter(({ id }) => thins(id)).map(({ id }) => id));
    await fc.assert(
      fc.asyncProperty(methods, values, values, fc.constantFrom(0.34, 0.6, 1), async (method, a, b, density) => {
        const plan = planOf(doc(method, density, { lab: { seed: 3 } }, [1, -2]), [0, 0, 0, 0, 0, 0], a, b);
        const seen = await beforeAfter(plan, 'w', newSha256);
        const merged = await mergeTensor(plan, plan.tensors[0]!, newSha256);
        expect(seen.crops.at(-1)!.after.cells.map((value) => value + 0)).toEqual(
          [...merged.values!].map((value) => value + 0),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('of the whole model it adds up, without crops', async () => {
    const heads = ['base', 'm0', 'm1'].map((alias, k) =>
      madeHead(alias, { v: { shape: [2], values: [k, 2 * k] }, w: { shape: [2], values: [-k, k] } }),
    );
    const plan = planMerge(doc('ties', 0.5), new Map(heads.map((head) => [head.alias, head])));
    let read = 0;
    const total = await beforeAfter(plan, null, newSha256, { onBytes: (bytes) => (read += bytes) });
    const [v, w] = [await beforeAfter(plan, 'v', newSha256), await beforeAfter(plan, 'w', newSha256)];
    expect(total.weights).toBe(4);
    expect(total.crops).toEqual([]);
    expect(total.mergedSquares).toBe(v.mergedSquares + w.mergedSquares);
    expect(read).toBe(beforeAfterBytes(plan, null));
  });

  test('which methods drop, and which vote', () => {
    const known = METHODS.map(({ id }) => id);
    const thinning = known.filter(thins);
    expect(thinning).toEqual(expect.arrayContaining(['ties', 'dare_linear', 'dare_ties']));
    expect(thinning).not.toContain('task_arithmetic');
    expect(thinning.filter(elects)).not.toContain('dare_linear');
    expect(thinning.filter(elects)).toEqual(expect.arrayContaining(['ties', 'dare_ties']));
  });

  test('a method that drops nothing, and a tensor that is not merged, are refused', async () => {
    await expect(look(doc('task_arithmetic', 1), [0], [1], [2])).rejects.toMatchObject({
      code: 'analyze/thins-nothing',
    });
    const plan = planOf(doc('ties', 0.5), [0], [1], [2]);
    await expect(beforeAfter(plan, 'x', newSha256)).rejects.toMatchObject({ code: 'analyze/no-tensor' });
  });
});
