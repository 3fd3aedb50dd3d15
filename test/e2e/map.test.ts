import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { PANEL_ENGINES } from './engines';
import { columnTexts, seriousIssues, useLab } from './lab';

/** Opens the map, small, so that it is soon full. */
async function unfold(page: LabPage, size = 5): Promise<void> {
  await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="map"] > summary')!.click(), null);
  await page.waitFor('the map', () => page.exists('map-size'));
  await page.select('map-size', String(size));
}
const state = (page: LabPage): Promise<string | undefined> =>
  page.evaluate(() => document.querySelector<HTMLElement>('.map-body')?.dataset['state'], null);
const full = (page: LabPage): Promise<void> => page.waitFor('a full map', async () => (await state(page)) === 'full');
/** Shares by column and row, and the same from the table. */
const shares = (page: LabPage): Promise<{ cells: (string | null)[]; table: (string | null)[] }> =>
  page.evaluate(() => {
    const cells = [...document.querySelectorAll('[role="gridcell"]')].map((cell) => {
      const [, , column, row] = cell.getAttribute('data-testid')!.split('-').map(Number);
      return { at: row! * 1000 + column!, share: cell.getAttribute('data-share') };
    });
    const table = [...document.querySelectorAll('[data-testid="map-table"] td[data-share]')];
    return {
      cells: cells.sort((a, b) => a.at - b.at).map(({ share }) => share),
      table: table.map((cell) => cell.getAttribute('data-share')),
    };
  }, null);

describe.each(PANEL_ENGINES)('the map, in %s', (engine) => {
  const lab = useLab(engine);

  test('fills by itself, is the same as a table and a CSV, and goes where it is clicked', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.click('tour-leave');
    await page.click('run');
    await page.waitForRuns(1);
    await unfold(page);
    await full(page);

    await page.evaluate(() => document.querySelector<HTMLElement>('.map-table > summary')!.click(), null);
    await page.waitFor('the table', () => page.exists('map-table'));
    const { cells, table } = await shares(page);
    expect(cells).toHaveLength(25);
    expect(table).toEqual(cells);
    // Neither vector, one, the other, both: only both begin to refuse in Chinese.
    const at = (column: number, row: number): number => Number(cells[row * 5 + column]);
    expect([at(0, 0), at(0, 2), at(4, 0)].every((share) => share < 0.2)).toBe(true);
    expect(at(2, 2)).toBeGreaterThan(0.6);

    const csv = await page.evaluate(async () => {
      const make = URL.createObjectURL.bind(URL);
      const blob = new Promise<Blob>((resolve) => {
        URL.createObjectURL = (of: Blob) => (resolve(of), make(of));
      });
      document.querySelector<HTMLElement>('[data-testid="map-csv"]')!.click();
      return (await blob).text();
    }, null);
    const lines = csv.replace('\ufeff', '').trim().split('\r\n');
    expect(lines).toHaveLength(26);
    expect(lines[0]).toContain('weight/chat,weight/zh,addition-dev/harmful/zh/refuses_zh first token');
    expect(lines.slice(1).map((line) => line.split(',')[2])).toEqual(cells);

    // By click, and by keyboard.
    await page.click('map-cell-0-2');
    await page.waitFor('the slider', async () => (await page.value('slider-chat')) === '0');
    expect(await page.value('formula')).toMatch(/1\.0\*\(zh - base\)$/);
    await page.evaluate(() => document.querySelector<SVGSVGElement>('[data-testid="map-chart"]')!.focus(), null);
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowUp']) await page.press(key);
    const told = await page.text('map-told');
    expect(told).toMatch(/chat 1, weight · zh 1\.5/);
    await page.press('Enter');
    await page.waitFor('the sliders', async () => (await page.value('slider-zh')) === '1.5');
    expect(await page.value('slider-chat')).toBe('1');
    // What the map says of a point is what the bench says there.
    await page.waitFor('the answer', async () => (await page.attr('column-merged', 'data-source')) === 'live');
    await page.waitFor('the end', async () => (await page.attr('status', 'data-state')) === 'idle');
    const merged = (await columnTexts(page, ['merged']))['merged']!;
    expect(told).toContain(`“${merged.trim()}”`);
    expect(await state(page)).toBe('full');
    expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });

  test('a merge that is no sum is filled when asked for, and stops', async () => {
    const page = await lab.open('?lesson=interference&lang=en');
    await page.click('tour-leave');
    await unfold(page);
    expect(await page.exists('map-slow')).toBe(true);
    expect(await page.value('map-x')).toBe('weight/repeat');
    expect(await page.value('map-y')).toBe('density');
    await page.click('map-fill');
    const known = (): Promise<number> =>
      page.evaluate(() => Number(document.querySelector<HTMLElement>('.map-body')!.dataset['known']), null);
    await page.waitFor('some points', async () => (await known()) >= 2);
    await page.click('map-pause');
    const before = await known();
    expect(await state(page)).toBe('part');
    expect(before).toBeLessThan(25);
    await page.close();
  });
});
