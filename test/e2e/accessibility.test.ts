import { describe, expect, test } from 'vitest';
import { loadLesson } from '../../src/lessons';
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

/** All that the page holds, also in attributes; what models other than merged say is no secret. */
const everything = (page: LabPage): Promise<string> =>
  page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true) as HTMLElement;
    for (const column of copy.querySelectorAll('[data-testid^="column-"]:not([data-testid^="column-merged"])'))
      column.remove();
    return copy.outerHTML + (copy.textContent ?? '');
  }, null);

/** Answers the open question and lets the page do what the hands should. @returns what merged says then */
async function uncover(page: LabPage, option: string): Promise<string> {
  const idle = () => page.waitFor('rest', async () => (await page.attr('status', 'data-state')) === 'idle');
  await idle();
  await page.click(`guess-${option}`);
  if (await page.exists('tour-do')) await page.click('tour-do');
  await idle();
  await page.waitFor('the answer', async () => (await page.text('column-merged-text')).trim() !== '');
  return (await page.text('column-merged-text')).trim();
}

describe.runIf(ENGINES.includes('chromium'))('what is covered until it is guessed', () => {
  const lab = useLab('chromium');

  test.each(process.env.TEST_ALL ? ['addition', 'subtraction', 'interference'] : ['addition'])(
    '%s: is nowhere on the page before, whether the step is opened afresh or walked to',
    { timeout: 300_000 },
    async (id) => {
      const { steps } = (await loadLesson(id))!;
      for (const [at, { id: step, predict }] of steps.entries()) {
        if (!predict) continue;
        const page = await lab.open(`?lesson=${id}&lang=en&step=${at + 1}`);
        await page.click('run');
        await page.waitForRuns(1);
        const before = await everything(page);
        expect(before.includes(await uncover(page, predict.answer)), `${step} tells it`).toBe(false);
        await page.close();
      }
      const page = await lab.open(`?lesson=${id}&lang=en`);
      await page.click('run');
      await page.waitForRuns(1);
      for (const { id: step, predict } of steps) {
        await page.waitFor(step, async () => (await page.attr('tour', 'data-step')) === step);
        await page.waitFor('rest', async () => (await page.attr('status', 'data-state')) === 'idle');
        if (predict) {
          const before = await everything(page);
          expect(before.includes(await uncover(page, predict.answer)), `${step} tells it`).toBe(false);
        }
        if (step !== steps.at(-1)?.id) await page.press('n');
      }
      await page.close();
    },
  );
});

describe.runIf(ENGINES.includes('chromium'))('axe-core', () => {
  const lab = useLab('chromium');

  test.each(THEMES)('finds nothing serious in any state of a step: %s', async (theme) => {
    const page = await lab.open('?lesson=addition&lang=en&step=2');
    await page.emulate(theme);
    const clean = async (state: string) => expect(await seriousIssues(page), state).toEqual([]);
    await clean('asked');
    await page.click('guess-refuses');
    await clean('guessed');
    await page.press('1');
    await clean('a slider that is lit has the focus');
    await page.click('tour-do');
    await page.waitFor('the explanation', () => page.exists('tour-explain'));
    await clean('seen');
    await page.click('tour-step-7');
    await page.waitFor('the last step', () => page.exists('tour-finished'));
    await clean('finished');
    await page.close();
  });

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
