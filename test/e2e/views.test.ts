import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { ENGINES } from './engines';
import { useLab } from './lab';

const view = (page: LabPage) => page.evaluate(() => new URL(location.href).searchParams.get('view'), null);
const step = (page: LabPage) => page.attr('tour', 'data-step');
const shows = (page: LabPage, wanted: string | null) =>
  page.waitFor(`the view ${wanted}`, async () => (await view(page)) === wanted && (await page.exists('tour')), 20_000);

describe.each(ENGINES)('a lesson and what was tried in it, in %s', (engine) => {
  const lab = useLab(engine);

  test('outlive a reload, and the way to the projector and back', async () => {
    const page = await lab.open('?lesson=addition&lang=en&step=3');
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="slider-chat"]')?.focus(), null);
    await page.press('ArrowRight');
    const tried = await page.value('slider-chat');
    const kept = async () => {
      expect(await step(page)).toBe('back');
      // The step shows first, what was tried in it as soon as its link is read.
      await page.waitFor('what was tried', async () => (await page.value('slider-chat')) === tried, 10_000);
      expect(await page.evaluate(() => location.search, null)).toContain('lesson=addition');
    };
    await page.waitFor('the address', () => page.evaluate(() => location.hash.length > 2, null));
    await kept();
    await page.evaluate(() => location.reload(), null);
    await page.waitFor('the page anew', () =>
      page.evaluate(() => performance.now() < 5000 && document.querySelector('[data-testid="tour"]') !== null, null),
    );
    await shows(page, null);
    await kept();
    await page.press('p');
    await shows(page, 'present');
    await kept();
    await page.click('present-exit');
    await shows(page, null);
    await kept();
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
