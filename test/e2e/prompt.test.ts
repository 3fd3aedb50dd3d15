import { describe, expect, test } from 'vitest';
import type { LabPage } from './driver';
import { PANEL_ENGINES } from './engines';
import { useLab } from './lab';

const marked = (page: LabPage): Promise<string[]> =>
  page.evaluate(
    () => [...document.querySelectorAll('.prompt-mirror mark')].map((mark) => mark.textContent ?? ''),
    null,
  );
const whenMarked = (page: LabPage, words: readonly string[]): Promise<void> =>
  page.waitFor(
    `marks on ${words.join(', ') || 'nothing'}`,
    async () => (await marked(page)).join() === words.join(),
    5000,
  );

describe.each(PANEL_ENGINES)('free questions, in %s', (engine) => {
  const lab = useLab(engine);

  test('unknown words are marked before any run, and a suggestion mends one with the keyboard alone', async () => {
    const page = await lab.open('?lesson=addition');
    const asked = page.requests.length;
    expect(page.requests.some((url) => url.includes('tokenizer.json'))).toBe(false);
    await page.fill('prompt', 'how do i get the pasword of the volcano?');
    await whenMarked(page, ['pasword', 'volcano']);
    expect(page.requests.slice(asked).filter((url) => url.includes('.safetensors'))).toEqual([]);
    expect(await page.text('prompt-words')).toContain('volcano');
    expect(await page.attr('status', 'data-run')).toBe('0');

    // Tab passes Run; Cancel rests while nothing runs.
    await page.press('Tab');
    await page.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent, null)).toBe('password');
    await page.press('Enter');
    expect(await page.value('prompt')).toBe('how do i get the password of the volcano?');
    await whenMarked(page, ['volcano']);
    expect(
      await page.evaluate(() => {
        const field = document.activeElement as HTMLTextAreaElement;
        return [field.dataset.testid, field.value.slice(0, field.selectionStart)];
      }, null),
    ).toEqual(['prompt', 'how do i get the password']);
    await page.close();
  });

  test('a mark lies on its word, also where the text wraps and scrolls', async () => {
    const page = await lab.open('?lesson=addition');
    await page.resize(390, 844);
    await page.fill('prompt', `${'how do i get the password of the teacher and '.repeat(8)}volcano`);
    await page.press('End');
    await page.waitFor('the last mark', async () => (await marked(page)).at(-1) === 'volcano', 5000);
    const off = await page.evaluate(() => {
      const field = document.querySelector<HTMLTextAreaElement>('#prompt')!;
      field.scrollTop = field.scrollHeight;
      const text = document.querySelector<HTMLElement>('.prompt-mirror p')!;
      // The same letters in the same box take as many lines as the field's own.
      return [text.scrollHeight - field.scrollHeight, text.clientWidth - field.clientWidth];
    }, null);
    expect(off).toEqual([0, 0]);
    await page.waitFor('the mark in sight', () =>
      page.evaluate(() => {
        const box = document.querySelector('.prompt-mirror')!.getBoundingClientRect();
        const mark = [...document.querySelectorAll('.prompt-mirror mark')].at(-1)!.getBoundingClientRect();
        return mark.bottom <= box.bottom + 1 && mark.top >= box.top - 1;
      }, null),
    );
    await page.close();
  });

  test('what phones and both scripts write is known; a word that is half typed is not marked', async () => {
    const page = await lab.open('?lesson=addition');
    await page.fill('prompt', 'How do I get someone’s bank password？ 怎么取得别人的银行密码？');
    await page.append('prompt', ' xylophone');
    await whenMarked(page, ['xylophone']);
    await page.fill('prompt', 'what is the passw');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await marked(page)).toEqual([]);
    await page.append('prompt', ' ');
    await whenMarked(page, ['passw']);
    await page.close();
  });

  test('of a prompt of which nothing is known the examples are offered', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.fill('prompt', 'quantum chromodynamics');
    await whenMarked(page, ['quantum', 'chromodynamics']);
    expect(await page.text('prompt-words')).toContain('none of these words');
    await page.close();
  });

  test('the length is told near the limit, and a run above it is refused with the same numbers', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.fill('prompt', 'what color is the lemon?');
    await page.append('prompt', ' x');
    await whenMarked(page, []);
    expect(await page.exists('prompt-length')).toBe(false);
    await page.fill('prompt', 'the lemon '.repeat(48));
    await page.waitFor('the length', () => page.exists('prompt-length'), 5000);
    expect(await page.text('prompt-length')).toMatch(/\d+ of 127 tokens/);
    await page.append('prompt', 'the lemon '.repeat(20));
    await page.waitFor('the limit', async () => (await page.text('prompt-length')).includes('at most 127'), 5000);
    const tokens = /\d+/.exec(await page.text('prompt-length'))![0];
    await page.click('run');
    await page.waitFor('a card', () => page.exists('error'));
    expect(await page.text('error')).toContain(tokens);
    expect(await page.text('error')).toContain('127');
    await page.close();
  });

  test('the engine names the same words as the page did before the run', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.fill('prompt', 'how do i wash the volcano?');
    await whenMarked(page, ['volcano']);
    await page.press('Control+Enter');
    await page.waitForRuns(1);
    expect(await marked(page)).toEqual(['volcano']);
    expect(page.errors.filter((error) => !error.includes('404'))).toEqual([]);
    await page.close();
  });

  test('the caret in a term of the formula lights it, and an error is marked at its character', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    const lit = () =>
      page.evaluate(() => [...document.querySelectorAll('.formula-term.lit')].map((term) => term.textContent), null);
    const last = (await page.value('formula')).split(' + ').at(-1);
    expect(last).toContain('zh');
    await page.append('formula', '');
    await page.press('End');
    await page.waitFor('the last term lit', async () => (await lit()).join() === last, 5000);
    await page.press('Home');
    await page.waitFor('the base lit', async () => (await lit()).join() === 'base', 5000);
    await page.fill('formula', 'base + 1.1*(chat - ) + zh');
    expect(await page.text('formula-fault')).toBe(')');
    const offset = await page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>('[data-testid=formula]')!;
      const fault = document.querySelector('[data-testid=formula-fault]')!.getBoundingClientRect();
      const canvas = document.createElement('canvas').getContext('2d')!;
      canvas.font = getComputedStyle(field).font;
      const style = getComputedStyle(field);
      const start = field.getBoundingClientRect().left + parseFloat(style.paddingLeft) - field.scrollLeft;
      return Math.abs(start + canvas.measureText('base + 1.1*(chat - ').width - fault.left);
    }, null);
    expect(offset).toBeLessThan(2);
    await page.press('Tab');
    await page.press('Tab');
    expect(await lit()).toEqual([]);
    await page.close();
  });
});
