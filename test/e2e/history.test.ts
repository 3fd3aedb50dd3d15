import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { PANEL_ENGINES } from './engines';
import { columnSources, columnTexts, goldenTexts, QUESTION, seriousIssues, useLab } from './lab';

/** Waits until the merged column has answered for the sliders of now. */
const mergedIsLive = (page: LabPage): Promise<void> =>
  page.waitFor(
    'a live merged column',
    async () =>
      (await page.attr('column-merged', 'data-source')) === 'live' &&
      (await page.attr('status', 'data-state')) === 'idle',
  );
const dots = async (page: LabPage): Promise<number> => (await page.testIds('dot-')).length;
const merged = (page: LabPage): Promise<string> => page.text('column-merged-text');

async function ran(page: LabPage): Promise<void> {
  await page.click('run');
  await page.waitForRuns(1);
  await mergedIsLive(page);
  await page.waitFor('a dot', async () => (await dots(page)) === 1);
}

/** Moves a slider, and waits until the run that follows it has become a dot of its own. */
async function slideTo(page: LabPage, id: string, value: number): Promise<void> {
  const before = await dots(page);
  await page.slide(id, value);
  await page.waitFor(`the run at ${value}`, async () => (await dots(page)) === before + 1);
  await mergedIsLive(page);
}

describe.each(PANEL_ENGINES)('what was tried, in %s', (engine) => {
  const lab = useLab(engine);

  test('undo takes a slider back with its answer, redo brings it again; a text field keeps its own undo', async () => {
    const page = await lab.open('?lesson=addition');
    await ran(page);
    const formula = await page.value('formula');
    const golden = goldenTexts().get(QUESTION)!.merged!;
    expect(await merged(page)).toBe(golden);
    await slideTo(page, 'slider-zh', 0);
    const moved = await merged(page);
    expect(moved).not.toBe(golden);
    expect(await page.attr('undo', 'title')).toContain('zh');

    await page.click('column-merged');
    await page.press('Control+z');
    await page.waitFor('the formula of before', async () => (await page.value('formula')) === formula);
    expect(await merged(page)).toBe(golden);
    expect(await page.attr('column-merged', 'data-source')).toBe('live');
    await page.waitFor('the lesson’s address', () => page.evaluate(() => location.hash === '', null));

    await page.press('Control+y');
    await page.waitFor('the answer of the slider', async () => (await merged(page)) === moved);
    await page.click('undo');
    await page.waitFor('the formula of before', async () => (await page.value('formula')) === formula);
    await page.click('redo');
    await page.waitFor('the answer of the slider', async () => (await merged(page)) === moved);

    await page.append('prompt', 'abc');
    const typed = await page.value('formula');
    await page.press('Control+z');
    expect(await page.value('formula')).toBe(typed);
    expect(page.errors.filter((error) => !error.includes('404'))).toEqual([]);
    await page.close();
  });

  test('a dot brings its run back with every answer at once', async () => {
    const page = await lab.open('?lesson=addition');
    await ran(page);
    const before = await columnTexts(page);
    await slideTo(page, 'slider-zh', 0.2);
    await slideTo(page, 'slider-chat', -0.5);
    expect(await page.attr('dot-3', 'aria-current')).toBe('true');
    const runs = await page.attr('status', 'data-run');
    await page.click('dot-1');
    await page.waitFor('the first run', async () => (await page.attr('dot-1', 'aria-current')) === 'true');
    expect(await columnTexts(page)).toEqual(before);
    expect(new Set(await columnSources(page))).toEqual(new Set(['live']));
    expect(await page.attr('status', 'data-run')).toBe(runs);
    await page.press('ArrowRight');
    await page.press('Enter');
    await page.waitFor('the second run', async () => (await page.attr('dot-2', 'aria-current')) === 'true');
    expect(await page.value('formula')).toContain('0.2*(zh - base)');
    await page.click('undo');
    await page.waitFor('the first run again', async () => (await page.attr('dot-1', 'aria-current')) === 'true');
    await page.click('history-table');
    await page.waitFor('the table', () =>
      page.evaluate(() => document.querySelectorAll('.run-table tbody tr').length === 3, null),
    );
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });

  test('a pinned answer stays beside the live ones, marked where they part', async () => {
    const page = await lab.open('?lesson=addition');
    await ran(page);
    const golden = await merged(page);
    await page.click('pin');
    await page.waitFor('the pinned column', () => page.exists('column-pinned-1'));
    await slideTo(page, 'slider-zh', 0);
    expect(await merged(page)).not.toBe(golden);
    expect((await page.text('column-pinned-1-text')).trim()).toBe(golden.trim());
    expect(await page.attr('column-pinned-1', 'data-source')).toBe('live');
    const marked = await page.evaluate(
      () => document.querySelector('[data-testid="column-pinned-1-text"] .split')?.textContent ?? '',
      null,
    );
    expect(golden.startsWith(marked) && marked !== '').toBe(true);
    await page.click('pin');
    await page.waitFor('the second pin', () => page.exists('column-pinned-2'));
    expect(await page.attr('pin', 'disabled')).not.toBeNull();
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);
    await page.fill('prompt', 'another question');
    await page.waitFor(
      'a pin out of date',
      async () => (await page.attr('column-pinned-1', 'data-source')) === 'stale',
    );
    await page.click('unpin-2');
    await page.click('unpin-1');
    expect(await page.exists('column-pinned-1')).toBe(false);
    await page.close();
  });

  test('tries, pins and ticks outlive the projector; another lesson shows its own, and says what a letter means', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await ran(page);
    await slideTo(page, 'slider-zh', 0.2);
    expect(await page.text('history')).toContain('same letter = same answer');
    await page.click('pin');
    const ticked = async () => (await page.attr('tour-step-1', 'aria-label'))?.endsWith(', seen');
    await page.waitFor('the tick', async () => (await ticked()) === true);
    const tried = await page.testIds('dot-');
    const view = (wanted: string | null) => async () =>
      (await page.evaluate(() => new URL(location.href).searchParams.get('view'), null)) === wanted &&
      (await page.exists('tour'));
    await page.press('p');
    await page.waitFor('the projector', view('present'), 20_000);
    await page.click('present-exit');
    await page.waitFor('the bench', view(null), 20_000);
    await page.waitFor('the dots', async () => (await dots(page)) === tried.length);
    expect(await ticked()).toBe(true);
    await page.waitFor('the pin', () => page.exists('column-pinned-1'));

    await page.click('lesson-subtraction');
    await page.waitFor('the other lesson', async () => (await page.value('formula')).includes('rude'));
    expect(await dots(page)).toBe(0);
    await page.click('lesson-addition');
    await page.waitFor('its dots again', async () => (await dots(page)) === tried.length);
    await page.close();
  });

  test('the last session is offered on a plain visit and restored by one click; declined, it does not come back', async () => {
    const page = await lab.open('?lesson=addition');
    await ran(page);
    await slideTo(page, 'slider-zh', 0.35);
    const mine = await merged(page);
    const link = await page.evaluate(() => location.href, null);
    await new Promise((resolve) => setTimeout(resolve, 1500));

    await page.open(new URL(`?${engine}`, lab.server.url).href);
    await page.waitFor('the offer', () => page.exists('session'));
    expect(await page.value('formula')).not.toContain('0.35');
    await page.click('session-restore');
    await page.waitFor('the slider of before', async () => (await page.value('formula')).includes('0.35*(zh - base)'));
    expect(await page.exists('session')).toBe(false);
    expect(await merged(page)).toBe(mine);
    expect(await dots(page)).toBe(2);
    await mergedIsLive(page);
    expect(await merged(page)).toBe(mine);

    await page.open(new URL(`?lesson=addition&${engine}`, lab.server.url).href);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await page.exists('session')).toBe(false);
    await page.open(new URL(`?${engine}2`, lab.server.url).href);
    await page.waitFor('the offer', () => page.exists('session'));
    await page.click('session-dismiss');
    await page.open(new URL(`?${engine}3`, lab.server.url).href);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await page.exists('session')).toBe(false);
    expect(link).toContain('#1.');
    await page.close();
  });
});
