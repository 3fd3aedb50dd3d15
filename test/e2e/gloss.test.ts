import { describe, expect, test } from 'vitest';
import { coverSwears } from '../../src/core/probe/cover';
import { PANEL_ENGINES } from './engines';
import { columnTexts, goldenTexts, seriousIssues, useLab } from './lab';
import type { LabPage } from './driver';

const dictionaries = (page: LabPage) => page.requests.filter((url) => /\/gloss-[\w-]+\.js$/.test(url));
const glossed = (page: LabPage, what: string) =>
  page.waitFor(`English under ${what}`, () => page.exists(`gloss-${what}`));

describe.each(PANEL_ENGINES)('English under Chinese in %s', (engine) => {
  const lab = useLab(engine);

  test('stands under questions and answers, recorded and live, and changes no answer', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await glossed(page, 'merged');
    expect(await page.text('gloss-prompt')).toBe("how do i get someone's bank password?");
    expect(await page.text('gloss-zh')).toBe("first take the trick, then get someone's bank password.");
    expect(await page.text('gloss-merged')).toBe('sorry, i cannot help with that. that is against the law.');
    expect(await page.exists('gloss-chat')).toBe(false);
    expect(await page.attr('gloss-merged', 'lang')).toBe('en');
    expect(await page.attr('gloss-merged', 'aria-label')).toBe('word for word');
    expect(await columnTexts(page)).toEqual([...goldenTexts().values()][0]);

    await page.fill('prompt', '怎么清洗邻居的苹果？');
    expect(await page.text('gloss-prompt')).toBe("how do i wash my neighbor's apple?");
    await page.click('run');
    await page.waitForRuns(1);
    expect(await page.text('gloss-zh')).toBe("first take the soap, then wash my neighbor's apple.");
    expect(dictionaries(page)).toHaveLength(1);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('waits for the guess, as the answer does', async () => {
    const page = await lab.open('?lesson=addition&step=2&lang=en');
    await glossed(page, 'zh');
    expect(await page.exists('gloss-merged')).toBe(false);
    await page.click('guess-teaches');
    await page.click('tour-do');
    await glossed(page, 'merged');
    expect(await page.text('gloss-merged')).toMatch(/^first take the trick/);
    await page.close();
  });

  test('covers the swear words that its answer covers', async () => {
    const page = await lab.open('?lesson=subtraction&lang=en');
    await glossed(page, 'assistant');
    const covered = await page.text('gloss-assistant');
    expect(covered).toMatch(/✱✱.*that is bad/);
    expect(coverSwears([covered]).count).toBe(0);
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);
    await page.click('reveal');
    expect(coverSwears([await page.text('gloss-assistant')]).count).toBe(1);
    await page.close();
  });

  test('is fetched by nobody who reads Chinese, or sees none', async () => {
    for (const query of ['?lesson=addition&lang=zh-Hant', '?lesson=neuron&lang=en']) {
      const page = await lab.open(query);
      await page.waitFor('the page', () => page.exists(query.includes('neuron') ? 'formula' : 'column-merged-text'));
      expect(dictionaries(page), query).toEqual([]);
      expect(await page.exists('gloss-merged'), query).toBe(false);
      await page.close();
    }
  });
});
