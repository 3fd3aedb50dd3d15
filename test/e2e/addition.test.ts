import { describe, expect, test } from 'vitest';
import { weightOf } from '../../src/core/recipe/weights';
import { goldenLessons, goldenPrompt } from '../zoo';
import {
  COLUMNS,
  QUESTION,
  columnSources,
  columnTexts,
  goldenTexts,
  mergeOnCommandLine,
  useLab,
  waitForFingerprint,
} from './lab';
import { ENGINES } from './engines';

const lesson = '?lesson=addition';

const { merge, weights } = goldenLessons.addition;
const [chat, zh] = ['chat', 'zh'].map((alias) => weightOf(merge, alias) ?? NaN) as [number, number];

describe.each(ENGINES)('the addition lesson in %s', (engine) => {
  const lab = useLab(engine);

  test('a typed Chinese question gets live answers equal to Python transformers, and weights equal to npm run merge', async () => {
    const page = await lab.open(lesson);
    const expected = goldenTexts();
    await page.fill('prompt', QUESTION);
    // Everything until the first timer is the click's own task.
    const stateAfterClick = await page.evaluate(async () => {
      document.querySelector<HTMLElement>('[data-testid="run"]')?.click();
      for (let i = 0; i < 20; i++) await Promise.resolve();
      return document.querySelector<HTMLElement>('[data-testid="status"]')?.dataset.state;
    }, null);
    expect(stateAfterClick).not.toBe('idle');
    await page.waitForRuns(1);
    expect(await columnSources(page)).toEqual(COLUMNS.map(() => 'live'));
    expect(await columnTexts(page)).toEqual(expected.get(QUESTION));

    const sha256 = await waitForFingerprint(page, ['new', 'match']);
    expect(sha256).toBe(weights);
    const link = await page.attr('share-link', 'href');
    expect((await mergeOnCommandLine(link ?? '')).sha256).toBe(sha256);

    for (const prompt of [goldenPrompt('addition', 'harm_en'), goldenPrompt('addition', 'safe_hans')]) {
      const runs = Number(await page.attr('status', 'data-run'));
      await page.fill('prompt', prompt);
      expect(await columnSources(page)).not.toContain('live');
      await page.click('run');
      await page.waitForRuns(runs + 1);
      expect(await columnTexts(page)).toEqual(expected.get(prompt));
    }
    expect(lab.server.violations).toEqual([]);
    expect(page.requests.filter((url) => !url.startsWith(lab.server.origin) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('sliders and formula are two views of one recipe', async () => {
    const page = await lab.open(lesson);
    const original = await page.value('formula');
    expect([Number(await page.value('slider-chat')), Number(await page.value('slider-zh'))]).toEqual([chat, zh]);
    await page.slide('slider-chat', 0.5);
    await page.waitFor('the formula to follow', async () =>
      (await page.value('formula')).includes('0.5*(chat - base)'),
    );
    expect(await page.attr('column-merged', 'data-source')).toBe('stale');
    await page.fill('formula', original.replace(/[\d.]+\*\(zh/, '0.3*(zh'));
    await page.waitFor('the slider to follow', async () => Number(await page.value('slider-zh')) === 0.3);
    expect(Number(await page.value('slider-chat'))).toBe(chat);
    await page.append('formula', ' + nobody');
    expect(await page.value('formula')).toContain('nobody');
    expect(Number(await page.value('slider-zh'))).toBe(0.3);
    expect(Number(await page.value('slider-chat'))).toBe(chat);
    await page.close();
  });

  test('a moved slider changes the merged column only, and coming back gives the first answer again', async () => {
    const page = await lab.open(lesson);
    await page.click('run');
    await page.waitForRuns(1);
    const before = await columnTexts(page);
    const live = async () =>
      (await page.attr('status', 'data-state')) === 'idle' && (await columnSources(page)).every((s) => s === 'live');
    await page.slide('slider-chat', 0);
    await page.waitFor(
      'the new merged answer',
      async () => (await page.text('column-merged-text')).trim() !== before.merged && (await live()),
    );
    const { merged: _, ...parents } = await columnTexts(page);
    expect(before).toMatchObject(parents);
    await page.slide('slider-chat', chat);
    await page.waitFor(
      'the first answer again',
      async () => (await page.text('column-merged-text')).trim() === before.merged && (await live()),
    );
    await page.close();
  });

  test('cancel stops the run and the next run is complete', async () => {
    const page = await lab.open(lesson);
    await page.click('run');
    await page.waitFor('the run to begin', async () => (await page.attr('status', 'data-state')) !== 'idle');
    await page.click('cancel');
    await page.waitFor('rest', async () => (await page.attr('status', 'data-state')) === 'idle', 10_000);
    expect(await page.attr('status', 'data-run')).toBe('0');
    await page.click('run');
    await page.waitForRuns(1);
    expect(await columnTexts(page)).toEqual(goldenTexts().get(QUESTION));
    await page.close();
  });
});
