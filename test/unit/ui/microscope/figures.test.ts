import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVectors, sumFigures, type VectorAnalysis } from '../../../../src/core/analyze/vectors';
import {
  combinationsIn,
  degreesIn,
  extremes,
  lengthsIn,
  pairsIn,
  votesIn,
} from '../../../../src/ui/microscope/figures';

/** @param tensors the vectors' values, tensor by tensor. */
function analysisOf(vectors: string[], tensors: number[][][], density = 1): VectorAnalysis {
  const figures = tensors.map((values, at) => ({
    name: `t${at}`,
    ...compareVectors(
      new Float32Array(values[0]!.length),
      values.map((value) => Float32Array.from(value)),
      vectors.map(() => density),
      vectors.map(() => 1),
      [values[0]!.length],
    ),
  }));
  return { base: 'base', vectors, tensors: figures, total: sumFigures(figures), fine: [], skipped: 0 };
}

const three = analysisOf(
  ['a', 'b', 'c'],
  [
    [
      [1, 1, 1, 0],
      [1, -2, 0, 0],
      [0, 0, 0, 0],
    ],
    [
      [0, 2],
      [0, 2],
      [1, 0],
    ],
  ],
);

describe('what the microscope draws', () => {
  test('pairs: shares of what two vectors have in common, none where they never meet', () => {
    const [ab, ac, bc] = pairsIn(three);
    expect(ab).toMatchObject({
      a: 'a',
      b: 'b',
      opposite: 1 / 3,
      cancelled: 1 / 4,
      oppositeOfAll: 1 / 3,
      jaccard: 3 / 4,
    });
    expect(ab!.cosine).toBeCloseTo(3 / Math.sqrt(7 * 9), 12);
    // 3 * 2 of 4 weights in one tensor, 1 * 1 of 2 in the other: two weights by chance, of 4 + 3.
    expect(ab!.jaccardByChance).toBeCloseTo(2 / (4 + 3 - 2), 12);
    expect(ac).toMatchObject({ opposite: null, cancelled: null, jaccard: 0 });
    expect(extremes([ab!, ac!, bc!])).toEqual({ most: ab, least: ab });
    expect(extremes([ac!, bc!])).toBeNull();
  });

  test('the most and the least conflicting pair', () => {
    const pair = (opposite: number | null) => ({ ...pairsIn(three)[0]!, opposite });
    const [low, none, high] = [pair(0.1), pair(null), pair(0.4)];
    expect(extremes([low, none, high])).toEqual({ most: high, least: low });
  });

  test('combinations: by their number of vectors, larger ones first', () => {
    expect(combinationsIn(three.total).map(({ members, weights }) => [members.join(''), weights])).toEqual([
      ['0', 1],
      ['2', 1],
      ['1', 0],
      ['01', 3],
      ['02', 0],
      ['12', 0],
      ['012', 0],
    ]);
  });

  test('degrees found, and by chance, are shares of all weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }), {
          minLength: 2,
          maxLength: 5,
        }),
        fc.constantFrom(0.1, 0.5, 1),
        (values, density) => {
          const names = values.map((_, k) => `v${k}`);
          const degrees = degreesIn(analysisOf(names, [values, values], density));
          const sum = (of: (degree: (typeof degrees)[number]) => number) =>
            degrees.reduce((all, one) => all + of(one), 0);
          expect(degrees.map(({ count }) => count)).toEqual([...names.keys(), names.length]);
          expect(sum(({ weights }) => weights)).toBe(24);
          expect(sum(({ share }) => share)).toBeCloseTo(1, 12);
          expect(sum(({ chance }) => chance)).toBeCloseTo(1, 12);
          // Both count every kept weight once for each vector that keeps it.
          expect(sum(({ count, chance }) => count * chance)).toBeCloseTo(
            sum(({ count, share }) => count * share),
            12,
          );
        },
      ),
    );
  });

  test('lengths and votes', () => {
    const lengths = lengthsIn(three.total);
    expect(lengths.vectors).toEqual([Math.sqrt(7), Math.sqrt(9), 1]);
    expect(lengths.sum).toBeCloseTo(Math.sqrt(4 + 1 + 1 + 1 + 16), 12);
    expect(votesIn(three.total)).toEqual({ kept: 1, dropped: 1 / 11 });
    expect(votesIn(analysisOf(['a', 'b'], [[[0], [0]]]).total)).toBeNull();
  });
});
