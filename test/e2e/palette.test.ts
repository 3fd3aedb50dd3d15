import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { ENGINES } from './engines';
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

describe.each(ENGINES)('the keyboard, in %s', (engine) => {
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
    await page.press('n');
    await page.waitFor('zh negated', async () => (await page.value('slider-zh')) === '-1', 5000);
    await page.press('m');
    await page.waitFor('zh muted', async () => (await page.value('slider-zh')) === '0', 5000);
    await page.press('m');
    await page.waitFor('zh back', async () => (await page.value('slider-zh')) === '-1', 5000);
    await page.press('s');
    await page.waitFor('chat silent', async () => (await page.value('slider-chat')) === '0', 5000);
    await page.press('s');
    await page.waitFor('chat back', async () => (await page.value('slider-chat')) === '1.1', 5000);
    await page.fill('prompt', 'm s n 1 p ? /');
    expect(await page.value('prompt')).toBe('m s n 1 p ? /');
    expect(await page.exists('palette')).toBe(false);
    expect(await page.value('slider-zh')).toBe('-1');
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
