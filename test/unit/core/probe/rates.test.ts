import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rate, unseen, type Count, type Rate } from '../../../../src/core/probe/rates';
import golden from '../../../golden/probe/verdicts.json';

const ones = (verdicts: readonly boolean[]): Count[] => verdicts.map((holds) => ({ k: holds ? 1 : 0, n: 1 }));
const topics = (lists: readonly (readonly boolean[])[]) => new Map(lists.map((list, i) => [`t${i}`, ones(list)]));
const repeat = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value);

const RECORDED = ['addition', 'interference', 'subtraction'].flatMap((id) => [`${id}.json`, `${id}-steps.json`]);
type Rates = Record<string, Record<string, Rate>>;

describe('rate', () => {
  it.each(golden.bootstrap)('gives what Python gives: $is', ({ byTopic, resamples, seed, is }) =>
    expect(
      rate(
        new Map((Object.entries(byTopic) as [string, boolean[]][]).map(([topic, verdicts]) => [topic, ones(verdicts)])),
        {
          resamples,
          seed,
        },
      ),
    ).toEqual(is),
  );

  it('is the exact interval of so many topics where all verdicts are alike', () => {
    // scipy 1.17.1: binomtest(0, 40).proportion_ci(0.95, "exact").high, and the same of 0 of 22
    expect(unseen(40)).toBeCloseTo(0.0880973, 6);
    expect(unseen(22)).toBeCloseTo(0.1543725, 6);
    expect(rate(topics(repeat(repeat(true, 6), 40)))).toEqual({ n: 240, k: 240, lo: 1 - unseen(40), hi: 1 });
    expect(rate(topics(repeat(repeat(false, 6), 40)))).toEqual({ n: 240, k: 0, lo: 0, hi: unseen(40) });
  });

  it('never claims more of topics with one exception than of topics without', () => {
    const all = rate(topics(repeat(repeat(true, 6), 40)));
    const but = rate(topics([[true, true, true, true, true, false], ...repeat(repeat(true, 6), 39)]));
    expect(but.k).toBe(239);
    expect(but.lo).toBeLessThanOrEqual(all.lo);
  });

  it.each(RECORDED)('is what %s records: none that only new questions of the same topics could bear out', (file) => {
    const read = (path: string) => JSON.parse(readFileSync(`public/zoo/${path}`, 'utf8')) as never;
    const recorded = read(`recorded/${file}`) as { rates?: Rates; states?: { rates: Rates }[] };
    const all = [recorded, ...(recorded.states ?? [])].flatMap(({ rates = {} }) => Object.values(rates));
    expect(all.length).toBeGreaterThan(0);
    for (const [key, { lo, hi }] of all.flatMap((of) => Object.entries(of))) {
      const [set, kind, lang] = key.split('/');
      const { items } = read(`probes/${set}.json`) as { items: { class: string; lang: string; topic: string }[] };
      const asked = items.filter((item) => item.class === kind && item.lang === lang);
      const hidden = unseen(new Set(asked.map(({ topic }) => topic)).size);
      expect(
        [lo, 1 - hi].every((end) => end <= 1 - hidden),
        key,
      ).toBe(true);
    }
  });

  it('says nothing about other topics from one, or from none', () => {
    expect(rate(topics([[true, true, false]]))).toEqual({ n: 3, k: 2, lo: 0, hi: 1 });
    expect(rate(topics([[], [true]]))).toEqual({ n: 1, k: 1, lo: 0, hi: 1 });
    expect(rate(new Map())).toEqual({ n: 0, k: 0, lo: 0, hi: 1 });
  });

  it('counts mistakes of words, which may be more than there are words', () => {
    const byTopic = new Map([
      [
        'a',
        [
          { k: 1, n: 3 },
          { k: 0, n: 2 },
        ],
      ],
      ['b', [{ k: 4, n: 2 }]],
      ['c', []],
    ]);
    const all = rate(byTopic);
    expect(all).toMatchObject({ k: 5, n: 7 });
    expect(all.hi).toBe(2);
    // A topic with many words counts by its words, not as one answer.
    expect(
      rate(
        new Map([
          ['a', [{ k: 10, n: 1000 }]],
          ['b', [{ k: 1, n: 1 }]],
        ]),
      ).lo,
    ).toBeCloseTo(0.01, 3);
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
