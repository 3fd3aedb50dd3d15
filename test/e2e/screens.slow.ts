import { describe, expect, test } from 'vitest';
import { ENGINES } from './engines';
import { seriousIssues, useLab } from './lab';

const WIDTHS = [320, 390, 768, 1024, 1440];
const LANGUAGES = ['en', 'zh-Hant', 'zh-Hans'];

describe.each(ENGINES)('screens in %s', (engine) => {
  const lab = useLab(engine);

  test.each(LANGUAGES)('nothing is wider than the screen or hard to read after a run, in %s', async (language) => {
    const page = await lab.open(`?lesson=addition&lang=${language}`);
    await page.click('run');
    await page.waitForRuns(1);
    for (const width of WIDTHS) {
      await page.resize(width, 900);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth, null);
      expect(overflow, `${width} px`).toBeLessThanOrEqual(0);
      if (engine !== 'chromium') continue;
      for (const theme of ['light', 'dark'] as const) {
        await page.emulate(theme);
        expect(await seriousIssues(page), `${width} px, ${theme}`).toEqual([]);
      }
    }
    await page.close();
  });
});
