import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosine } from '../../../../src/core/analyze/cosine';
import { degrees, jaccard, largestChanges } from '../../../../src/core/analyze/overlap';
import {
  analyzeVectors,
  comparisonOf,
  compareVectors,
  DEFAULT_DENSITY,
  MAX_VECTORS,
  mostAtOdds,
  pairsOf,
  planComparison,
  sumFigures,
  byLayer,
} from '../../../../src/core/analyze/vectors';
import { methodById } from '../../../../src/core/merge/registry';
import type { MergeDoc, Recipe } from '../../../../src/core/recipe/types';
import { madeHead } from '../merge/helpers';

const compare = (vectors: number[][], density = 1, weights = vectors.map(() => 1)) =>
  compareVectors(
    new Float32Array(vectors[0]!.length),
    vectors.map((values) => Float32Array.from(values)),
    vectors.map(() => density),
    weights,
    [vectors[0]!.length],
  );

describe('figures of task vectors, by hand', () => {
  // Weight by weight: alike, opposed, only the first, none.
  const figures = compare([
    [3, 2, 1, 0],
    [4, -1, 0, 0],
  ]);

  test('sizes', () => {
    expect(figures.weights).toBe(4);
    expect(figures.vectors[0]).toMatchObject({ squares: 14, magnitude: 6, changed: 3, kept: 3 });
    expect(figures.vectors[1]).toMatchObject({ squares: 17, magnitude: 5, changed: 2, kept: 2 });
  });

  test('a pair: angle, and how much of what both change cancels', () => {
    const [pair] = figures.pairs;
    expect(pair!.dot).toBe(10);
    expect(cosine(pair!.dot, [14, 17])).toBeCloseTo(10 / Math.sqrt(14 * 17), 15);
    expect(pair!.changed).toEqual({ both: 2, opposite: 1, common: 4, cancelled: 1 });
    // |a| + |b| - |a + b| is lost in the sum: twice what is opposed in common.
    expect(Math.abs(2) + Math.abs(-1) - Math.abs(2 - 1)).toBe(2 * pair!.changed.cancelled);
  });

  test('the vote: the larger magnitude wins, the other is dropped', () => {
    expect(figures.elected).toEqual({ positive: 3, negative: 0, sumSquares: 51, meanSquares: 3.5 ** 2 + 4 + 1 });
    expect(figures.vectors[0]).toMatchObject({ whole: 6, cast: 6, outvoted: 0, dropped: 0 });
    expect(figures.vectors[1]).toMatchObject({ whole: 5, cast: 5, outvoted: 1, dropped: 1 });
  });

  test('a tied vote goes to plus, as in the merge; a vector of weight 0 has no vote, a negative one votes the other way', () => {
    expect(compare([[1], [-1]]).elected).toMatchObject({ positive: 1, negative: 0 });
    expect(compare([[1], [-2]], 1, [1, 0]).elected).toMatchObject({ positive: 1, negative: 0 });
    expect(compare([[1], [1]], 1, [-1, -1]).elected).toMatchObject({ positive: 0, negative: 1 });
  });

  test('all together, and the piece', () => {
    expect(figures.changed).toEqual({ several: 2, mixed: 1 });
    expect(figures.combinations).toEqual([1, 1, 0, 2]);
    expect(degrees(figures.combinations)).toEqual([1, 1, 2]);
    expect([...figures.piece!.signs]).toEqual([1, 1, 1, 0]);
    expect([...figures.piece!.raises]).toEqual([3, 1, 1, 0]);
    expect([...figures.piece!.lowers]).toEqual([0, 2, 0, 0]);
  });

  test('vectors that change nothing have no angle and no overlap', () => {
    const none = compare([
      [0, 0],
      [0, 0],
    ]);
    expect(cosine(none.pairs[0]!.dot, [0, 0])).toBeNull();
    expect(jaccard(0, 0, 0)).toBeNull();
    expect(none.combinations).toEqual([2, 0, 0, 0]);
    expect(none.elected).toEqual({ positive: 0, negative: 0, sumSquares: 0, meanSquares: 0 });
  });

  test('the largest changes are those that TIES keeps, and none that did not change', () => {
    const delta = Float32Array.from([0.1, -5, 0, 3, -0.2, 0, 0, 0, 0, 0]);
    expect([...largestChanges(delta, 0.2)]).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect([...largestChanges(delta, 0.9)]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect([...largestChanges(delta, 1)]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect([...largestChanges(delta, 0)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

const vectorsArb = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 90 })).chain(([count, length]) =>
  fc.array(
    fc.array(fc.oneof(fc.constant(0), fc.float({ min: -4, max: 4, noNaN: true })), {
      minLength: length,
      maxLength: length,
    }),
    { minLength: count, maxLength: count },
  ),
);
const densityArb = fc.constantFrom(0, 0.05, 0.2, 0.5, 1);

describe('laws of the figures', () => {
  test('combinations and degrees add up to the weights; kept counts are their margins', () => {
    fc.assert(
      fc.property(vectorsArb, densityArb, (vectors, density) => {
        const { weights, combinations, vectors: sizes, kept, elected } = compare(vectors, density);
        const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
        expect(sum(combinations)).toBe(weights);
        expect(sum(degrees(combinations))).toBe(weights);
        expect(sum(sizes.map((size) => size.kept))).toBe(sum(degrees(combinations).map((count, n) => n * count)));
        expect(kept.several).toBe(sum(degrees(combinations).slice(2)));
        expect(kept.mixed).toBeLessThanOrEqual(kept.several);
        expect(elected.positive + elected.negative).toBe(weights - combinations[0]!);
        for (const { kept: count, changed, whole, cast, dropped, outvoted } of sizes) {
          expect(cast).toBeLessThanOrEqual(whole);
          expect(count).toBeLessThanOrEqual(changed);
          expect(dropped).toBeLessThanOrEqual(cast);
          expect(outvoted).toBeLessThanOrEqual(count);
        }
      }),
    );
  });

  test('another order of the vectors is the same picture in another order', () => {
    fc.assert(
      fc.property(vectorsArb, densityArb, (vectors, density) => {
        const there = compare(vectors, density);
        const back = compare([...vectors].reverse(), density);
        const n = vectors.length;
        expect(back.vectors.map(({ squares, kept }) => [squares, kept])).toEqual(
          [...there.vectors].reverse().map(({ squares, kept }) => [squares, kept]),
        );
        pairsOf(n).forEach(([a, b], at) => {
          const mirrored = pairsOf(n).findIndex(([x, y]) => x === n - 1 - b && y === n - 1 - a);
          expect(back.pairs[mirrored]).toEqual(there.pairs[at]);
        });
        expect(back.kept).toEqual(there.kept);
        expect(degrees(back.combinations)).toEqual(degrees(there.combinations));
      }),
    );
  });

  test('a vector never conflicts with itself, and always with its negative', () => {
    fc.assert(
      fc.property(vectorsArb, densityArb, ([first], density) => {
        const same = compare([first!, first!], density);
        expect(same.pairs[0]!.changed).toMatchObject({ opposite: 0, cancelled: 0 });
        expect(same.kept.mixed).toBe(0);
        expect(jaccard(same.pairs[0]!.kept.both, same.vectors[0]!.kept, same.vectors[1]!.kept) ?? 1).toBe(1);
        const opposed = compare([first!, first!.map((value) => -value)], density);
        const { both, opposite, common, cancelled } = opposed.pairs[0]!.kept;
        expect([opposite, cancelled]).toEqual([both, common]);
        expect(opposed.elected.sumSquares).toBe(0);
      }),
    );
  });

  test('what is elected is what the merge adds: the norm of TIES, and of the plain sum', () => {
    fc.assert(
      fc.property(vectorsArb, fc.constantFrom(0.2, 0.5, 1), (vectors, density) => {
        const deltas = vectors.map((values) => Float32Array.from(values));
        const base = new Float32Array(deltas[0]!.length);
        const merged = (method: string, normalize: number) => {
          const out = new Float32Array(base.length);
          const perInput = [{}, ...deltas.map((_, k) => ({ weight: k + 1, density }))];
          const context = {
            base: 0,
            shared: { lambda: 1, normalize, rescale: 0 },
            perInput,
            shape: [base.length],
            drawMask: () => {},
          };
          methodById(method).apply([base, ...deltas], context, out.length, out);
          return [...out].reduce((sum, value) => sum + value * value, 0);
        };
        const weights = deltas.map((_, k) => k + 1);
        const { elected } = compare(vectors, density, weights);
        const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(a, b));
        near(elected.meanSquares, merged('ties', 1));
        near(elected.sumSquares, merged('task_arithmetic', 0));
      }),
    );
  });

  test('blocks are fixed: parts of a tensor add up to the whole in every count', () => {
    const length = 4096 + 5;
    const values = (seed: number) => Array.from({ length }, (_, i) => Math.sin(seed * (i + 1)));
    const whole = compare([values(1), values(2)], 1);
    const parts = [0, 4096].map((begin) =>
      compare([values(1).slice(begin, begin + 4096), values(2).slice(begin, begin + 4096)], 1),
    );
    const { piece: _piece, shape: _shape, fine: _fine, ...figures } = whole;
    expect(sumFigures(parts)).toEqual(figures);
  });
});

describe('what of a recipe is compared', () => {
  const models = { base: { src: 'zoo:b' }, a: { src: 'zoo:a' }, b: { src: 'zoo:c' } };
  const recipe = (merge: MergeDoc | MergeDoc[]): Recipe => ({ v: 1, models, merge });
  const inputs = (...aliases: string[]) => aliases.map((model) => ({ model, parameters: { weight: 0.5 } }));

  test('a method without a density gets the default; a recipe with one keeps it, model by model', () => {
    const plain = comparisonOf(
      recipe({ merge_method: 'task_arithmetic', base_model: 'base', models: inputs('a', 'b') }),
    );
    expect(plain).toMatchObject({ base: 'base', vectors: ['a', 'b'], densityGiven: false });
    expect(plain?.doc.parameters).toEqual({ weight: 1, density: DEFAULT_DENSITY });
    const own = comparisonOf(
      recipe({
        merge_method: 'dare_ties',
        base_model: 'base',
        models: [
          { model: 'a', parameters: { weight: 1, density: 0.3 } },
          { model: 'b', parameters: { weight: 1 } },
        ],
        parameters: { density: 0.7, lambda: 1.5 },
      }),
    );
    expect(own?.densityGiven).toBe(true);
    expect(own?.doc.models?.[0]?.parameters).toEqual({ weight: 1, density: 0.3 });
    expect(own?.doc.parameters).toEqual({ weight: 1, density: 0.7 });
  });

  test('a weighted sum without a base takes "base", else its first model', () => {
    const sum = comparisonOf(recipe({ merge_method: 'linear', models: inputs('a', 'base', 'b') }));
    expect(sum).toMatchObject({ base: 'base', vectors: ['a', 'b'] });
    const first = comparisonOf({
      v: 1,
      models: { x: { src: 'zoo:x' }, y: { src: 'zoo:y' }, z: { src: 'zoo:z' } },
      merge: { merge_method: 'linear', models: inputs('x', 'y', 'z') },
    });
    expect(first).toMatchObject({ base: 'x', vectors: ['y', 'z'] });
  });

  test('one vector, stages and slices cannot be compared; of many vectors the first are', () => {
    const task = { merge_method: 'task_arithmetic', base_model: 'base' };
    expect(comparisonOf(recipe({ ...task, models: inputs('a') }))).toBeNull();
    expect(comparisonOf(recipe([{ ...task, models: inputs('a', 'b') }]))).toBeNull();
    expect(comparisonOf(recipe({ ...task, slices: [] }))).toBeNull();
    const names = Array.from({ length: MAX_VECTORS + 2 }, (_, i) => `m${i}`);
    expect(comparisonOf(recipe({ ...task, models: inputs(...names) }))?.vectors).toEqual(names.slice(0, MAX_VECTORS));
  });

  test('a tensor is read, compared and its bytes are counted', async () => {
    const head = (alias: string, values: number[]) =>
      madeHead(alias, {
        'model.layers.0.w': { shape: [2, 2], values, dtype: 'F16' },
        'model.ids': { shape: [1], values: [1], dtype: 'I64' },
      });
    const values: Record<string, number[]> = { base: [1, 1, 1, 1], a: [2, 1, 1, 0], b: [0, 1, 3, 1] };
    const planned = planComparison(
      recipe({ merge_method: 'ties', base_model: 'base', models: inputs('a', 'b'), parameters: { density: 1 } }),
      (alias) => head(alias, values[alias]!),
    );
    expect(planned).toMatchObject({ base: 'base', vectors: ['a', 'b'], skipped: 1, bytes: 3 * 4 * 2 });
    let bytes = 0;
    let pauses = 0;
    const { tensors, total } = await analyzeVectors(planned, {
      onBytes: (count) => (bytes += count),
      pause: () => Promise.resolve(void pauses++),
    });
    expect([tensors.length, pauses]).toEqual([1, 1]);
    const [figures] = tensors;
    expect(sumFigures([figures!])).toEqual(total);
    expect(bytes).toBe(3 * 4 * 2);
    expect(total.pairs[0]!.changed).toEqual({ both: 1, opposite: 1, common: 1, cancelled: 1 });
    expect(total.elected).toMatchObject({ positive: 2, negative: 1, sumSquares: 0.25 + 1 });
    expect(byLayer(tensors).map(({ name, number }) => [name, number])).toEqual([['model.layers.0', 0]]);
  });

  test('NaN in a model, and a recipe with one vector, are refused by name', async () => {
    const values: Record<string, number> = { base: 1, a: NaN, b: 2 };
    const open = (alias: string) => madeHead(alias, { w: { shape: [1], values: [values[alias]!] } });
    const of = (...aliases: string[]) =>
      planComparison(recipe({ merge_method: 'ties', base_model: 'base', models: inputs(...aliases) }), open);
    await expect(analyzeVectors(of('a', 'b'))).rejects.toMatchObject({ code: 'merge/nan-input' });
    expect(() => of('a')).toThrow(expect.objectContaining({ code: 'merge/too-few-vectors' }));
  });

  test('the tensor drawn first is the one with most conflict, and large enough to fill a piece', () => {
    const tensor = (name: string, a: number[], b: number[]) => ({ name, ...compare([a, b]) });
    const ones = new Array<number>(1024).fill(1);
    const small = tensor('small', [1, 1], [-1, -1]);
    const calm = tensor('calm', ones, ones);
    const large = tensor('large', ones, [-1, ...ones.slice(1)]);
    expect(mostAtOdds([small, calm, large]).name).toBe('large');
    expect(mostAtOdds([tensor('alike', [1], [1]), small]).name).toBe('small');
  });
});
