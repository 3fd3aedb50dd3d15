import { describe, expect, test } from 'vitest';
import { parseScript } from '../../src/core/lesson/script';
import { loadLesson } from '../../src/lessons';
import type { LabPage } from './driver';
import { ENGINES, PANEL_ENGINES } from './engines';
import { seriousIssues, useLab } from './lab';

const PRESENT = '?view=present&lesson=addition&lang=en';

describe.each(PANEL_ENGINES)('the notes window in %s', (engine) => {
  const lab = useLab(engine);
  const open = async (page: LabPage): Promise<LabPage> => {
    const notes = await page.sibling();
    await notes.open(new URL('?view=notes&lang=en', lab.server.url).href, 'notes');
    return notes;
  };
  const state = (notes: LabPage, wanted: string) =>
    notes.waitFor(`${wanted} notes`, async () => (await notes.attr('notes', 'data-state')) === wanted, 15_000);
  const stepIs = (page: LabPage, id: string) =>
    page.waitFor(`step ${id}`, async () => (await page.attr('tour', 'data-step')) === id, 15_000);
  const says = (notes: LabPage, id: string, text: string) =>
    notes.waitFor(`"${text}" in ${id}`, async () => (await notes.text(id)).includes(text), 15_000);

  test('follows the presenting window and moves it', async () => {
    const { steps } = parseScript(await (await loadLesson('addition'))!.text.en());
    const page = await lab.open(PRESENT);
    const notes = await open(page);
    await state(notes, 'connected');
    await says(notes, 'notes-text', steps[0]!.notes[0]!);
    await says(notes, 'notes-following', steps[1]!.title);
    // It needs no model and no recording.
    expect(notes.requests.filter((url) => /zoo\/|\.wasm|worker/.test(url))).toEqual([]);

    await page.press('PageDown');
    await says(notes, 'notes-text', steps[1]!.notes[0]!);
    await says(notes, 'notes-next', 'Uncover');
    await page.waitForRuns(1);
    await notes.click('notes-answer-teaches');
    await page.waitFor('the move', () => page.exists('tour-do'));
    await notes.waitFor('do it', () =>
      notes.evaluate(() => !document.querySelector<HTMLButtonElement>('[data-testid="notes-do"]')!.disabled, null),
    );
    await notes.click('notes-do');
    await page.waitFor('the slider at 0', async () => (await page.value('slider-chat')) === '0');
    await notes.click('notes-blank');
    await page.waitFor('a black screen', () => page.exists('present-black'));
    await notes.waitFor(
      'the black screen to be known',
      async () => (await notes.attr('notes-blank', 'aria-pressed')) === 'true',
    );
    // It has been done, so that the next press goes on.
    await says(notes, 'notes-next', 'Next step');
    // The lecturer goes on while the class sees nothing.
    await notes.click('notes-next');
    await stepIs(page, 'back');
    expect(await page.exists('present-black')).toBe(true);
    await notes.click('notes-blank');
    await page.waitFor('the picture', async () => !(await page.exists('present-black')));
    await notes.click('notes-freeze');
    await page.waitFor('a frozen bench', () =>
      page.evaluate(() => document.querySelector('[data-testid="run"]')?.closest('[inert]') !== null, null),
    );
    await page.press('l');
    await notes.waitFor('the laser to be known', () =>
      notes.evaluate(() => !document.querySelector<HTMLButtonElement>('[data-testid="notes-laser"]')!.disabled, null),
    );
    await notes.click('notes-laser');
    await page.waitFor('no laser', () => page.evaluate(() => !('laser' in document.documentElement.dataset), null));
    await notes.click('notes-back');
    await stepIs(page, 'without');
    expect([...page.errors, ...notes.errors]).toEqual([]);
    await page.close();
  });

  test('says whether somebody presents, survives a reload of either side, and follows the window opened last', async () => {
    const page = await lab.open(PRESENT);
    const notes = await page.sibling();
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="present-exit"]')?.click(), null);
    await page.waitFor('the bench', () => page.exists('class-button'), 15_000);
    await notes.open(new URL('?view=notes&lang=en', lab.server.url).href, 'notes');
    await state(notes, 'waiting');
    await page.open(new URL(PRESENT, lab.server.url).href);
    await state(notes, 'connected');
    await page.open(new URL(`${PRESENT}&step=3`, lab.server.url).href);
    await says(notes, 'notes', 'Step 3 of 7');
    await notes.open(new URL('?view=notes&lang=en', lab.server.url).href, 'notes');
    await state(notes, 'connected');
    const second = await page.sibling();
    await second.open(new URL(`${PRESENT}&step=4`, lab.server.url).href);
    await says(notes, 'notes', '2 windows are presenting');
    await says(notes, 'notes', 'Step 4 of 7');
    await second.evaluate(() => location.assign('?lesson=addition'), null);
    await says(notes, 'notes', 'Step 3 of 7');
    await page.evaluate(() => location.assign('?lesson=addition'), null);
    await state(notes, 'lost');
    expect(await notes.text('notes-text')).not.toBe('');
    await page.close();
  });

  test('uncovers swear words by remote, and its button says what it does next', async () => {
    const page = await lab.open('?view=present&lesson=subtraction&lang=en');
    const notes = await open(page);
    await state(notes, 'connected');
    await says(notes, 'notes-reveal', 'Show rude words');
    expect(await page.attr('reveal', 'data-shown')).toBe('false');
    await notes.click('notes-reveal');
    await page.waitFor('the words', async () => (await page.attr('reveal', 'data-shown')) === 'true');
    expect(await page.text('reveal')).toBe('Cover rude words');
    await says(notes, 'notes-reveal', 'Cover rude words');
    await page.close();
  });

  test('counts the time of each lesson, over a reload too', async () => {
    const page = await lab.open(PRESENT);
    const notes = await open(page);
    await state(notes, 'connected');
    expect(await notes.text('notes-lap')).toBe('0:00');
    await notes.click('notes-timer-start');
    await notes.waitFor('two seconds', async () => (await notes.text('notes-lap')) === '0:02', 10_000);
    await notes.open(new URL('?view=notes&lang=en', lab.server.url).href, 'notes');
    await state(notes, 'connected');
    await notes.waitFor('the time to go on', async () => /^0:0[3-9]$/.test(await notes.text('notes-lap')), 10_000);
    await notes.click('notes-timer-start');
    await notes.click('notes-timer-reset');
    await notes.waitFor('zero', async () => (await notes.text('notes-lap')) === '0:00');
    await page.close();
  });
});

describe.runIf(ENGINES.includes('chromium'))('accessibility while presenting', () => {
  const lab = useLab('chromium');

  test.each(['light', 'dark'] as const)('present, dialogs and notes have no serious findings in %s', async (theme) => {
    const page = await lab.open(PRESENT);
    await page.emulate(theme);
    expect(await seriousIssues(page)).toEqual([]);
    await page.press('PageDown');
    await page.waitForRuns(1);
    await page.press('f');
    expect(await seriousIssues(page)).toEqual([]);
    await page.press('f');
    await page.press('q');
    await page.waitFor('the code', () => page.evaluate(() => document.querySelector('.qr-code path') !== null, null));
    expect(await seriousIssues(page)).toEqual([]);
    await page.press('Escape');
    await page.waitFor('no dialog', async () => !(await page.exists('qr')));
    await page.click('present-preflight');
    await page.waitFor('the dialog', () => page.exists('preflight-start'));
    await page.click('preflight-start');
    await page.waitFor('the end', async () => (await page.attr('preflight-summary', 'data-stage')) === 'done');
    expect(await seriousIssues(page)).toEqual([]);
    await page.click('dialog-close');
    const notes = await page.sibling();
    await notes.emulate(theme);
    await notes.open(new URL('?view=notes&lang=en', lab.server.url).href, 'notes');
    await notes.waitFor('notes', async () => (await notes.attr('notes', 'data-state')) === 'connected');
    expect(await seriousIssues(notes)).toEqual([]);
    await page.close();
  });
});
