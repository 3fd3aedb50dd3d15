import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Rate } from '../../src/core/probe/rates';
import divergence from '../golden/text/divergence.json';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { COLUMNS, columnTexts, goldenTexts, QUESTION, seriousIssues, useLab } from './lab';

const recorded = JSON.parse(readFileSync('public/zoo/recorded/addition.json', 'utf8')) as {
  rates: Record<string, Record<string, Rate>>;
};
const figures = (alias: string): string[] =>
  Object.values(recorded.rates[alias] ?? {}).map(({ k, n }) => `${k} of ${n}`);

const cells = (page: LabPage, alias: string) =>
  page.evaluate(
    (start) =>
      [...document.querySelectorAll<HTMLElement>(`[data-testid^="${start}"]`)].map((cell) => ({
        text: cell.querySelector('strong')?.textContent ?? '',
        source: cell.dataset.source,
      })),
    `rate-${alias}-`,
  );
const openTour = '?lesson=addition&lang=en';

/** Leaves the lesson, so that nothing is covered, and runs. */
async function runFreely(page: LabPage): Promise<void> {
  await page.click('tour-leave');
  await page.click('run');
  await page.waitForRuns(1);
}
const kl = async (page: LabPage, alias: string): Promise<number[]> => {
  const rows = await page.evaluate(
    (selector) =>
      [...document.querySelectorAll(`${selector} tbody tr`)].map((row) => row.lastElementChild?.textContent ?? ''),
    `[data-testid="strip-${alias}"]`,
  );
  return rows.map((nats) => (nats.startsWith('<') ? 0 : Number(nats)));
};
const isLive = (page: LabPage, alias: string) => async () =>
  (await page.attr(`ablation-${alias}`, 'data-source')) === 'live';

describe.each(PANEL_ENGINES)('the answers and what is known of them, in %s', (engine) => {
  const lab = useLab(engine);

  test('rates stand in one table, each figure with its source, and the first one in words', async () => {
    const page = await lab.open(openTour);
    await page.waitFor(
      'the recorded rates',
      async () => (await page.attr('rates-merged', 'data-source')) === 'recorded',
    );
    for (const alias of COLUMNS) {
      expect(await page.attr(`rates-${alias}`, 'data-source'), alias).toBe('recorded');
      const shown = await cells(page, alias);
      expect(shown.map(({ text }) => text).sort()).toEqual(figures(alias).sort());
      expect(shown.every(({ source }) => source === 'recorded')).toBe(true);
    }
    const [headline] = await cells(page, 'merged');
    expect(await page.text('rates-headline')).toBe(
      `merged refuses in Chinese: ${headline!.text} harmful questions in Chinese`,
    );

    await page.slide('slider-chat', 0.5);
    await page.waitFor(
      'figures of other weights',
      async () => (await page.attr('rates-merged', 'data-source')) === 'stale',
    );
    expect((await cells(page, 'merged')).every(({ source }) => source === 'stale')).toBe(true);
    expect((await cells(page, 'chat')).every(({ source }) => source === 'recorded')).toBe(true);
    expect(await page.text('rates-headline')).toBe('');

    await page.resize(390, 844);
    await page.waitFor(
      'cards',
      async () => (await page.evaluate(() => document.querySelectorAll('.rates-card').length, null)) > 0,
    );
    expect((await cells(page, 'chat')).map(({ text }) => text).sort()).toEqual(figures('chat').sort());
    await page.close();
  });

  test('any column can be counted, and counting can be stopped', async () => {
    const page = await lab.open(openTour);
    await page.waitFor(
      'the recorded rates',
      async () => (await page.attr('rates-merged', 'data-source')) === 'recorded',
    );
    expect(await page.text('counted')).toBe('5,145 answers');
    await page.click('measure-zh');
    await page.waitFor('how long it takes', async () => /about .+ left$/.test(await page.text('counting')));
    await page.waitFor('answers', async () => /^zh: [1-9]/.test(await page.text('counting')));
    await page.click('count-cancel');
    await page.waitFor('rest', async () => (await page.attr('status', 'data-state')) === 'idle');
    expect(await page.exists('counting')).toBe(false);
    expect(await page.text('counted')).toBe('Stopped. Columns that were finished are kept.');
    expect((await cells(page, 'zh')).every(({ source }) => source === 'recorded')).toBe(true);
    await page.close();
  });

  test('a step counts what it claims; the figures of now stand beside the recorded ones, each saying which it is', async () => {
    const page = await lab.open(`${openTour}&step=6`);
    await page.waitFor('the claims', () => page.exists('tour-count'));
    await page.click('tour-count');
    for (const at of [1, 2, 3])
      await page.waitFor(
        `claim ${at}`,
        async () =>
          (await page.attr(`check-${at}`, 'data-source')) === 'live' &&
          (await page.attr(`check-${at}`, 'data-state')) === 'holds',
        120_000,
      );
    expect(await page.exists('tour-count')).toBe(false);
    const merged = await cells(page, 'merged');
    expect(merged.map(({ source }) => source).sort()).toEqual(
      [...Array<string>(5).fill('recorded'), 'live', 'live'].sort(),
    );
    // What is counted here is what was recorded.
    expect(merged.map(({ text }) => text).sort()).toEqual(figures('merged').sort());
    expect(await page.text('rate-merged-1')).toContain('counted here: as recorded');
    expect(await page.text('counted')).toMatch(/^Counted here: [\d,]+ answers, the same as recorded\.$/);
    expect(await page.text('rate-merged-2')).toContain('recorded');
    expect(await page.text('rate-zh-1')).not.toContain('recorded');
    await page.close();
  });

  test('counting goes on when the step is left; a counted column says so, and its figures are those recorded', async () => {
    const page = await lab.open(`${openTour}&step=6`);
    await page.waitFor(
      'the recorded rates',
      async () => (await page.attr('rates-naive', 'data-source')) === 'recorded',
    );
    await page.click('measure-naive');
    await page.waitFor('answers', async () => /^naive: [1-9]/.test(await page.text('counting')));
    await page.click('tour-back');
    await page.waitForRuns(1);
    await page.waitFor(
      'the end of it',
      async () => (await page.attr('rates-naive', 'data-source')) === 'live',
      120_000,
    );
    expect(await page.text('rates-naive')).toContain('✓ counted here: as recorded');
    expect(await page.text('counted')).toBe('Counted here: 1,029 answers, the same as recorded.');
    expect((await cells(page, 'naive')).map(({ text }) => text).sort()).toEqual(figures('naive').sort());
    await page.close();
  });

  test('after a run each token tells how far it is from the base, as torch has it; a cell leads to its token', async () => {
    const page = await lab.open(openTour);
    await runFreely(page);
    const golden = divergence.lessons.addition.prompts.find(({ prompt }) => prompt === QUESTION)!.columns;
    await page.waitFor('the figures of all columns', async () =>
      /nats from base/.test(await page.text('strip-merged')),
    );
    await page.click('strip-table-merged');
    for (const alias of ['chat', 'zh', 'merged'] as const) {
      const found = await kl(page, alias);
      expect(found.length).toBe(golden[alias].kl.length);
      for (const [i, nats] of golden[alias].kl.entries())
        expect(Math.abs(found[i]! - nats), `${alias} ${i}`).toBeLessThan(0.011);
    }
    expect(await page.text('strip-base')).not.toContain('nats');

    await page.evaluate(() => {
      const strip = document.querySelector('[data-testid="strip-merged"] svg')!;
      const { right, top } = strip.getBoundingClientRect();
      strip.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: right - 2, clientY: top + 2 }));
    }, null);
    const last = golden.merged.kl.length;
    await page.waitFor('the last token', async () =>
      (await page.text('column-merged')).includes(`Token ${last}: five`),
    );
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('the merge without each of its terms is asked while the bench rests; a term can be taken out', async () => {
    const page = await lab.open(openTour);
    expect(await page.exists('ablation')).toBe(false);
    await runFreely(page);
    for (const alias of ['chat', 'zh']) await page.waitFor(`the answer without ${alias}`, isLive(page, alias));
    const golden = goldenTexts().get(QUESTION)!;
    // Without chat what is left is zh, at its own weight of 1.
    expect(await page.text('ablation-chat')).toContain(golden.zh);
    expect(await page.text('ablation-zh')).not.toContain(golden.merged);
    // The merged column kept its own model meanwhile.
    expect((await columnTexts(page)).merged).toBe(golden.merged);
    expect(await page.attr('status', 'data-run')).toBe('1');

    const without = await page.text('ablation-zh');
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="ablation-zh"] button')?.click(), null);
    await page.waitFor('the merge without zh', async () => Number(await page.value('slider-zh')) === 0);
    await page.waitFor('its answer', async () => (await page.attr('column-merged', 'data-source')) === 'live');
    const said = (await columnTexts(page)).merged!;
    expect(said).not.toBe(golden.merged);
    expect(without).toContain(said);
    await page.waitFor('the list without zh', async () => !(await page.exists('ablation-zh')));
    await page.waitFor('the answer without chat', isLive(page, 'chat'));
    expect(await page.text('ablation-chat')).toContain(golden.base);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('what is asked to be guessed is nowhere to be read', async () => {
    const page = await lab.open(`${openTour}&step=2`);
    await page.waitFor('the question', () => page.exists('guess-teaches'));
    await page.waitFor('the parents', async () => (await page.attr('column-zh', 'data-source')) === 'recorded');
    expect((await columnTexts(page, ['merged'])).merged).toBe('');
    expect(await page.text('column-merged')).toContain('Covered until you guess.');
    expect(await page.exists('strip-merged')).toBe(false);
    expect(await page.exists('ablation')).toBe(false);
    expect(await cells(page, 'merged')).toEqual([]);
    await page.click('guess-teaches');
    // What merged said before is not the answer: it is covered until the bench moves.
    expect(await page.text('column-merged')).toContain('Covered until it moves.');
    expect(await cells(page, 'merged')).toEqual([]);
    await page.click('tour-do');
    await page.waitFor('the answer', async () => (await columnTexts(page, ['merged'])).merged !== '');
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core on the answers and what is known of them', () => {
  const lab = useLab('chromium');

  test.each(['light', 'dark'] as const)('finds nothing serious while live and while out of date: %s', async (theme) => {
    const page = await lab.open(openTour);
    await page.emulate(theme);
    await runFreely(page);
    await page.waitFor('the answers without each term', isLive(page, 'zh'));
    await page.click('strip-table-merged');
    expect(await seriousIssues(page)).toEqual([]);
    await page.fill('prompt', 'where is the cat?');
    await page.waitFor('stale columns', async () => (await page.attr('column-merged', 'data-source')) === 'stale');
    expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });
});
