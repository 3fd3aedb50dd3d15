import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { PANEL_ENGINES } from './engines';
import { seriousIssues, useLab } from './lab';

const address = '?lesson=addition&lang=en';
const fold = (page: LabPage, id: string): Promise<void> =>
  page.evaluate(
    (selector) => document.querySelector<HTMLElement>(`${selector} > summary`)!.click(),
    `[data-testid="${id}"]`,
  );
const state = (page: LabPage): Promise<string | null> => page.attr('yaml-says', 'data-state');

/** The text in the editor, which lives in a shadow tree. */
const shown = (page: LabPage): Promise<string> =>
  page.evaluate(() => {
    const root = document.querySelector('[data-testid="yaml-code"]')?.shadowRoot;
    return [...(root?.querySelectorAll('.cm-line') ?? [])].map((line) => line.textContent).join('\n');
  }, null);

/** Pastes in place of all that is there; `typed` then follows key by key. */
async function write(page: LabPage, text: string, typed = ''): Promise<void> {
  await page.evaluate(
    () =>
      document
        .querySelector('[data-testid="yaml-code"]')!
        .shadowRoot!.querySelector<HTMLElement>('.cm-content')!
        .focus(),
    null,
  );
  await page.press('Control+a');
  await page.press('Delete');
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    document
      .querySelector('[data-testid="yaml-code"]')!
      .shadowRoot!.querySelector('.cm-content')!
      .dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  if (typed !== '') await page.type(typed);
}
async function open(page: LabPage): Promise<void> {
  await page.click('tour-leave');
  await fold(page, 'yaml');
  await page.waitFor('the text', async () => (await shown(page)).includes('zoo:chat-1'));
}
/** On one line, so that columns are easily said. */
const recipe = (chat: string): string =>
  `{merge_method: task_arithmetic, base_model: base, models: [{model: chat, parameters: ${chat}}, {model: zh, parameters: {weight: 1.0}}], parameters: {normalize: false}, dtype: float32, out_dtype: float32}`;

describe.each(PANEL_ENGINES)('the recipe as YAML, in %s', (engine) => {
  const lab = useLab(engine);

  test('says line, column and what was meant, keeps the last recipe, and runs what is right', async () => {
    const page = await lab.open(address);
    await open(page);
    const formula = await page.value('formula');
    const wrong = recipe('{wieght: 0}');
    await write(page, wrong.slice(0, -12), wrong.slice(-12));
    await page.waitFor('the mistake', async () => (await state(page)) === 'wrong');
    const problem = await page.text('yaml-problem');
    expect(problem).toContain(`Line 1, column ${wrong.indexOf('wieght') + 1}: `);
    expect(problem).toContain('Did you mean "weight"?');
    expect(await page.value('formula')).toBe(formula);
    expect(await shown(page)).toBe(wrong);

    await write(page, recipe('{weight: 0.0}'));
    await page.waitFor('the recipe', async () => (await page.value('formula')) !== formula);
    expect(await state(page)).toBe('read');
    // What was written stays as it was written.
    expect(await shown(page)).toBe(recipe('{weight: 0.0}'));
    await page.click('run');
    await page.waitFor('a run', async () => (await page.attr('status', 'data-run')) === '1', 60_000);
    // Nothing of the refusal is left: the merge is the Chinese model.
    expect(await page.text('column-merged-text')).toBe(await page.text('column-zh-text'));
    expect(await page.text('column-merged-text')).toMatch(/\p{Script=Han}/u);

    // A slider rewrites the text.
    await page.slide('slider-zh', 0.5);
    await page.waitFor('the weight', async () => (await shown(page)).includes('weight: 0.5'));
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('asks which model a name means that the bench does not have, and takes one that comes with the page', async () => {
    const page = await lab.open(address);
    await open(page);
    await write(page, recipe('{weight: 1.0}').replace('model: zh', 'model: org/Some-Korean'));
    await page.waitFor('the question', async () => (await state(page)) === 'missing');
    expect(await page.text('yaml-says')).toContain('org/Some-Korean');
    await page.waitFor('the zoo', () => page.exists('yaml-give-Some_Korean'));
    await page.select('yaml-give-Some_Korean', 'zoo:ko-1');
    await page.waitFor('the recipe', async () => (await page.value('formula')).includes('Some_Korean'));
    expect(await state(page)).toBe('read');
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('a gradient is made in the rack, seen in the text and in the plan, and is one number again', async () => {
    const page = await lab.open(address);
    await open(page);
    await fold(page, 'scope-fold-chat');
    await page.waitFor('the layers', () => page.exists('scope-numbers-chat'));
    await page.fill('scope-numbers-chat', '0, 0.5, 1');
    await page.press('Enter');
    await page.waitFor('the gradient', async () => (await page.value('formula')).includes('[0.0, 0.5, 1.0]'));
    expect(await page.text('scope-of-chat')).toContain('0 → 0.5 → 1 over the layers');

    await fold(page, 'plan');
    await page.waitFor('the plan', async () => (await page.exists('plan-look')) || (await page.exists('plan-heat')));
    if (await page.exists('plan-look')) await page.click('plan-look');
    await page.waitFor('the coefficients', () => page.exists('plan-heat'), 30_000);
    const strips = await page.evaluate(
      () =>
        [...document.querySelectorAll('[data-testid="plan-heat"] tbody tr')].map((row) =>
          [...row.querySelectorAll('td > span:first-child')].map((cell) => cell.textContent),
        ),
      null,
    );
    expect(strips[0]).toEqual(['0', '0', '0.333', '0.667', '1']);
    expect(await page.text('plan-notes')).toContain('first value');
    await page.fill('plan-filter', 'layers.3.self_attn.q_proj');
    await page.waitFor('one row', async () => (await page.text('plan-table')).match(/q_proj/g)?.length === 1);
    expect(await page.text('plan-table')).toContain('model.layers.3.self_attn.q_proj.weight');
    if (engine === 'chromium') expect(await seriousIssues(page)).toEqual([]);

    await page.click('scope-back-chat');
    await page.waitFor('one number', async () => !(await page.value('formula')).includes('['));
    await page.waitFor('the text', async () => /weight: 1\n/.test(await shown(page)));
    expect(page.errors).toEqual([]);
    await page.close();
  });
});
