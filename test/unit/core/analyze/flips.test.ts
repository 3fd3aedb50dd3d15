import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findFlips } from '../../../../src/core/analyze/flips';

const RANGE = { min: -2, max: 2, step: 0.1, precision: 0.01 };

describe('flip points', () => {
  test('a step is found to the precision, from the side that has changed', async () => {
    const flips = await findFlips(async (c) => (c < 0.615 ? 'teach' : 'refuse'), RANGE);
    expect(flips).toEqual([{ at: 0.62, from: 'teach', to: 'refuse' }]);
  });

  test('an answer that never changes has none', async () => {
    expect(await findFlips(async () => 'same', RANGE)).toEqual([]);
  });

  test('an answer that comes back is found twice', async () => {
    const flips = await findFlips(async (c) => (c >= 0.3 && c <= 1.2 ? 'b' : 'a'), RANGE);
    expect(flips.map(({ at, to }) => [at, to])).toEqual([
      [0.3, 'b'],
      [1.21, 'a'],
    ]);
  });

  test('any number of answers: each is where the next one begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: -199, max: 200 }), { minLength: 1, maxLength: 12 }),
        async (cuts) => {
          // Further apart than the sweep's points, so that none can hide between two of them.
          const places = cuts.sort((a, b) => a - b).filter((cut, i, all) => i === 0 || cut - all[i - 1]! > 10);
          const at = (c: number) => String(places.filter((cut) => c * 100 >= cut - 1e-6).length);
          const flips = await findFlips(async (c) => at(c), RANGE);
          // What is found lies at a cut, tells what is said on both sides, and nothing found is missing from between.
          expect(flips.every(({ at: place }) => cuts.includes(Math.round(place * 100)))).toBe(true);
          expect(flips.map(({ from }) => from).slice(1)).toEqual(flips.map(({ to }) => to).slice(0, -1));
          expect(flips.length).toBe(places.length);
        },
      ),
    );
  });

  test('progress counts the points of the sweep and shows what is found so far', async () => {
    const seen: [number, number, number][] = [];
    await findFlips(
      async (c) => (c < 0 ? 'a' : 'b'),
      RANGE,
      (done, total, flips) => seen.push([done, total, flips.length]),
    );
    expect(seen[0]).toEqual([1, 41, 0]);
    expect(seen.at(-1)).toEqual([41, 41, 1]);
    expect(seen).toHaveLength(41);
  });
});
