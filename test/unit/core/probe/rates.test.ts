import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rate } from '../../../../src/core/probe/rates';
import golden from '../../../golden/probe/verdicts.json';

const topics = (lists: readonly (readonly boolean[])[]) => new Map(lists.map((list, i) => [`t${i}`, list]));
const repeat = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value);

describe('rate', () => {
  it.each(golden.bootstrap)('gives what Python gives: $is', ({ byTopic, resamples, seed, is }) =>
    expect(rate(new Map(Object.entries(byTopic) as [string, boolean[]][]), { resamples, seed })).toEqual(is),
  );

  it('has no interval left where all verdicts are alike', () => {
    expect(rate(topics(repeat(repeat(true, 6), 40)))).toEqual({ n: 240, k: 240, lo: 1, hi: 1 });
    expect(rate(topics(repeat(repeat(false, 6), 40)))).toEqual({ n: 240, k: 0, lo: 0, hi: 0 });
  });

  it('says nothing about other topics from one, or from none', () => {
    expect(rate(topics([[true, true, false]]))).toEqual({ n: 3, k: 2, lo: 0, hi: 1 });
    expect(rate(topics([[], [true]]))).toEqual({ n: 1, k: 1, lo: 0, hi: 1 });
    expect(rate(new Map())).toEqual({ n: 0, k: 0, lo: 0, hi: 1 });
  });

  it('is wider over topics than over the same answers one by one', () => {
    const clustered = Array.from({ length: 40 }, (_, i) => repeat(i % 4 !== 0, 6));
    const byTopic = rate(topics(clustered));
    const byItem = rate(topics(clustered.flat().map((verdict) => [verdict])));
    expect(byTopic.k).toBe(byItem.k);
    expect(byTopic.hi - byTopic.lo).toBeGreaterThan(1.8 * (byItem.hi - byItem.lo));
  });

  it('is near the normal approximation for independent topics', () => {
    const { lo, hi } = rate(topics(Array.from({ length: 400 }, (_, i) => [i % 4 !== 0])));
    const half = 1.96 * Math.sqrt((0.75 * 0.25) / 400);
    expect(lo).toBeCloseTo(0.75 - half, 2);
    expect(hi).toBeCloseTo(0.75 + half, 2);
  });

  it('depends on the seed, and on neither names nor order of topics', () =>
    fc.assert(
      fc.property(fc.array(fc.array(fc.boolean(), { maxLength: 5 }), { maxLength: 12 }), (lists) => {
        const given = rate(topics(lists), { resamples: 200 });
        const renamed = new Map([...topics(lists)].reverse().map(([name, list]) => [`x${name}`, list]));
        expect(rate(renamed, { resamples: 200 })).toEqual(given);
        expect(given.lo).toBeLessThanOrEqual(given.hi);
        expect(given.k).toBe(lists.flat().filter(Boolean).length);
      }),
    ));

  it('draws others with another seed', () => {
    const data = topics(Array.from({ length: 30 }, (_, i) => repeat(i % 3 === 0, (i % 5) + 1)));
    expect(rate(data, { seed: 1 })).toEqual(rate(data, { seed: 1 }));
    expect(rate(data, { seed: 1 })).not.toEqual(rate(data, { seed: 2 }));
  });
});
