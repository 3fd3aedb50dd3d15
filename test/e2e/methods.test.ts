import { describe, expect, test } from 'vitest';
import { PANEL_ENGINES } from './engines';
import { seriousIssues, useLab, waitForFingerprint } from './lab';

describe.each(PANEL_ENGINES)('merge methods, in %s', (engine) => {
  const lab = useLab(engine);

  test('a method is chosen, asks for what it needs, runs, and one that does not fit says why', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    const formula = (want: string) => page.waitFor(want, async () => (await page.value('formula')) === want, 10_000);
    const option = (id: string) =>
      page.evaluate((value) => {
        const found = document.querySelector<HTMLOptionElement>(`[data-testid=method] option[value=${value}]`);
        return { disabled: found?.disabled, text: found?.textContent?.trim() ?? '' };
      }, id);

    expect(await option('slerp')).toMatchObject({ disabled: true, text: expect.stringContaining('exactly one model') });
    await page.select('method', 'ties');
    await formula('ties(base; chat: 1.1, zh: 1.0; density: 0.5)');
    await page.select('variant-election', 'paper');
    expect(await page.exists('variant-rescale')).toBe(false);

    await page.fill('formula', 'base + 1.0*(chat - base)');
    await page.waitFor('slerp on offer', async () => !(await option('slerp')).disabled, 10_000);
    await page.select('method', 'slerp');
    await formula('slerp(base; chat; t: 0.5)');
    // Without weights there are no sliders that do nothing.
    expect([await page.exists('slider-chat'), await page.exists('parameter-t')]).toEqual([false, true]);
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);
    await page.click('run');
    const half = await waitForFingerprint(page, ['new']);
    await page.slide('parameter-t', 1);
    await formula('slerp(base; chat; t: 1.0)');
    await page.waitFor('another merge', async () => {
      const sha256 = await page.attr('fingerprint', 'data-sha256');
      return (await page.attr('fingerprint', 'data-state')) === 'new' && sha256 !== half;
    });
    await page.select('method', 'task_arithmetic');
    await page.waitFor('the slider', () => page.exists('slider-chat'), 10_000);
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
