import { readScores } from '../../src/core/ask/scores';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tilePath } from '../../src/core/ask/ask';
import { askPair } from '../../src/core/probe/pairs';
import { encodeLink } from '../../src/core/recipe/link';
import type { Lesson } from '../../src/core/lesson/types';
import type { Recipe } from '../../src/core/recipe/types';
import { rewardCode } from '../../src/lessons/reward-code/lesson';
import { rewardVision } from '../../src/lessons/reward-vision/lesson';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { seriousIssues, useLab } from './lab';

/** What Python says of 20 pairs of a test set: scores of the better and the worse reply (training/reward/goldens.py). */
interface Golden {
  recipe: Record<string, number>;
  items: {
    picture?: number;
    question: string;
    good: string;
    bad: string;
    scores: Record<string, [number, number]>;
  }[];
  accuracy: Record<string, Record<string, { k: number; n: number }>>;
}
const golden = (name: string): Golden =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../golden/reward/${name}.json`), 'utf8')) as Golden;
const JUDGED = [
  { lesson: rewardVision, python: golden('vision'), seer: 'vlm' },
  { lesson: rewardCode, python: golden('code'), seer: 'code' },
] as const;

const lesson = '?lesson=reward-vision&lang=en';
const columnsOf = ({ recipe }: Lesson): readonly string[] => recipe.view?.columns ?? [];
/** Three decimals are written. */
const TOLERANCE = 1e-3 + 5e-4;

const asked = ({ recipe }: Lesson, prompt: string): Recipe => ({
  ...recipe,
  run: { ...recipe.run, prompts: [prompt] },
});
const scoresOf = async (page: LabPage, alias: string) => readScores(await page.text(`column-${alias}-text`));
const runs = async (page: LabPage): Promise<number> => Number(await page.attr('status', 'data-run'));
const live = async (page: LabPage): Promise<boolean> => {
  const sources = await Promise.all(
    columnsOf(rewardVision).map((alias) => page.attr(`column-${alias}`, 'data-source')),
  );
  return (await page.attr('status', 'data-state')) === 'idle' && sources.every((source) => source === 'live');
};

describe.each(ENGINES)('judges in %s', (engine) => {
  const lab = useLab(engine);

  test.each(JUDGED)('give pairs the scores that Python gives them ($lesson.id)', async ({ lesson, python, seer }) => {
    // What parts the browsers shows in a few; a walk of all of them takes its time.
    const some = engine === 'chromium' || process.env.TEST_ALL ? python.items : python.items.slice(0, 6);
    const pairs = some.map(({ picture: at, ...item }) => {
      const picture = at === undefined ? null : tilePath('pictures/reward-vision-test.png', at, 16);
      return { scores: item.scores, ...askPair({ ...item, picture }) };
    });
    const page = await lab.open(await encodeLink(asked(lesson, pairs[0]!.prompt)));
    for (const [i, { prompt, expect: better, scores }] of pairs.entries()) {
      const link = await encodeLink(asked(lesson, prompt));
      await page.evaluate((hash) => (location.hash = hash), link);
      await page.waitFor('the pair', async () => (await page.attr('pair-box', 'data-prompt')) === prompt);
      const before = await runs(page);
      await page.click('run');
      await page.waitForRuns(before + 1);
      // The rival is the log-likelihood with a part of the text judge's score.
      const likelihood = scores['rival']!.map((value, at) => value - python.recipe['rival']! * scores['text']![at]!);
      for (const alias of columnsOf(lesson)) {
        const wanted = alias === seer ? likelihood : scores[alias]!;
        const found = await scoresOf(page, alias);
        const [good, bad] = better === 'A' ? [found?.a, found?.b] : [found?.b, found?.a];
        const where = `pair ${i + 1}, ${alias}`;
        expect(Math.abs((good ?? NaN) - wanted[0]!), where).toBeLessThan(TOLERANCE);
        expect(Math.abs((bad ?? NaN) - wanted[1]!), where).toBeLessThan(TOLERANCE);
      }
    }
    expect(lab.server.violations).toEqual([]);
    expect(page.requests.filter((url) => !url.startsWith(lab.server.origin) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  });
});

describe.each(PANEL_ENGINES)('the lesson of the judge with glasses in %s', (engine) => {
  const lab = useLab(engine);

  test('counts as often right as Python does, and says what is only measured in training', async () => {
    const page = await lab.open(lesson);
    await page.waitFor('recorded answers', async () => (await scoresOf(page, 'merged')) !== null);
    expect(await page.attr('column-merged', 'data-source')).toBe('recorded');
    // What a judge is given is in its config, which comes by itself.
    for (const alias of columnsOf(rewardVision))
      await page.waitFor(`what ${alias} says`, async () =>
        /score of each reply|log-likelihood/.test(await page.text(`column-${alias}`)),
      );
    expect(await page.text('column-text')).toContain('This model is given no picture.');
    expect(await page.text('column-merged')).not.toContain('This model is given no picture.');
    expect(await page.text('column-vlm')).toContain('log-likelihood');
    await page.waitFor('the controls', () => page.exists('controls'));
    for (const id of ['unmerged', 'random', 'rival', 'merged', 'oracle'])
      expect(await page.exists(`control-${id}`), id).toBe(true);
    await page.click('measure-merged');
    await page.waitFor('the count', () => page.exists('counted'), 60_000);
    for (const [row, kind] of ['correct', 'style', 'trade'].entries()) {
      const { k, n } = golden('vision').accuracy['merged']![kind]!;
      const [counted, of] = (/(\d+) of (\d+)/.exec(await page.text(`rate-merged-${row + 1}`)) ?? [])
        .slice(1)
        .map(Number);
      expect(of).toBe(n);
      // A tie of the three decimals that are written may tip.
      expect(Math.abs((counted ?? NaN) - k)).toBeLessThan(2);
      expect(await page.attr(`rate-merged-${row + 1}`, 'data-source')).toBe('live');
    }
    // Hundreds of questions about one sheet of pictures ask for it once, besides what the page itself shows.
    expect(page.requests.filter((url) => url.includes('/pictures/')).length).toBeLessThanOrEqual(4);
    await page.close();
  });

  test('lets pairs be swapped, typed and chosen by keyboard; a word that nobody knows is named', async () => {
    const page = await lab.open(lesson);
    await page.click('run');
    await page.waitFor('live verdicts', () => live(page), 60_000);
    const before = await scoresOf(page, 'oracle');
    const better = await page.attr('pair-truth', 'data-better');
    await page.click('swap');
    await page.waitFor('the swapped verdict', () => live(page));
    expect(await scoresOf(page, 'oracle')).toEqual({ a: before?.b, b: before?.a });
    expect(await page.attr('pair-truth', 'data-better')).toBe(better === 'A' ? 'B' : 'A');

    await page.fill('reply-a', 'The colour is red.');
    await page.waitFor('the unknown word', async () => (await page.text('prompt-words')).includes('colour'));
    await page.fill('reply-a', 'The color is red.');
    await page.press('Enter');
    await page.waitFor('the typed pair', () => live(page));
    expect(await page.value('reply-a')).toBe('the color is red .');

    const picture = await page.attr('pair-box', 'data-prompt');
    const chosen = (): Promise<string> =>
      page.evaluate(
        () => document.querySelector<HTMLElement>('[data-testid^="thumb-"]:checked')?.dataset.testid ?? '',
        null,
      );
    const thumb = await chosen();
    await page.tabTo(thumb);
    await page.press('ArrowRight');
    await page.waitFor('the next picture', async () => (await page.attr('pair-box', 'data-prompt')) !== picture);
    expect(await chosen()).not.toBe(thumb);
    expect(await page.focusedId()).toBe(await chosen());
    await page.waitFor('its verdict', () => live(page));
    expect(await page.attr('pair-truth', 'data-better')).toMatch(/^[AB]$/);
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });

  test('judges what is drawn by keyboard, and takes it back', async () => {
    const page = await lab.open(lesson);
    await page.click('draw');
    await page.waitFor('the sheet', () => page.exists('canvas'));
    await page.waitFor('the empty sheet judged', () => live(page), 60_000);
    const empty = await page.attr('pair-box', 'data-prompt');
    expect(empty).toContain('"own"');
    const blank = await scoresOf(page, 'oracle');
    await page.tabTo('canvas');
    for (const key of ['Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowUp', 'Space', 'ArrowRight', 'Space'])
      await page.press(key);
    await page.waitFor('another drawing', async () => (await page.attr('pair-box', 'data-prompt')) !== empty);
    await page.waitFor('its verdict', () => live(page));
    expect(await scoresOf(page, 'oracle')).not.toEqual(blank);
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);
    await page.click('draw-undo');
    await page.click('draw-undo');
    await page.waitFor('the empty sheet', async () => (await page.attr('pair-box', 'data-prompt')) === empty);
    await page.waitFor('its verdict', () => live(page));
    expect(await scoresOf(page, 'oracle')).toEqual(blank);
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
