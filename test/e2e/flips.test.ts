import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { columnTexts, seriousIssues, useLab } from './lab';

const openTour = '?lesson=addition&lang=en';

interface Chip {
  at: string;
  name: string;
  height: number;
}
const chips = (page: LabPage, alias: string): Promise<Chip[]> =>
  page.evaluate(
    (selector) =>
      [...document.querySelectorAll<HTMLButtonElement>(`${selector} button`)].map((button) => ({
        at: button.textContent ?? '',
        name: button.ariaLabel ?? button.getAttribute('aria-label') ?? '',
        height: button.getBoundingClientRect().height,
      })),
    `[data-testid="flips-${alias}"]`,
  );
const press = (page: LabPage, alias: string, at: number) =>
  page.evaluate(([selector, nth]) => document.querySelectorAll<HTMLButtonElement>(`${selector} button`)[nth]!.click(), [
    `[data-testid="flips-${alias}"]`,
    at,
  ] as const);
const found = (page: LabPage, alias: string) =>
  page.waitFor(
    `the flip points of ${alias}`,
    async () => (await page.attr(`flips-${alias}`, 'data-source')) === 'live',
  );
/** Both answers as the button's name tells them: before it is pressed, and after. */
const promise = ({ name }: Chip): string[] => [...name.matchAll(/“([^”]*)”/g)].map(([, said]) => said!);

describe.each(PANEL_ENGINES)('flip points, in %s', (engine) => {
  const lab = useLab(engine);

  test('each button does what its name says, there and back, and keeps its place', async () => {
    const page = await lab.open(openTour);
    await page.click('tour-leave');
    await page.click('run');
    await found(page, 'chat');
    const all = await chips(page, 'chat');
    expect(all.length).toBeGreaterThan(1);
    expect(all.every(({ name, at, height }) => name.includes(at) && height >= 24)).toBe(true);

    // The one above the slider: there the refusal changes its language.
    const above = all.findIndex(({ name }) => name.includes('going up'));
    const [from, to] = promise(all[above]!);
    expect((await columnTexts(page, ['merged'])).merged).toBe(from);
    for (const said of [to, from, to]) {
      const step = (await chips(page, 'chat'))[above]!;
      expect(promise(step)[1]).toBe(said);
      await press(page, 'chat', above);
      await page.waitFor('the answer across', async () => (await columnTexts(page, ['merged'])).merged === said);
    }
    expect((await chips(page, 'chat')).map(({ at }) => at)).toEqual(all.map(({ at }) => at));
    expect(Number(await page.value('slider-chat'))).toBe(Number(all[above]!.at));

    // The other slider's points are of other weights now, and are found anew by themselves.
    await found(page, 'zh');
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('a moved slider is answered at once while flip points are searched', async () => {
    const page = await lab.open(openTour);
    await page.click('tour-leave');
    await page.click('run');
    await page.waitFor('a search under way', async () => /looking/.test(await page.text('flips-chat')));
    const before = (await columnTexts(page, ['merged'])).merged;
    await page.slide('slider-chat', 0);
    await page.waitFor(
      'another answer',
      async () => {
        const { merged } = await columnTexts(page, ['merged']);
        return merged !== before && (await page.attr('column-merged', 'data-source')) === 'live';
      },
      2000,
    );
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('says that merges which are no sum have none', async () => {
    const page = await lab.open('?lesson=interference&lang=en');
    expect(await page.text('flips-obstacle')).toBe('Where the answer changes is searched for sums of vectors only.');
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('axe-core on flip points', () => {
  const lab = useLab('chromium');

  test('finds nothing serious, found or out of date, in both themes', async () => {
    const page = await lab.open(openTour);
    await page.click('tour-leave');
    await page.click('run');
    await found(page, 'zh');
    expect(await seriousIssues(page)).toEqual([]);
    await page.emulate('dark');
    expect(await seriousIssues(page)).toEqual([]);
    await page.fill('prompt', 'where is the cat?');
    await page.waitFor('stale marks', async () => (await page.attr('flips-zh', 'data-source')) === 'stale');
    expect((await chips(page, 'zh')).length).toBeGreaterThan(0);
    expect(await seriousIssues(page)).toEqual([]);
    await page.emulate('light');
    expect(await seriousIssues(page)).toEqual([]);
    await page.close();
  });
});
