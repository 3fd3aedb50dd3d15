import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ENGINES, PANEL_ENGINES } from './engines';
import { columnSources, columnTexts, goldenTexts, QUESTION, seriousIssues, useLab } from './lab';

const EMBED = '?view=embed&lesson=addition&lang=en';
const COLUMNS = ['chat', 'zh', 'merged'];
/** What is large: model weights and the runtime. */
const heavy = (requests: readonly string[]) => requests.filter((url) => /\.(safetensors|wasm)/.test(url));

describe.each(PANEL_ENGINES)('the embedded panel in %s', (engine) => {
  const lab = useLab(engine);

  test('shows what was recorded at once, downloads no model by itself, and runs on a click', async () => {
    const page = await lab.open(EMBED);
    const golden = goldenTexts().get(QUESTION)!;
    expect(await columnSources(page, COLUMNS)).toEqual(['recorded', 'recorded', 'recorded']);
    expect(await columnTexts(page, COLUMNS)).toEqual(
      Object.fromEntries(COLUMNS.map((alias) => [alias, golden[alias]])),
    );
    expect(await page.exists('column-naive')).toBe(false);
    // Longer than the bench waits before it keeps itself on the device.
    await new Promise((resolve) => setTimeout(resolve, 4500));
    expect(heavy(page.requests)).toEqual([]);
    await page.click('run');
    await page.waitForRuns(1);
    expect(await columnSources(page, COLUMNS)).toEqual(['live', 'live', 'live']);
    expect(await columnTexts(page, COLUMNS)).toEqual(
      Object.fromEntries(COLUMNS.map((alias) => [alias, golden[alias]])),
    );
    expect(heavy(page.requests).length).toBeGreaterThan(0);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('a slider moved before a run shows what was recorded there, by keyboard, and loads nothing', async () => {
    const page = await lab.open(`${EMBED}&columns=zh,merged`);
    const address = await page.evaluate(() => location.href, null);
    const history = await page.evaluate(() => window.history.length, null);
    await page.tabTo('slider-chat');
    await page.press('Home');
    expect(await page.attr('column-merged', 'data-source')).toBe('stale');
    for (let i = 0; i < 40; i++) await page.press('ArrowRight');
    expect(Number(await page.value('slider-chat'))).toBe(0);
    await page.waitFor(
      'the recorded answer',
      async () => (await page.attr('column-merged', 'data-source')) === 'recorded',
    );
    const texts = await columnTexts(page, ['zh', 'merged']);
    expect(texts.merged).toBe(texts.zh);
    expect(heavy(page.requests)).toEqual([]);
    expect(await page.evaluate(() => [location.href, window.history.length] as const, null)).toEqual([
      address,
      history,
    ]);
    await page.waitFor('a link to this bench', async () => /#1\./.test((await page.attr('embed-open', 'href')) ?? ''));
    const bench = await lab.open((await page.attr('embed-open', 'href'))!);
    await bench.waitForRuns(1);
    expect(Number(await bench.value('slider-chat'))).toBe(0);
    expect(await bench.exists('lesson-addition')).toBe(true);
    await bench.close();
    await page.close();
  });

  test('opens a link’s recipe with what was recorded of the same bench, and runs it only when asked', async () => {
    const source = await lab.open('?lesson=addition&lang=en');
    await source.waitFor('the link', async () => /#1\./.test((await source.attr('share-link', 'href')) ?? ''));
    await source.click('share-embed');
    await source.waitFor('the snippet', () => source.exists('snippet'));
    const link = new URL((await source.attr('share-link', 'href'))!);
    await source.close();
    const page = await lab.open(`?view=embed&lang=en&columns=naive,merged${link.hash}`);
    await page.waitFor('recorded answers', async () =>
      (await columnSources(page, ['naive', 'merged'])).every((one) => one === 'recorded'),
    );
    expect((await columnTexts(page, ['merged'])).merged).toBe(goldenTexts().get(QUESTION)!.merged);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(heavy(page.requests)).toEqual([]);
    await page.close();
  });

  test('fits 600 x 400 and 360 px', async () => {
    const page = await lab.open(EMBED);
    for (const [width, height] of [
      [600, 400],
      [360, 640],
    ] as const) {
      await page.resize(width, height);
      const [scrollWidth, scrollHeight] = await page.evaluate(
        () => [document.documentElement.scrollWidth, document.documentElement.scrollHeight] as const,
        null,
      );
      expect(scrollWidth, String(width)).toBeLessThanOrEqual(width);
      expect(scrollHeight, String(width)).toBeLessThanOrEqual(height);
    }
    await page.close();
  });

  test('the copied snippet works in another site’s page: no focus taken, no history written, no model fetched', async () => {
    const source = await lab.open('?lesson=addition&step=2&lang=en');
    await source.click('share-embed');
    await source.waitFor('the snippet', () => source.exists('snippet'));
    const html = await source.value('snippet');
    await source.close();
    expect(html).toContain('title="Merge Lab: Take one arrow away"');
    const site = createServer((_, response) =>
      response
        .writeHead(200, { 'Content-Type': 'text/html' })
        .end(`<!doctype html><title>article</title><input data-testid="article">${html}`),
    );
    await new Promise<void>((ready) => site.listen(0, '127.0.0.1', ready));
    const page = await lab.open('?view=embed&lang=en');
    const before = page.requests.length;
    await page.open(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`, 'article');
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="article"]')?.focus(), null);
    const history = await page.evaluate(() => window.history.length, null);
    const asked = () => page.requests.slice(before);
    await page.waitFor('the panel in the frame', () =>
      Promise.resolve(asked().some((url) => url.includes('zoo/recorded/addition-steps.json'))),
    );
    await new Promise((resolve) => setTimeout(resolve, 4500));
    expect(heavy(asked())).toEqual([]);
    expect(await page.focusedId()).toBe('article');
    expect(await page.evaluate(() => window.history.length, null)).toBe(history);
    expect(page.errors).toEqual([]);
    await page.close();
    await new Promise((closed) => site.close(closed));
  });
});

describe.runIf(ENGINES.includes('chromium'))('accessibility of the embedded panel', () => {
  const lab = useLab('chromium');

  test.each(['light', 'dark'] as const)('has no serious findings in %s, nor has the snippet', async (theme) => {
    const page = await lab.open(EMBED);
    await page.emulate(theme);
    await page.resize(600, 400);
    expect(await seriousIssues(page)).toEqual([]);
    await page.close();
    const bench = await lab.open('?lesson=addition&lang=en');
    await bench.emulate(theme);
    await bench.click('share-embed');
    await bench.waitFor('the snippet', () => bench.exists('snippet'));
    expect(await seriousIssues(bench)).toEqual([]);
    await bench.close();
  });
});
