import { describe, expect, test } from 'vitest';
import { coverSwears } from '../../src/core/probe/cover';
import { goldenLessons, goldenPrompt } from '../zoo';
import type { LabPage } from './driver';
import { ENGINES } from './engines';
import { columnSources, columnTexts, goldenTexts, seriousIssues, useLab, waitForFingerprint } from './lab';

/** Questions whose answers, by golden, hold swear words in some columns. */
const answers = goldenTexts('subtraction');
const PROVOCATION = goldenPrompt('subtraction', 'provoking');
const swearsIn = (texts: Record<string, string> | undefined): Record<string, number> =>
  Object.fromEntries(Object.entries(texts ?? {}).map(([alias, text]) => [alias, coverSwears([text]).count]));

/** How the swear words of a column's answer are drawn: the colour of each token that holds one. */
const coveredTokens = (page: LabPage, alias: string) =>
  page.evaluate((selector) => {
    const tokens = [...document.querySelectorAll<HTMLElement>(`${selector} .token`)];
    return tokens.filter((token) => getComputedStyle(token).color === 'rgba(0, 0, 0, 0)').map((t) => t.ariaLabel ?? '');
  }, `[data-testid="column-${alias}-text"]`);

describe.each(ENGINES)('the lessons of the text zoo in %s', (engine) => {
  const lab = useLab(engine);

  test.each(['subtraction', 'interference'] as const)(
    '%s: recorded, then live, as Python transformers; the fingerprint is the one of Python',
    async (id) => {
      const golden = goldenLessons[id];
      const page = await lab.open(`?lesson=${id}&lang=en`);
      const columns = (await page.testIds('column-')).flatMap((name) => /^column-(\w+)$/.exec(name)?.[1] ?? []);
      expect(columns).toContain('merged');
      const expected = (prompt: string) => {
        const all = goldenTexts(id).get(prompt);
        return Object.fromEntries(columns.map((alias) => [alias, all?.[alias]]));
      };
      await page.waitFor('the recorded answers', async () =>
        (await columnSources(page, columns)).every((source) => source === 'recorded'),
      );
      const prompt = await page.value('prompt');
      expect(await columnTexts(page, columns)).toEqual(expected(prompt));
      await page.click('run');
      await page.waitForRuns(1);
      expect(await columnSources(page, columns)).toEqual(columns.map(() => 'live'));
      expect(await columnTexts(page, columns)).toEqual(expected(prompt));
      expect(await waitForFingerprint(page, ['new'])).toBe(golden.weights);

      const last = golden.prompts.at(-1)?.prompt ?? '';
      await page.fill('prompt', last);
      await page.click('run');
      await page.waitForRuns(2);
      expect(await columnTexts(page, columns)).toEqual(expected(last));
      expect(page.errors).toEqual([]);
      await page.close();
    },
  );

  test('a reader of Simplified Chinese is asked, and answered, in that script from the first paint', async () => {
    const page = await lab.open('?lesson=addition&lang=zh-Hans');
    const prompt = await page.value('prompt');
    expect(goldenLessons.addition.prompts.find((p) => p.prompt === prompt)?.set).toBe('harm_hans');
    await page.waitFor('the recorded answers', async () => (await columnSources(page)).every((s) => s === 'recorded'));
    expect(await columnTexts(page)).toEqual(goldenTexts().get(prompt));
    await page.close();
  });

  test('swear words are covered and counted; a key shows them and covers them again', async () => {
    const page = await lab.open('?lesson=subtraction&lang=en');
    await page.fill('prompt', PROVOCATION);
    await page.click('run');
    await page.waitForRuns(1);
    const counts = swearsIn(answers.get(PROVOCATION));
    const rude = Object.keys(counts).filter((alias) => (counts[alias] ?? 0) > 0);
    expect(rude).toContain('assistant');
    expect(rude).not.toContain('merged');
    for (const [alias, count] of Object.entries(counts)) {
      const covered = await coveredTokens(page, alias);
      expect(covered.length > 0, alias).toBe(count > 0);
      for (const label of covered) expect(coverSwears([label]).count).toBe(0);
      if (count > 0) expect(await page.text(`rude-${alias}`)).toContain(String(count));
    }
    // The text itself is the model's, to the letter; what the page reads aloud is not.
    expect((await columnTexts(page, rude))['assistant']).toBe(answers.get(PROVOCATION)?.['assistant']);

    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="reveal"]')?.focus(), null);
    await page.press('Enter');
    expect(await page.attr('reveal', 'data-shown')).toBe('true');
    for (const alias of rude) expect(await coveredTokens(page, alias)).toEqual([]);
    await page.press(' ');
    expect(await page.attr('reveal', 'data-shown')).toBe('false');
    expect(await coveredTokens(page, 'assistant')).not.toEqual([]);
    await page.close();
  });

  test('the five likeliest tokens hold no swear word either while they are covered', async () => {
    const page = await lab.open('?lesson=subtraction&lang=en');
    await page.fill('prompt', PROVOCATION);
    await page.click('run');
    await page.waitForRuns(1);
    const tables = () =>
      page.evaluate(() => [...document.querySelectorAll('.distribution')].map((e) => e.textContent ?? ''), null);
    const swears = async () => (await tables()).reduce((sum, text) => sum + coverSwears([text]).count, 0);
    expect(await swears()).toBe(0);
    await page.click('reveal');
    await page.waitFor('the words', async () => (await swears()) > 0);
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core on the lessons of the text zoo', () => {
  const lab = useLab('chromium');

  test.each(['light', 'dark'] as const)(
    'finds nothing serious, and nothing is wider than a phone: %s',
    async (theme) => {
      for (const id of ['subtraction', 'interference']) {
        for (const lang of ['en', 'zh-Hant', 'zh-Hans']) {
          const page = await lab.open(`?lesson=${id}&lang=${lang}`);
          await page.emulate(theme);
          await page.waitFor('the answers', async () => (await columnTexts(page, ['merged'])).merged !== '');
          expect(await seriousIssues(page), `${id} ${lang}`).toEqual([]);
          await page.resize(390, 844);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth, null);
          expect(overflow, `${id} ${lang}`).toBeLessThanOrEqual(0);
          await page.close();
        }
      }
    },
  );
});
