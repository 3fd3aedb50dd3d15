import { describe, expect, test } from 'vitest';
import golden from '../golden/analyze/interference.json';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { seriousIssues, useLab } from './lab';

const { vectors: NAMES, total } = golden;
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
const PAIRS = NAMES.flatMap((a, i) =>
  NAMES.slice(i + 1).map((b, k): [string, string, number, number] => [a, b, i, i + 1 + k]),
);

/** The cells of a chart's table, row by row. */
const table = (page: LabPage, id: string): Promise<string[][]> =>
  page.evaluate(
    (selector) =>
      [...document.querySelectorAll(`${selector} tbody tr`)].map((row) =>
        [...row.children].map((cell) => cell.textContent?.trim() ?? ''),
      ),
    `[data-testid="${id}"]`,
  );

const isOpen = (page: LabPage) => page.attr('microscope', 'open').then((open) => open !== null);
const waitForFigures = (page: LabPage) =>
  page.waitFor('the figures', async () => (await page.attr('microscope', 'data-source')) === 'live');

async function look(page: LabPage): Promise<void> {
  // Before that the button may move below the pointer, when the recording comes.
  await page.waitFor('the recorded figures', async () => (await page.attr('microscope', 'data-source')) === 'recorded');
  await page.click('scope-look');
  await waitForFigures(page);
}

describe.each(PANEL_ENGINES)('the microscope in %s', (engine) => {
  const lab = useLab(engine);

  test('is open in the lesson "interference", and its figures are those of NumPy', async () => {
    const page = await lab.open('?lesson=interference&lang=en');
    expect(await isOpen(page)).toBe(true);
    await page.waitFor(
      'the recorded figures',
      async () => (await page.attr('microscope', 'data-source')) === 'recorded',
    );
    expect(page.requests.filter((url) => url.includes('.safetensors'))).toEqual([]);
    const TABLES = ['scope-pairs', 'scope-overlap', 'scope-norms', 'scope-layers'];
    const figures = () => Promise.all(TABLES.map((id) => table(page, id)));
    const recorded = await figures();
    await look(page);
    expect(await figures()).toEqual(recorded);

    expect(await table(page, 'scope-pairs')).toEqual(
      PAIRS.map(([a, b, i, j], at) => {
        const { dot, kept, changed } = total.pairs[at]!;
        const [x, y] = [total.vectors[i]!, total.vectors[j]!];
        return [
          `${a} · ${b}`,
          String(Number((dot / Math.sqrt(x.squares * y.squares)).toFixed(3))),
          percent(kept.opposite / kept.both),
          percent(kept.cancelled / kept.common),
          percent(changed.opposite / changed.both),
          percent(kept.both / (x.kept + y.kept - kept.both)),
          expect.stringMatching(/^\d+\.\d%$/),
        ];
      }),
    );

    const byDegree = [0, 1, 2, 3, 4].map((degree) =>
      total.combinations.reduce(
        (sum, count, which) => sum + (which.toString(2).replaceAll('0', '').length === degree ? count : 0),
        0,
      ),
    );
    const overlap = await table(page, 'scope-overlap');
    expect(overlap.slice(0, 5).map(([, weights, share]) => [weights, share])).toEqual(
      byDegree.map((count) => [count.toLocaleString('en'), percent(count / total.weights)]),
    );
    expect(
      overlap
        .slice(5)
        .map(([, weights]) => weights)
        .sort(),
    ).toEqual(
      total.combinations
        .slice(1)
        .map((count) => count.toLocaleString('en'))
        .sort(),
    );

    const lengths = [
      ...total.vectors.map(({ squares }) => squares),
      total.elected.sumSquares,
      total.elected.meanSquares,
    ];
    expect((await table(page, 'scope-norms')).map(([, length]) => length)).toEqual(
      lengths.map((squares) => Math.sqrt(squares).toFixed(3)),
    );
    expect((await table(page, 'scope-layers')).length).toBe(5);

    const opposite = total.pairs.map(({ kept }) => kept.opposite / kept.both);
    const most = PAIRS[opposite.indexOf(Math.max(...opposite))]!;
    const words = await page.text('scope-words');
    expect(words).toContain(`Most at odds are ${most[0]} and ${most[1]}`);
    expect(words).toContain(`${Math.round(100 * Math.max(...opposite))}%`);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('follows the recipe: stale at once, then compared again; another tensor is drawn when it is chosen', async () => {
    const page = await lab.open('?lesson=interference&lang=en');
    await look(page);
    const before = await table(page, 'scope-norms');
    await page.slide('slider-list', 0.5);
    await page.waitFor('an old picture', async () => (await page.attr('microscope', 'data-source')) === 'stale');
    await waitForFigures(page);
    const after = await table(page, 'scope-norms');
    expect(after.slice(0, 4).map(([, length]) => length)).toEqual(before.slice(0, 4).map(([, length]) => length));
    expect(Number(after[4]?.[1])).toBeLessThan(Number(before[4]?.[1]));

    const drawn = () => page.evaluate(() => document.querySelector('.sign-map')?.getAttribute('aria-label'), null);
    const first = await drawn();
    await page.select('scope-tensor', 'model.layers.0.mlp.up_proj.weight');
    await page.waitFor('another tensor', async () => (await drawn()) !== first);
    await page.close();
  });

  test('is closed elsewhere, opens by keyboard, and compares any two vectors', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    expect(await isOpen(page)).toBe(false);
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="microscope"] summary')?.focus(), null);
    await page.press('Enter');
    expect(await isOpen(page)).toBe(true);
    await page.waitFor('its button', () => page.exists('scope-look'));
    await page.press('Tab');
    await page.press('Enter');
    await waitForFigures(page);
    expect((await table(page, 'scope-pairs')).length).toBe(1);
    expect(await page.text('scope-words')).toContain('20%');
    await page.close();
  });

  test('brushed layers become the recipe, and are taken back; a tensor is seen side by side', async () => {
    const page = await lab.open('?lesson=interference&lang=en');
    await look(page);
    const before = await table(page, 'scope-norms');
    const merged = async () => (await table(page, 'scope-norms'))[4]?.[1];
    await page.evaluate(
      (id) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)?.focus(),
      'scope-brush-to',
    );
    for (const key of ['ArrowLeft', 'ArrowLeft']) await page.press(key);
    await page.click('scope-only');
    await page.waitFor('the brushed recipe', () => page.exists('scope-all'));
    expect(await page.text('microscope')).toContain('merges only these: Layers 0 to 1');
    await waitForFigures(page);
    expect(Number(await merged())).toBeLessThan(Number(before[4]?.[1]));
    expect(await page.value('formula')).not.toBe('');

    await page.waitFor('the tensor', async () => (await page.attr('scope-side', 'data-source')) === 'live');
    await page.fill('scope-side-filter', 'layers.3.mlp.up');
    await page.select('scope-side-second', 'merged');
    const stats = () => table(page, 'scope-side-table');
    await page.waitFor('its numbers', async () => (await stats()).at(-1)?.[0] === 'merged − base');
    // Of the third layer nothing is merged any more; what was brushed away is as in the base.
    expect((await stats()).at(-1)?.slice(1)).toEqual(['0', '0', '0', '0']);
    const first = (await stats())[2]!;
    const norms = await table(page, 'scope-tensors');
    const row = norms.find(([name]) => name === 'model.layers.3.mlp.up_proj.weight')!;
    expect(Number(first.at(-1))).toBeCloseTo(Number(row[2]), 2);

    await page.click('scope-all');
    await page.waitFor('all layers', async () => !(await page.exists('scope-all')));
    await page.waitFor('their numbers', async () => Number((await stats()).at(-1)?.at(-1)) > 0);
    await waitForFigures(page);
    expect(await merged()).toBe(before[4]?.[1]);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('says whether models have a common ancestor, and what TIES does to their vectors', async () => {
    const page = await lab.open('?lesson=interference&lang=en');
    await look(page);
    await page.waitFor('the verdict', async () => (await page.attr('scope-kin', 'data-source')) === 'live');
    const verdicts = await page.text('scope-kin');
    NAMES.forEach((name, k) => {
      expect(verdicts).toContain(`${name}: yes: a common ancestor`);
      expect(verdicts).toContain(String(Number(golden.kin[k]!.relative.toPrecision(3))));
    });
    await page.waitFor('the passage', async () => (await page.attr('scope-passage', 'data-source')) === 'live');
    const passage = await table(page, 'scope-passage-table');
    expect(passage.map(([name, before, , kept]) => [name, before, kept])).toEqual(
      NAMES.map((name, k) => [
        name,
        Math.sqrt(total.vectors[k]!.squares).toFixed(3),
        percent(total.vectors[k]!.kept / total.vectors[k]!.changed),
      ]),
    );
    const rounding = await table(page, 'scope-rounding');
    expect(rounding[1]).toEqual([
      NAMES[0],
      'bfloat16',
      percent(Math.sqrt(golden.fine[0]!.rounding.BF16.lost / golden.fine[0]!.rounding.BF16.squares)),
      percent(golden.fine[0]!.rounding.BF16.vanished / golden.fine[0]!.rounding.BF16.changed),
    ]);
    await page.close();
  });

  test('says so where there is nothing to compare', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.click('microscope');
    await page.waitFor('its button', () => page.exists('scope-look'));
    await page.fill('formula', 'base + 1.0*(chat - base)');
    await page.waitFor('its remark', async () => (await page.text('microscope')).includes('none to compare'));
    expect(await page.exists('scope-look')).toBe(false);
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core on the microscope', () => {
  const lab = useLab('chromium');

  test.each(['light', 'dark'] as const)('finds nothing serious in an old picture: %s', async (theme) => {
    const page = await lab.open('?lesson=interference&lang=en');
    await page.emulate(theme);
    await page.waitFor('the recorded figures', () => page.exists('scope-words'));
    await page.fill('formula', 'base + 0.5*(repeat - base) + 0.5*(list - base)');
    await page.waitFor('an old picture', async () => (await page.attr('microscope', 'data-source')) === 'stale');
    expect(await page.exists('scope-words')).toBe(true);
    // Answers that are stale too are the business of their own tests.
    await page.evaluate(() => document.querySelector('.outputs')?.remove(), null);
    expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });

  // axe reads every cell of every table: one language a theme is enough for each landing.
  const LANGUAGES = process.env.TEST_ALL ? ['en', 'zh-Hant', 'zh-Hans'] : [];
  test.each([
    ['light', 'en'],
    ['dark', 'zh-Hant'],
  ] as const)('finds nothing serious, and nothing is wider than a phone: %s', async (theme, one) => {
    for (const lang of new Set([one, ...LANGUAGES])) {
      const page = await lab.open(`?lesson=interference&lang=${lang}`);
      await page.emulate(theme);
      await look(page);
      for (const id of ['scope-kin', 'scope-side', 'scope-passage'])
        await page.waitFor(id, async () => (await page.attr(id, 'data-source')) === 'live');
      await page.evaluate((long) => {
        for (const one of document.querySelectorAll<HTMLDetailsElement>('.scope-table'))
          one.open = one.querySelectorAll('td').length < long;
      }, 300);
      expect(await seriousIssues(page), lang).toEqual([]);
      await page.resize(390, 844);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth, null),
        lang,
      ).toBeLessThanOrEqual(0);
      await page.close();
    }
  });
});
