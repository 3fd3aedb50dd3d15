import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { PANEL_ENGINES } from './engines';
import { seriousIssues, useLab } from './lab';

const focused = (page: LabPage): Promise<string> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.testid ?? '', null);
const opened = (page: LabPage, id = 'palette'): Promise<void> => page.waitFor(id, () => page.exists(id), 10_000);
const closed = (page: LabPage, id = 'palette'): Promise<void> =>
  page.waitFor(`no ${id}`, async () => !(await page.exists(id)), 10_000);
const focus = (page: LabPage, id: string): Promise<void> =>
  page.evaluate((name) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`)?.focus(), id);

/** Opens the palette, types, and takes the first command. */
async function command(page: LabPage, words: string): Promise<void> {
  await page.press('Control+k');
  await opened(page);
  await page.type(words);
  await page.press('Enter');
  await closed(page);
}

describe.each(PANEL_ENGINES)('the keyboard, in %s', (engine) => {
  const lab = useLab(engine);

  test('the palette opens, is walked, acts, and gives the focus back', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await focus(page, 'slider-zh');
    await page.press('/');
    await opened(page);
    expect(await focused(page)).toBe('palette-input');
    const active = () => page.attr('palette-input', 'aria-activedescendant');
    const first = await active();
    await page.press('ArrowDown');
    await page.waitFor('the second', async () => (await active()) !== first, 5000);
    await page.press('ArrowUp');
    await page.waitFor('the first', async () => (await active()) === first, 5000);
    await page.press('Escape');
    await closed(page);
    expect(await focused(page)).toBe('slider-zh');

    await command(page, 'set zh to 0');
    await page.waitFor('zh at 0', async () => (await page.value('slider-zh')) === '0', 5000);
    expect(await focused(page)).toBe('slider-zh');
    await command(page, '復原');
    await page.waitFor('zh back', async () => (await page.value('slider-zh')) === '1', 5000);
    await command(page, 'go to the question');
    expect(await focused(page)).toBe('prompt');
    await command(page, 'language 简体');
    await page.waitFor('the language', async () => (await page.value('lang')) === 'zh-Hans', 5000);
    await command(page, 'subtraction');
    await page.waitFor('the lesson', async () => (await page.attr('lesson-subtraction', 'aria-current')) === 'true');
    expect(page.errors.filter((error) => !error.includes('404'))).toEqual([]);
    await page.close();
  });

  test('letters turn the vector in focus, digits go to sliders, and nothing fires while one types', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await focus(page, 'lesson-addition');
    await page.press('2');
    expect(await focused(page)).toBe('slider-zh');
    await page.press('-');
    await page.waitFor('zh negated', async () => (await page.value('slider-zh')) === '-1', 5000);
    await page.press('m');
    await page.waitFor('zh muted', async () => (await page.value('slider-zh')) === '0', 5000);
    await page.press('m');
    await page.waitFor('zh back', async () => (await page.value('slider-zh')) === '-1', 5000);
    await page.press('s');
    await page.waitFor('chat silent', async () => (await page.value('slider-chat')) === '0', 5000);
    await page.press('s');
    await page.waitFor('chat back', async () => (await page.value('slider-chat')) === '1.1', 5000);
    await page.fill('prompt', 'm s n b - 1 p ? /');
    expect(await page.value('prompt')).toBe('m s n b - 1 p ? /');
    expect(await page.attr('tour', 'data-step')).toBe('look');
    expect(await page.exists('palette')).toBe(false);
    expect(await page.value('slider-zh')).toBe('-1');
    await page.close();
  });

  test('a step takes the focus however it opens, says so, and its way on stays where it is', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.resize(1440, 900);
    const arrived = async (step: string): Promise<void> => {
      await page.waitFor(`step ${step}`, async () => (await page.attr('tour', 'data-step')) === step, 5000);
      await page.waitFor(`the heading of ${step}`, () =>
        page.evaluate(() => document.activeElement?.id === 'tour-title', null),
      );
    };
    const place = (): Promise<string> =>
      page.evaluate(() => {
        const { x, y } = document.querySelector('[data-testid="tour-next"]')!.getBoundingClientRect();
        return `${Math.round(x)} ${Math.round(y)}`;
      }, null);
    await page.press('Tab');
    expect(await focused(page)).toBe('skip-lesson');
    await page.press('Enter');
    await arrived('look');
    const before = await place();
    await page.press('n');
    await arrived('without');
    expect(await page.text('tour-news')).toContain('Step 2 of 7');
    expect(await place()).toBe(before);
    await page.tabTo('guess-teaches', 4);
    await page.press('Enter');
    expect(await page.evaluate(() => document.activeElement !== document.body, null)).toBe(true);
    await page.tabTo('tour-hands', 3);
    await page.press('Enter');
    expect(await focused(page)).toBe('slider-chat');
    await page.press('n');
    await arrived('back');
    await page.press('b');
    await arrived('without');
    await page.click('tour-step-4');
    await arrived('far');
    await focus(page, 'share-link');
    await command(page, 'next step');
    await arrived('helpful');
    await focus(page, 'share-link');
    await command(page, 'go to the lesson');
    await arrived('helpful');
    await page.click('tour-step-6');
    await arrived('count');
    await page.tabTo('tour-next', 12);
    await page.press('Enter');
    await arrived('real');
    expect(await page.text('tour-finished')).toContain('You finished');
    await page.press('n');
    await page.waitFor(
      'the next lesson',
      async () => (await page.attr('lesson-subtraction', 'aria-current')) === 'true',
    );
    await arrived('look');
    await page.close();
  });

  test('what a lesson lights has another line than the focus, which is never lost; a number acts while it is typed', async () => {
    const page = await lab.open('?lesson=addition&lang=en&step=2');
    await page.press('Tab');
    await page.press('Tab');
    expect(await focused(page)).toBe('skip-bench');
    await page.press('Enter');
    expect(await focused(page)).toBe('slider-chat');
    const line = (what: string): Promise<string> =>
      page.evaluate((selector) => {
        const { outlineStyle, outlineColor } = getComputedStyle(document.querySelector(selector)!);
        return `${outlineStyle} ${outlineColor}`;
      }, what);
    const lit = await line('.vector-card:has([data-lit])');
    expect(lit).toMatch(/^dashed/);
    const ring = await line('[data-testid="slider-chat"]');
    expect(ring).toMatch(/^solid/);
    expect(ring.slice('solid '.length)).not.toBe(lit.slice('dashed '.length));
    await page.press('Shift+Tab');
    await page.press('Control+a');
    for (const [text, at] of [
      ['-0', '0'],
      ['.5', '-0.5'],
    ] as const) {
      await page.type(text);
      await page.waitFor(`chat at ${at}`, async () => (await page.value('slider-chat')) === at, 5000);
    }
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).value, null)).toBe('-0.5');
    await page.close();
  });

  test('the help sheet turns letters off, for the next visit too', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await focus(page, 'lesson-addition');
    await page.press('?');
    await opened(page, 'shortcuts');
    await page.press('Tab');
    expect(await focused(page)).toBe('shortcut-letters');
    await page.press(' ');
    await page.press('Escape');
    await closed(page, 'shortcuts');
    await page.press('/');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await page.exists('palette')).toBe(false);
    await page.open(new URL('?lesson=addition', lab.server.url).href);
    await focus(page, 'lesson-addition');
    await page.press('?');
    await page.press('Control+k');
    await opened(page);
    expect(await page.exists('shortcuts')).toBe(false);
    await page.type('keyboard');
    await page.press('Enter');
    await opened(page, 'shortcuts');
    await page.close();
  });

  if (engine === 'chromium')
    test('neither dialog has serious findings of axe, in light and dark, wide and narrow', async () => {
      const page = await lab.open('?lesson=addition&lang=en');
      for (const theme of ['light', 'dark'] as const)
        for (const width of [1440, 390]) {
          await page.emulate(theme);
          await page.resize(width, 844);
          for (const what of ['palette', 'shortcuts']) {
            await command(page, 'go to the formula');
            await page.press('Control+k');
            await opened(page);
            if (what === 'shortcuts') {
              await page.type('keyboard');
              await page.press('Enter');
              await opened(page, 'shortcuts');
            }
            expect(await seriousIssues(page), `${what} ${theme} ${width}`).toEqual([]);
            await page.press('Escape');
            await closed(page, what);
          }
        }
      await page.fill('prompt', 'get the pasword of the volcano');
      await page.waitFor('suggestions', async () => (await page.text('prompt-words')).includes('volcano'), 5000);
      const places = (await page.audit()).flatMap(({ id, where }) => where.map((place) => `${id}: ${place}`));
      expect(places.filter((place) => /prompt|unknown|suggestion/.test(place))).toEqual([]);
      await page.close();
    });
});
