import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { ENGINES } from './engines';
import { columnTexts, seriousIssues, useLab } from './lab';

/** What a finger or a pointer is to hit and is smaller than `least`; words in a running text are exempt (WCAG 2.5.8). */
const smallTargets = (page: LabPage, least: number): Promise<string[]> =>
  page.evaluate((size) => {
    const targets = [...document.querySelectorAll<HTMLElement>('button, select, input, textarea, summary, a[href]')];
    return targets
      .filter((target) => !target.matches('.live-word, .peek-go, .skip, :disabled') && !target.closest('.sr-only'))
      .map((target) => (target.matches('[type="checkbox"]') && target.closest('label')) || target)
      .map((target) => ({ target, box: target.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < size - 0.5)
      .map(({ target, box }) => `${target.className || target.outerHTML.slice(0, 60)} ${box.width}x${box.height}`);
  }, least);

/** The rules for fingers, whatever the browser under test is pointed with. */
const asForFingers = (page: LabPage): Promise<void> =>
  page.evaluate(() => {
    const fingers = [...document.styleSheets]
      .flatMap((sheet) => [...sheet.cssRules])
      .filter((rule) => rule instanceof CSSMediaRule && rule.conditionText.includes('pointer: coarse'))
      .flatMap((rule) => [...(rule as CSSMediaRule).cssRules]);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(fingers.map((rule) => rule.cssText).join('\n'));
    document.adoptedStyleSheets = [sheet];
  }, null);

const tooWide = (page: LabPage): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth, null);

const placeOf = (page: LabPage, id: string): Promise<number> =>
  page.evaluate((selector) => document.querySelector(selector)!.getBoundingClientRect().top, `[data-testid="${id}"]`);

describe.runIf(ENGINES.includes('chromium'))('the lab on a phone', () => {
  const lab = useLab('chromium');

  test('a lesson shows what merged says, and what is held stays where it is', async () => {
    const page = await lab.open('?lesson=addition&step=3&lang=en');
    await page.resize(390, 844);
    await page.click('run');
    await page.waitForRuns(1);
    const shown = async () => (await page.text('peek-merged')).includes((await columnTexts(page)).merged!);
    expect(await shown()).toBe(true);

    // As a hand does: it is down, then the answer turns and its explanation appears above.
    await page.evaluate(() => {
      const slider = document.querySelector('[data-testid="slider-chat"]')!;
      slider.scrollIntoView({ block: 'center' });
      slider.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
    }, null);
    const before = await placeOf(page, 'slider-chat');
    await page.slide('slider-chat', 1.1);
    await page.waitFor('the explanation', () => page.exists('tour-explain'));
    await page.waitFor('the slider in its place', async () => {
      return Math.abs((await placeOf(page, 'slider-chat')) - before) <= 1;
    });
    expect(await shown()).toBe(true);
    expect(await page.attr('peek-merged', 'data-source')).toBe('live');

    await page.click('tour-next');
    await page.waitFor('the question', () => page.exists('guess-english'));
    expect(await page.text('peek-merged')).toMatch(/Covered/);
    await page.resize(1366, 768);
    expect(await page.exists('peek-merged'), 'beside the answers').toBe(false);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('nothing is cut off, the formula neither, and targets fit a finger', async () => {
    for (const address of ['?lesson=addition&step=6&lang=en', '?lesson=interference&step=2&lang=zh-Hant']) {
      const page = await lab.open(address);
      await page.waitFor('the lesson', () => page.exists('tour-next'));
      expect(await smallTargets(page, 24), address).toEqual([]);
      await page.resize(390, 844);
      expect(await smallTargets(page, 24), address).toEqual([]);
      await asForFingers(page);
      expect(await smallTargets(page, 40), address).toEqual([]);
      expect(await tooWide(page), address).toBeLessThanOrEqual(0);
      const cut = await page.evaluate(() => {
        const field = document.querySelector('.formula-field')!.getBoundingClientRect();
        const terms = [...document.querySelectorAll('.formula-underlay [data-alias]')];
        return terms.filter((term) => {
          const { right, bottom } = term.getBoundingClientRect();
          return right > field.right + 1 || bottom > field.bottom + 1;
        }).length;
      }, null);
      expect(cut, address).toBe(0);
      expect(await seriousIssues(page), address).toEqual([]);
      await page.close();
    }
  });

  test('an example is asked at once in a lesson, and Run is in reach only where something waits', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.resize(390, 844);
    const docked = () => page.evaluate(() => document.querySelector('.docked') !== null, null);
    const tap = (at: number) =>
      page.evaluate((nth) => document.querySelectorAll<HTMLElement>('.example')[nth]!.click(), at);
    await tap(3);
    await page.waitForRuns(1);
    expect(await page.attr('column-merged', 'data-source')).toBe('live');
    expect(await docked()).toBe(false);
    const sight = await page.evaluate(() => {
      const chosen = document.querySelector('.example[aria-pressed="true"]')!.getBoundingClientRect();
      return [chosen.left, window.innerWidth - chosen.right];
    }, null);
    expect(Math.min(...sight)).toBeGreaterThanOrEqual(0);

    await page.click('tour-leave');
    const runs = Number(await page.attr('status', 'data-run'));
    await tap(0);
    await page.waitFor('Run in reach', docked);
    expect(Number(await page.attr('status', 'data-run'))).toBe(runs);
    await page.close();
  });
});
