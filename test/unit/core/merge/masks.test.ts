import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankedChances } from '../../../../src/core/merge/sparsify/chances';
import { atLeastMask } from '../../../../src/core/merge/sparsify/magnitude';
import { outlierMask } from '../../../../src/core/merge/sparsify/outliers';
import { bitsOf, magnitudeOfRank } from '../../../../src/core/merge/sparsify/rank';

const values = fc.oneof(
  fc.float({ min: -2, max: 2, noNaN: true }),
  // Few distinct sizes, so that many are equal.
  fc.constantFrom(0, -0, 0.5, -0.5, 1, -1),
);
const tensorArb = fc.array(values, { minLength: 1, maxLength: 200 }).map((list) => Float32Array.from(list));
const shareArb = fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true, maxExcluded: true });

/** Indices in rising magnitude, equal ones in their own order. */
const rising = (delta: Float32Array): number[] =>
  [...delta.keys()].sort((a, b) => Math.abs(delta[a]!) - Math.abs(delta[b]!) || a - b);
const marked = (mask: Uint8Array): number[] => [...mask.keys()].filter((i) => mask[i] === 1);

describe('rank', () => {
  test('finds the magnitude of any rank, how many are larger and how many equal', () => {
    fc.assert(
      fc.property(tensorArb, fc.nat(), (delta, pick) => {
        const sizes = [...delta].map(Math.abs).sort((a, b) => b - a);
        const rank = (pick % sizes.length) + 1;
        const { size, larger, equal } = magnitudeOfRank(bitsOf(delta), rank);
        const want = sizes[rank - 1]!;
        expect(new Float32Array(Int32Array.of(size).buffer)[0]).toBe(want);
        expect(larger).toBe(sizes.filter((v) => v > want).length);
        expect(equal).toBe(sizes.filter((v) => v === want).length);
      }),
    );
  });
  test('a least magnitude keeps all of its size', () => {
    const mask = new Uint8Array(4);
    atLeastMask(Float32Array.of(0.5, -1, 1, 2), bitsOf(Float32Array.of(1))[0]!, mask);
    expect([...mask]).toEqual([0, 1, 1, 1]);
  });
});

describe('breadcrumbs', () => {
  test('keeps what stands between the small and the outliers in a stable sort', () => {
    fc.assert(
      fc.property(tensorArb, shareArb, fc.double({ min: 0, max: 1, noNaN: true }), (delta, density, gamma) => {
        const n = delta.length;
        const keep = Math.floor(density * n);
        const from = Math.max(0, n - keep - Math.floor(gamma * n));
        const mask = new Uint8Array(n).fill(7);
        outlierMask(delta, density, gamma, mask);
        const kept = rising(delta).slice(from, from + keep);
        expect(marked(mask)).toEqual(kept.sort((a, b) => a - b));
      }),
    );
  });
});

describe('DELLA', () => {
  const naive = (row: Float32Array, density: number, epsilon: number): number[] => {
    const chances: number[] = [];
    rising(row).forEach((i, r) => (chances[i] = Math.fround(density - epsilon + (2 * epsilon * r) / (row.length - 1))));
    return chances;
  };
  test('gives each element of a row its chance by rank', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(values),
        (n, rows, stream) => {
          const delta = Float32Array.from({ length: n * rows }, () => stream.next().value as number);
          const want = Array.from({ length: rows }, (_, r) =>
            naive(delta.subarray(r * n, (r + 1) * n), 0.5, 0.2),
          ).flat();
          expect([...rankedChances(delta, [rows, n], 0.5, 0.2)]).toEqual(want);
          if (rows === 1) expect([...rankedChances(delta, [n], 0.5, 0.2)]).toEqual(want);
        },
      ),
    );
  });
  test('rows of a tensor with three axes lie along the second', () => {
    // [2, 3, 2]: element (a, b, c) at 6a + 2b + c; each row is the three b of one a and c.
    const delta = Float32Array.of(1, 30, 2, 20, 3, 10, 3, 1, 2, 2, 1, 3);
    const [low, mid, high] = [0.25, 0.5, 0.75];
    expect([...rankedChances(delta, [2, 3, 2], 0.5, 0.25)]).toEqual([
      ...[low, high, mid, mid, high, low],
      ...[high, low, mid, mid, low, high],
    ]);
  });
  test('an element alone in its row, a scalar included, keeps its density', () => {
    expect([...rankedChances(Float32Array.of(1, 2, 3), [3, 1], 0.25, 0.1)]).toEqual([0.25, 0.25, 0.25]);
    expect([...rankedChances(Float32Array.of(1), [], 0.25, 0.1)]).toEqual([0.25]);
    expect([...rankedChances(new Float32Array(0), [0, 4], 0.25, 0.1)]).toEqual([]);
  });
});
