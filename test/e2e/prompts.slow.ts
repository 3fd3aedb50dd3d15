import { describe, expect, test } from 'vitest';
import { columnTexts, goldenTexts, useLab } from './lab';
import { ENGINES } from './engines';

describe.each(ENGINES)('every golden question in %s', (engine) => {
  const lab = useLab(engine);

  test('gets the answers of Python transformers in all columns', async () => {
    const page = await lab.open('?lesson=addition');
    for (const [prompt, expected] of goldenTexts()) {
      const runs = Number(await page.attr('status', 'data-run'));
      await page.fill('prompt', prompt);
      await page.click('run');
      await page.waitForRuns(runs + 1);
      expect(await columnTexts(page), prompt).toEqual(expected);
    }
    await page.close();
  });
});
