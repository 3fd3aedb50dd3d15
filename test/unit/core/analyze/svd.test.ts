import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { truncatedSvd, type Svd } from '../../../../src/core/analyze/svd';
import { drawMask } from '../../../../src/core/merge/random';

/** Whole numbers from -128 to 127, as good as random. */
function noise(length: number, seed: number): Float32Array {
  const bits = new Uint8Array(length * 8);
  drawMask([seed, 7], 0.5, 0, bits);
  return Float32Array.from({ length }, (_, i) => bits.subarray(8 * i, 8 * i + 8).reduce((sum, b) => 2 * sum + b, -128));
}

/** left * right, [rows x rank] * [rank x cols]. */
function multiply(left: Float32Array, right: Float32Array, rows: number, rank: number, cols: number): Float64Array {
  const out = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < rank; k++)
      for (let j = 0; j < cols; j++) out[i * cols + j]! += left[i * rank + k]! * right[k * cols + j]!;
  return out;
}

const energy = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value * value, 0);

/** Frobenius norm of what the decomposition misses, relative to the matrix. */
function missed(matrix: ArrayLike<number>, rows: number, cols: number, { u, s, v }: Svd): number {
  const rank = s.length;
  const left = Float64Array.from(matrix);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++)
      for (let k = 0; k < rank; k++) left[i * cols + j]! -= u[i * rank + k]! * s[k]! * v[j * rank + k]!;
  return Math.sqrt(energy(left) / energy(matrix));
}

/** Largest distance of the columns that are not 0 from orthonormal ones. */
function skew(side: Float64Array, length: number, s: Float64Array): number {
  let worst = 0;
  for (let a = 0; a < s.length; a++)
    for (let b = 0; b <= a; b++) {
      if (s[a] === 0 || s[b] === 0) continue;
      let dot = 0;
      for (let i = 0; i < length; i++) dot += side[i * s.length + a]! * side[i * s.length + b]!;
      worst = Math.max(worst, Math.abs(dot - (a === b ? 1 : 0)));
    }
  return worst;
}

describe('truncatedSvd', () => {
  test('of small matrices of any shape is exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(1000), (rows, cols, seed) => {
        const matrix = noise(rows * cols, seed);
        const svd = truncatedSvd(matrix, rows, cols, 99);
        expect(svd.s.length).toBe(Math.min(rows, cols));
        expect([...svd.s].sort((a, b) => b - a)).toEqual([...svd.s]);
        expect(energy(svd.s) / energy(matrix)).toBeCloseTo(1, 10);
        expect(missed(matrix, rows, cols, svd)).toBeLessThan(1e-12);
        expect(skew(svd.u, rows, svd.s)).toBeLessThan(1e-12);
        expect(skew(svd.v, cols, svd.s)).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test('finds a diagonal, and nothing in zeros', () => {
    expect([...truncatedSvd(Float64Array.of(0, -3, 0, 2, 0, 0), 2, 3, 2).s]).toEqual([3, 2]);
    const { u, s, v } = truncatedSvd(new Float32Array(6), 2, 3, 2);
    expect([...u, ...s, ...v]).toEqual(new Array<number>(4 + 2 + 6).fill(0));
  });

  test.each([
    ['exact', 60, 40],
    ['randomised, tall', 400, 240],
    ['randomised, wide', 240, 400],
  ])('finds the rank of a low-rank matrix, and all of it: %s', (_, rows, cols) => {
    const matrix = multiply(noise(rows * 5, 1), noise(5 * cols, 2), rows, 5, cols);
    const svd = truncatedSvd(matrix, rows, cols, 12);
    expect([...svd.s].filter((value) => value > 0).length).toBe(5);
    expect(missed(matrix, rows, cols, svd)).toBeLessThan(1e-12);
    expect(skew(svd.u, rows, svd.s)).toBeLessThan(1e-12);
    expect(skew(svd.v, cols, svd.s)).toBeLessThan(1e-12);
  });

  test('randomised, keeps nearly as much as the best of that rank, the same for a seed, other bits for another', () => {
    const [rows, cols] = [320, 220];
    const signal = multiply(noise(rows * 10, 3), noise(10 * cols, 4), rows, 10, cols);
    const matrix = noise(rows * cols, 5).map((value, i) => signal[i]! + 100 * value);
    const best = truncatedSvd(matrix, rows, cols, cols).s;
    const found = truncatedSvd(matrix, rows, cols, 16, { seed: 2 ** 40 + 1 });
    found.s.forEach((value, k) => expect(value / best[k]!).toBeGreaterThan(k < 10 ? 0.99999 : 0.9));
    found.s.forEach((value, k) => expect(value / best[k]!).toBeLessThan(1 + 1e-12));
    expect(truncatedSvd(matrix, rows, cols, 16, { seed: 2 ** 40 + 1 })).toEqual(found);
    expect([...truncatedSvd(matrix, rows, cols, 16, { seed: 1 }).s]).not.toEqual([...found.s]);
  });
});
