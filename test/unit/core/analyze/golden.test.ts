import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  analyzeVectors,
  byLayer,
  comparisonOf,
  planComparison,
  sumFigures,
  type TensorFigures,
  type VectorFigures,
} from '../../../../src/core/analyze/vectors';
import { fineFigures, type FineFigures } from '../../../../src/core/analyze/fine';
import { kinshipsOf } from '../../../../src/core/analyze/kinship';
import { spectrumOf } from '../../../../src/core/analyze/spectrum';
import { readTensor } from '../../../../src/core/analyze/tensor-view';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import { goldenLessons, goldenRecipe } from '../../../zoo';
import golden from '../../../golden/analyze/interference.json';
import { headsOf, ZOO } from '../merge/helpers';

const ONE = 'model.layers.1.mlp.gate_proj.weight';

/** Counts are exact; sums differ by their order of addition. */
function expectClose(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number') {
    expect(typeof actual, path).toBe('number');
    if (Number.isInteger(expected)) expect(actual, path).toBe(expected);
    else expect(Math.abs((actual as number) / expected - 1), path).toBeLessThan(1e-7);
    return;
  }
  for (const [key, value] of Object.entries(expected as object))
    expectClose((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
}

describe('the four vectors of the lesson "interference", against NumPy', () => {
  const recipe = goldenRecipe(goldenLessons.interference);
  let tensors: TensorFigures[];
  let total: VectorFigures;
  let fine: FineFigures[];
  let heads: Map<string, CheckpointHead>;
  beforeAll(async () => {
    const folders = Object.entries(recipe.models).map(([alias, { src }]) => [alias, join(ZOO, src.slice(4))]);
    heads = await headsOf(Object.fromEntries(folders));
    ({ tensors, total, fine } = await analyzeVectors(planComparison(recipe, (alias) => heads.get(alias)!)));
  });

  test('are compared in the order of the recipe, at its density', () => {
    const comparison = comparisonOf(recipe)!;
    expect(comparison.vectors).toEqual(golden.vectors);
    expect(comparison.densityGiven).toBe(true);
    expect(comparison.doc.parameters?.['density']).toBe(golden.density);
  });

  test.each(Object.keys(golden.tensors))('%s', (name) => {
    const figures = tensors.find((tensor) => tensor.name === name);
    expectClose(figures, golden.tensors[name as keyof typeof golden.tensors], name);
  });

  test('the whole model', () => {
    expectClose(total, golden.total, 'total');
    expectClose(fine, golden.fine, 'fine');
  });

  test('what a narrow format takes away from a slice of a vector; singular values; kinship', async () => {
    const [base, ...models] = await Promise.all(
      ['base', ...golden.vectors].map((alias) => readTensor(heads.get(alias)!, ONE)),
    );
    const deltas = models.map((values) => values.map((value, i) => Math.fround(value - base![i]!)));
    const { shape } = tensors.find(({ name }) => name === ONE)!;
    deltas.forEach((delta, k) => {
      expectClose(fineFigures(base!, delta, 0.3).rounding, golden.soft[k], golden.vectors[k]!);
      expectClose(spectrumOf(delta, shape), golden.spectra[k], golden.vectors[k]!);
    });
    const others = golden.vectors.map((alias) => heads.get(alias)!);
    const { models: kin } = await kinshipsOf(heads.get('base')!, others);
    expect(kin.map(({ verdict }) => verdict)).toEqual(golden.vectors.map(() => 'related'));
    expectClose(kin, golden.kin, 'kin');
  });

  test('layers add up to the whole', () => {
    const layers = byLayer(tensors);
    expect(layers.map(({ number }) => number)).toEqual([null, 0, 1, 2, 3]);
    expectClose(sumFigures(layers.map(({ figures }) => figures)), golden.total, 'layers');
  });

  test('the piece of a tensor shows the elected signs and who is outvoted', () => {
    const { shape, kept, ...tensor } = tensors.find(({ name }) => name === ONE)!;
    const piece = tensor.piece!;
    expect([piece.rows, piece.columns]).toEqual([16, 64]);
    expect(piece.row % 16).toBe(0);
    expect(piece.row + 16).toBeLessThanOrEqual(shape[0]!);
    let mixed = 0;
    piece.signs.forEach((sign, i) => {
      const [raises, lowers] = [piece.raises[i]!, piece.lowers[i]!];
      expect(raises & lowers).toBe(0);
      if (sign === 0) expect([raises, lowers]).toEqual([0, 0]);
      else expect(sign > 0 ? raises : lowers).not.toBe(0);
      if (raises && lowers) mixed++;
    });
    // The most mixed of all pieces is at least as mixed as the tensor on average.
    expect(mixed / piece.signs.length).toBeGreaterThanOrEqual(kept.mixed / (shape[0]! * shape[1]!));
  });
});
