import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordHeard } from '../../../src/cli/record-heard';
import { analogy } from '../../../src/lessons/analogy/lesson';
import golden from '../../golden/speech/analogy.json';
import report from '../../../training/reports/speech.json';

interface Rate {
  k: number;
  n: number;
}
interface Recorded {
  columns: Record<string, Record<string, { text: string }>>;
  rates: Record<string, Record<string, Rate>>;
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../public/zoo/recorded/${name}.json`), 'utf8'));
const recorded = read('analogy') as Recorded;
const CLASSES = ['general', 'target', 'pure', 'synthetic'] as const;

test('merges as far as training did', () => {
  const { merge } = analogy.recipe;
  if (Array.isArray(merge)) throw new Error('a lesson has one stage');
  expect(merge.models).toEqual([
    { model: 'b', parameters: { weight: golden.lambda } },
    { model: 'a', parameters: { weight: -golden.lambda } },
  ]);
  expect(report.shipped.lambda).toBe(golden.lambda);
});

describe('what the page recorded', () => {
  test.each(['a', 'b', 'c', 'merged', 'oracle'] as const)('of %s is what Python counted and wrote', (alias) => {
    const counted = report.clips.s[alias];
    for (const kind of CLASSES) {
      const { errors, words } = counted[kind];
      expect(recorded.rates[alias]![`analogy-test/${kind}/en/word_errors`], kind).toMatchObject({
        k: errors,
        n: words,
      });
    }
    for (const [prompt, { text }] of Object.entries(recorded.columns[alias]!)) {
      const clip = golden.clips.find(({ audio }) => `clip:${audio}` === prompt);
      if (clip) expect(text.trim()).toBe(clip.columns[alias].text);
    }
  });

  test('of training is what its report says now', async () => {
    expect(read('analogy-training')).toEqual(JSON.parse(JSON.stringify(await recordHeard())));
  });
});

describe('what the lesson says of the recordings that do not ship', () => {
  const { rows, rowSets, curve, sets, random, folds } = read('analogy-training') as Awaited<
    ReturnType<typeof recordHeard>
  >;
  const rate = (id: string, set: string): number => rows.find((row) => row.id === id)!.rates[rowSets.indexOf(set)]!;
  const gain = (set: string): number => 1 - rate('merged', set) / rate('c', set);

  test('most of the gain is on words that b heard', () => {
    expect(gain('general known')).toBeGreaterThan(2 * gain('pure known'));
    expect(gain('target known')).toBeGreaterThan(gain('pure known'));
    expect(gain('pure known')).toBeGreaterThan(0);
  });

  test('the curves have their lowest points at different places, and never-heard words are lost sooner', () => {
    const best = (set: string): number => {
      const at = sets.indexOf(set as (typeof sets)[number]);
      return curve.reduce((a, b) => (b.rates[at]! < a.rates[at]! ? b : a)).lambda;
    };
    expect(best('pure known')).toBeLessThan(best('target known'));
  });

  test('the plain average does about as well for people whom b heard, merged a little better for others', () => {
    for (const [i, set] of sets.entries()) {
      const [, merged, mean] = folds[0]!.rates[i]!;
      const better = mean![0] - merged![0];
      if (set.endsWith('unknown')) expect(better, set).toBeGreaterThan(0);
      expect(Math.abs(better), set).toBeLessThan(set.endsWith('unknown') ? 0.05 : 0.03);
    }
  });

  test('joint training is better on words that b heard, worse on the others; a random vector does nothing', () => {
    expect(rate('joint', 'general known')).toBeLessThan(rate('merged', 'general known'));
    for (const set of ['pure known', 'pure unknown']) expect(rate('joint', set)).toBeGreaterThan(rate('merged', set));
    for (const [i, set] of sets.entries()) expect(Math.abs(random[i]! - rate('c', set))).toBeLessThan(0.02);
  });

  test('what a general word would have chosen is in the notes', async () => {
    const { chosen } = report.pseudo['s-t789-espeak-ng-0'];
    for (const lang of ['en', 'zh-Hant', 'zh-Hans'] as const)
      expect(await analogy.text[lang]()).toMatch(new RegExp(`^! .*${chosen}`, 'm'));
  });

  test('goals that were missed are told as hopes', async () => {
    const { met } = report.goals;
    for (const lang of ['en', 'zh-Hant', 'zh-Hans'] as const)
      expect((await analogy.text[lang]()).search(/40 ?%/) >= 0).toBe(!met['target known >= 40']);
  });
});
