import { describe, expect, test } from 'vitest';
import { weightOf } from '../../src/core/recipe/weights';
import { goldenLessons } from '../zoo';
import { ALL_ENGINES } from './engines';
import { COLUMNS, QUESTION, columnSources, columnTexts, goldenTexts, useLab, waitForFingerprint } from './lab';

const { merge, weights } = goldenLessons.addition;

/** What every engine must do, in as little time as may be: each landing asks it of all of them. */
describe.each(ALL_ENGINES)('the lab in %s', (engine) => {
  const lab = useLab(engine);

  test('a recorded result stands there at once, live answers and weights are the golden ones, and a slider changes the merge', async () => {
    const page = await lab.open('?lesson=addition');
    const golden = goldenTexts().get(QUESTION);
    await page.waitFor('the recorded answers', async () => (await columnTexts(page)).merged === golden?.merged);
    expect(await columnSources(page)).toEqual(COLUMNS.map(() => 'recorded'));

    await page.fill('prompt', QUESTION);
    await page.press('Control+Enter');
    await page.waitForRuns(1);
    expect(await columnSources(page)).toEqual(COLUMNS.map(() => 'live'));
    expect(await columnTexts(page)).toEqual(golden);
    expect(await waitForFingerprint(page, ['new', 'match'])).toBe(weights);

    await page.slide('slider-chat', 0);
    await page.waitFor('another merged answer', async () => {
      const live = (await page.attr('column-merged', 'data-source')) === 'live';
      return live && (await columnTexts(page)).merged !== golden?.merged;
    });
    await page.slide('slider-chat', weightOf(merge, 'chat') ?? NaN);
    await page.waitFor('the first answer again', async () => (await columnTexts(page)).merged === golden?.merged);
    expect(await waitForFingerprint(page, ['new', 'match'])).toBe(weights);

    expect(page.requests.filter((url) => !url.startsWith(lab.server.origin) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(lab.server.violations).toEqual([]);
    expect(lab.server.missing).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('one neuron: the merged weights are 3, 2, -2', async () => {
    const page = await lab.open('?lesson=neuron');
    await page.waitFor('a live merge', async () => (await page.attr('column-merged', 'data-source')) === 'live');
    const merged = await Promise.all([1, 2, 3].map((at) => page.text(`weight-merged-${at}`)));
    expect(merged.map(Number)).toEqual([3, 2, -2]);
    expect(lab.server.missing).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
