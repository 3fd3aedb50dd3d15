import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { columnTexts, seriousIssues, useLab } from './lab';

const address = '?lesson=subtraction&lang=en';
const AXIS = 'weight/rude-base';
const SWEARS = 'search-goal-subtraction-dev/provoking/zh/swears';
const RUDE = 'search-goal-subtraction-dev/word/zh/recognises';

const points = async (page: LabPage): Promise<number> => Number(await page.attr('search-bar', 'data-points'));
const phase = (page: LabPage): Promise<string | null> => page.attr('search-bar', 'data-state');
const fold = (page: LabPage, id: string): Promise<void> =>
  page.evaluate((selector) => document.querySelector<HTMLElement>(selector)!.click(), `${id} > summary`);

/** Searches the one slider of the lesson: how little of the swearing has to be taken away? */
async function begin(page: LabPage, { most = 9, prompts = 4 } = {}): Promise<void> {
  await page.click('tour-leave');
  await fold(page, '[data-testid="search"]');
  await page.waitFor('what can be wanted', () => page.exists(SWEARS));
  await page.fill(`search-from-${AXIS}`, '-2');
  await page.fill(`search-to-${AXIS}`, '0');
  // Recognising swear words is lost with the swearing (the lesson's point): without it, less is enough.
  await page.click(RUDE);
  await page.fill('search-points', String(most));
  await page.fill('search-prompts', String(prompts));
  await page.click('search-start');
}

describe.each(PANEL_ENGINES)('the search for coefficients, in %s', (engine) => {
  const lab = useLab(engine);

  test('stops, goes on after a reload with the same points, and puts the best on the bench', async () => {
    const page = await lab.open(address);
    await begin(page);
    await page.waitFor('some points', async () => (await points(page)) >= 3);
    await page.click('search-stop');
    const stopped = await points(page);
    expect(await phase(page)).toBe('stopped');
    expect(stopped).toBeLessThan(10);
    const before = await page.text('search-table');

    await page.open(new URL(address, lab.server.url).href);
    await page.waitFor('the search again', () => page.exists('search-resume'));
    expect(await points(page)).toBe(stopped);
    expect(await page.text('search-table')).toBe(before);
    await page.click('search-resume');
    await page.waitFor('the end', async () => (await phase(page)) === 'finished');
    // The lesson's own -1.2 to begin with, and nine evenly spaced points.
    expect(await points(page)).toBe(10);
    const asked = await page.evaluate(
      () =>
        [...document.querySelectorAll('[data-testid="search-table"] tbody td:nth-child(2)')].map((e) =>
          Number(e.textContent),
        ),
      null,
    );
    expect(asked.sort((a, b) => a - b)).toEqual([-2, -1.75, -1.5, -1.25, -1.2, -1, -0.75, -0.5, -0.25, 0]);

    expect(await page.text('search-test-1')).toBe('not asked');
    // Nothing was asked of the questions that are kept for the end.
    expect(page.requests.some((url) => url.includes('subtraction-test'))).toBe(false);
    // The first point after the bench itself.
    await fold(page, '.search-points');
    await page.click('search-pick-1');
    const chosen = Number(/-[\d.]+$/.exec((await page.text('search-values')).trim())?.[0]);
    await page.click('search-use');
    await page.waitFor('the formula', async () => {
      const taken = /^assistant - ([\d.]+)\*\(rude - base\)$/.exec(await page.value('formula'))?.[1];
      return Number(taken) === -chosen;
    });
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('gives way to a slider, and is checked on questions it never asked', async () => {
    const page = await lab.open(address);
    await begin(page, { most: 40, prompts: 8 });
    await page.waitFor('a point', async () => (await points(page)) >= 1);
    const answer = (await columnTexts(page, ['merged'])).merged;
    await page.slide('slider-rude', 0);
    await page.waitFor('another answer', async () => {
      const { merged } = await columnTexts(page, ['merged']);
      return merged !== answer && (await page.attr('column-merged', 'data-source')) === 'live';
    });
    const then = await points(page);
    expect(await phase(page)).toBe('search');
    await page.waitFor('it to go on', async () => (await points(page)) > then);
    await page.click('search-stop');

    await page.click('search-check');
    await page.waitFor('test answers', async () => /Test set: [1-9]/.test(await page.text('search-bar')));
    await page.click('search-stop');
    expect(await page.text('search-test-1')).toBe('not asked');
    expect(page.requests.some((url) => url.includes('subtraction-test'))).toBe(true);
    expect(page.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core on the search', () => {
  const lab = useLab('chromium');

  test('finds nothing serious, in both themes, on a desk and on a phone', async () => {
    const page = await lab.open(address);
    await begin(page, { most: 3, prompts: 1 });
    await page.waitFor('the end', async () => (await phase(page)) === 'finished');
    await fold(page, '.search-points');
    await fold(page, '.search-new');
    await page.waitFor('the form', () => page.exists('search-setup'));
    if (process.env.TEST_ALL) expect(await seriousIssues(page)).toEqual([]);
    await page.emulate('dark');
    await page.resize(390, 800);
    expect(await page.evaluate(() => document.documentElement.scrollWidth, null)).toBe(390);
    expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });
});
