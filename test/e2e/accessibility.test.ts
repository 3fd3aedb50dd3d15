import { describe, expect, test } from 'vitest';
import { QUESTION, columnTexts, goldenTexts, seriousIssues, useLab } from './lab';
import type { LabPage } from './driver';
import { ENGINES } from './engines';

const THEMES = ['light', 'dark'] as const;
const LANGUAGES = ['en', 'zh-Hant', 'zh-Hans'] as const;

/** What the focus is on: a test id where it has one. */
const focused = (page: LabPage) =>
  page.evaluate(
    () => (document.activeElement as HTMLElement | null)?.dataset.testid ?? document.activeElement?.tagName,
    null,
  );

describe.each(ENGINES)('access in %s', (engine) => {
  const lab = useLab(engine);

  test('nothing is wider than a screen of 390 px, before and after a run', async () => {
    const page = await lab.open('?lesson=addition');
    await page.resize(390, 844);
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth, null);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.click('run');
    await page.waitForRuns(1);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.close();
  });

  test('a question is asked and answered by keyboard alone', async () => {
    const page = await lab.open('?lesson=addition');
    const visited: (string | undefined)[] = [];
    while (visited.length < 60 && visited.at(-1) !== 'prompt') {
      await page.press('Tab');
      visited.push(await focused(page));
    }
    expect(visited.at(-1)).toBe('prompt');
    await page.press('Control+a');
    await page.type(QUESTION);
    await page.press('Control+Enter');
    await page.waitForRuns(1);
    expect(await columnTexts(page)).toEqual(goldenTexts().get(QUESTION));
    await page.close();
  });

  test('each language names the page and its controls', async () => {
    const labels = new Set<string>();
    for (const language of LANGUAGES) {
      const page = await lab.open(`?lesson=addition&lang=${language}`);
      expect(await page.evaluate(() => document.documentElement.lang, null)).toBe(language);
      expect(await page.value('lang')).toBe(language);
      labels.add((await page.text('run')).trim());
      await page.close();
    }
    expect(labels.size).toBeGreaterThanOrEqual(2);
    expect([...labels].every((label) => label.length > 0)).toBe(true);
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core', () => {
  const lab = useLab('chromium');

  test.each(THEMES.flatMap((theme) => LANGUAGES.map((language) => [theme, language] as const)))(
    'finds nothing serious: %s, %s',
    async (theme, language) => {
      const page = await lab.open(`?lesson=addition&lang=${language}`);
      await page.emulate(theme);
      await page.waitFor('the answers', async () => (await columnTexts(page)).merged !== '');
      expect(await seriousIssues(page)).toEqual([]);
      await page.close();
    },
  );
});
