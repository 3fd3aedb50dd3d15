import jsQR from 'jsqr';
import { describe, expect, test } from 'vitest';
import { loadLesson } from '../../src/lessons';
import type { LabPage } from './driver';
import { PANEL_ENGINES } from './engines';
import { columnSources, columnTexts, goldenTexts, QUESTION, useLab } from './lab';

const PRESENT = '?view=present&lesson=addition&lang=en';

const step = (page: LabPage) => page.attr('tour', 'data-step');
const toStep = (page: LabPage, id: string) => page.waitFor(`step ${id}`, async () => (await step(page)) === id, 10_000);
const flag = (page: LabPage, name: string) => page.evaluate((key) => key in document.documentElement.dataset, name);
const rests = (page: LabPage) =>
  page.waitFor('the bench to rest', async () => (await page.attr('status', 'data-state')) === 'idle');
const locked = (page: LabPage, id: string) =>
  page.evaluate((one) => document.querySelector(`[data-testid="${one}"]`)?.closest('[inert]') !== null, id);

/** Where the answers begin. */
const top = (page: LabPage) =>
  page.evaluate(() => Math.round(document.querySelector('.columns')!.getBoundingClientRect().top), null);
/** Answers that the lecturer's bar covers. */
const cut = (page: LabPage) =>
  page.evaluate(() => {
    const bar = document.querySelector('.present-bar')!.getBoundingClientRect().top;
    const bottom = (element: Element): number => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect().bottom;
    };
    return [...document.querySelectorAll('.column-text, .column-veil, .tour-explain, .real figcaption')]
      .filter((element) => bottom(element) > bar)
      .map((element) => `${element.textContent}: ${bottom(element)} > ${bar}`);
  }, null);

/** The QR code on the page as a camera sees it. */
async function readCode(page: LabPage): Promise<string | undefined> {
  await page.waitFor('the code', () => page.evaluate(() => document.querySelector('.qr-code path') !== null, null));
  const { side, red } = await page.evaluate(async () => {
    const code = document.querySelector('.qr-code')!;
    const copy = code.cloneNode(true) as SVGElement;
    const side = 400;
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    copy.setAttribute('width', String(side));
    copy.setAttribute('height', String(side));
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0, side, side);
    const { data } = context.getImageData(0, 0, side, side);
    return { side, red: Array.from({ length: side * side }, (_, i) => (data[4 * i]! > 127 ? '1' : '0')).join('') };
  }, null);
  const pixels = Uint8ClampedArray.from({ length: 4 * red.length }, (_, i) =>
    i % 4 === 3 || red[i >> 2] === '1' ? 255 : 0,
  );
  return jsQR(pixels, side, side)?.data;
}

describe.each(PANEL_ENGINES)('presenting in %s', (engine) => {
  const lab = useLab(engine);

  test('a clicker goes through the first steps, and what is on the screen follows them', async () => {
    const page = await lab.open(PRESENT);
    await page.resize(1024, 768);
    expect(await step(page)).toBe('look');
    expect(await page.text('present-count')).toBe('1 / 7');
    const spokenOf = ['chat', 'zh', 'naive', 'merged'];
    expect(await columnSources(page, spokenOf)).toEqual(spokenOf.map(() => 'recorded'));
    expect(await page.exists('column-base')).toBe(false);
    expect(await page.exists('slider-chat')).toBe(false);
    expect(await page.exists('microscope')).toBe(false);
    await page.press('PageDown');
    await toStep(page, 'without');
    expect(await page.exists('slider-chat')).toBe(true);
    expect(await page.exists('slider-zh')).toBe(false);
    await page.waitForRuns(1);
    // One press does what the step waits for, the next one goes on.
    expect(await page.attr('present-next', 'data-turn')).toBe('uncover');
    await page.press('ArrowRight');
    await page.waitForRuns(2);
    expect(await step(page)).toBe('without');
    expect((await columnTexts(page, ['merged'])).merged).toBe(goldenTexts().get(QUESTION)!.zh);
    await page.waitFor('what it means', async () => (await page.text('tour-explain')) !== '');
    await page.waitFor('the turn', async () => (await page.attr('present-next', 'data-turn')) === 'step');
    await page.press('ArrowRight');
    await toStep(page, 'back');
    await page.press('PageUp');
    await toStep(page, 'without');
    await page.press('ArrowLeft');
    await toStep(page, 'look');
    await page.press(' ');
    await toStep(page, 'without');
    // A clicker also works where the focus was left on a slider, whose arrows stay its own.
    await rests(page);
    const before = await page.value('slider-chat');
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="slider-chat"]')?.focus(), null);
    await page.press('ArrowLeft');
    expect(Number(await page.value('slider-chat'))).toBeCloseTo(Number(before) - 0.05, 6);
    expect(await step(page)).toBe('without');
    await page.press('PageDown');
    await toStep(page, 'back');
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test.each(
    process.env.TEST_ALL
      ? ['addition', 'subtraction'].flatMap((id) => ['en', 'zh-Hant', 'zh-Hans'].map((lang) => ({ id, lang })))
      : [{ id: 'addition', lang: 'en' }],
  )('a clicker alone does $id in $lang, and nothing jumps or is cut', async ({ id: lesson, lang }) => {
    const page = await lab.open(`?view=present&lesson=${lesson}&lang=${lang}`);
    await page.resize(1024, 768);
    const { steps } = (await loadLesson(lesson))!;
    for (const { id, predict, move, check } of steps) {
      await toStep(page, id);
      await rests(page);
      if (predict || move) {
        expect(await page.attr('present-next', 'data-turn'), id).toBe('uncover');
        const before = await top(page);
        await page.press('PageDown');
        expect(await step(page)).toBe(id);
        await page.waitFor(`${id} explained`, () => page.exists('tour-explain'), 15_000);
        expect(Math.abs((await top(page)) - before), `${id} jumps`).toBeLessThan(4);
      }
      if (check.length > 0) await page.waitFor(`${id} explained`, () => page.exists('tour-explain'), 15_000);
      await rests(page);
      expect(await cut(page), id).toEqual([]);
      expect(await page.evaluate(() => document.querySelector('.present-bar')!.clientHeight, null)).toBeLessThan(70);
      const turn = id === steps.at(-1)!.id ? 'lesson' : 'step';
      await page.waitFor(`${turn} after ${id}`, async () => (await page.attr('present-next', 'data-turn')) === turn);
      await page.press('PageDown');
    }
    await page.waitFor('the next lesson', async () =>
      page.evaluate((one) => !location.search.includes(`lesson=${one}&`), lesson),
    );
    expect(await page.text('present-count')).toMatch(/^1 /);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('fits a projector of 1024 x 768: no scrolling aside, text of 20 px and more', async () => {
    const page = await lab.open(PRESENT);
    await page.resize(1024, 768);
    for (const id of ['look', 'without', 'back', 'far', 'helpful', 'count', 'real']) {
      await toStep(page, id);
      await page.waitFor(
        `${id} to fit`,
        () => page.evaluate(() => document.documentElement.scrollWidth <= 1024, null),
        3000,
      );
      const sizes = await page.evaluate(
        () =>
          [...document.querySelectorAll('.tour p, .tour li, .formula-input, .column-text, .prompt-line textarea')]
            .filter((element) => element.getClientRects().length > 0 && element.textContent?.trim() !== '')
            .map((element) => parseFloat(getComputedStyle(element).fontSize)),
        null,
      );
      expect(sizes.length, id).toBeGreaterThan(0);
      expect(Math.min(...sizes), id).toBeGreaterThanOrEqual(20);
      if ((await page.attr('present-next', 'data-turn')) === 'uncover') {
        await page.press('PageDown');
        await page.waitFor(
          `${id} uncovered`,
          async () => (await page.attr('present-next', 'data-turn')) !== 'uncover',
          15_000,
        );
      }
      await page.press('PageDown');
      await rests(page);
    }
    await page.close();
  });

  test('black screen, laser, spotlight: on and off by key, Escape ends them one after the other and not the view', async () => {
    const page = await lab.open(PRESENT);
    await page.press('l');
    await page.waitFor('the laser', () => flag(page, 'laser'));
    expect(await page.evaluate(() => document.querySelector('[data-testid="present-dot"]') !== null, null)).toBe(true);
    await page.press('s');
    await page.waitFor('the spotlight', () => flag(page, 'spotlight'));
    const opacity = (selector: string) =>
      page.evaluate((one) => Number(getComputedStyle(document.querySelector(one)!).opacity), selector);
    expect(await opacity('[data-testid="column-merged"]')).toBe(1);
    expect(await opacity('.formula-bar')).toBeLessThan(0.5);
    // What the step speaks of stays legible, lit or not.
    for (const alias of ['chat', 'zh', 'naive']) expect(await opacity(`[data-testid="column-${alias}"]`)).toBe(1);
    await page.press('.');
    await page.waitFor('a black screen', () => page.exists('present-black'));
    const box = await page.evaluate(() => {
      const black = document.querySelector('[data-testid="present-black"]')!;
      const { width, height } = black.getBoundingClientRect();
      const hit = document.elementFromPoint(innerWidth / 2, innerHeight - 20) === black;
      return [width >= innerWidth - 20, height === innerHeight, getComputedStyle(black).backgroundColor, hit];
    }, null);
    expect(box).toEqual([true, true, 'rgb(0, 0, 0)', true]);
    // The clicker's first press only brings the picture back.
    await page.press('PageDown');
    await page.waitFor('the picture', async () => !(await page.exists('present-black')));
    expect(await step(page)).toBe('look');
    await page.press('b');
    await page.waitFor('a black screen', () => page.exists('present-black'));
    await page.press('Escape');
    await page.waitFor('the picture', async () => !(await page.exists('present-black')));
    expect([await flag(page, 'laser'), await flag(page, 'spotlight')]).toEqual([true, true]);
    await page.press('Escape');
    await page.waitFor('no laser', async () => !(await flag(page, 'laser')));
    await page.press('Escape');
    await page.waitFor('no spotlight', async () => !(await flag(page, 'spotlight')));
    await page.press('Escape');
    await page.press('Escape');
    expect(await page.exists('present')).toBe(true);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('letters obey their switch', async () => {
    const page = await lab.open(PRESENT, () => {
      localStorage.setItem('letter-keys', 'off');
    });
    for (const key of ['b', '.', 'l', 's', 'f', 'q']) await page.press(key);
    await page.press('PageDown');
    await toStep(page, 'without');
    expect(await page.exists('present-black')).toBe(false);
    expect(await page.exists('qr')).toBe(false);
    expect([await flag(page, 'laser'), await flag(page, 'spotlight')]).toEqual([false, false]);
    await page.close();
  });

  test('a frozen bench lets only the step’s slider move', async () => {
    const page = await lab.open(PRESENT);
    await page.press('PageDown');
    await page.waitForRuns(1);
    await page.click('guess-teaches');
    await page.resize(1024, 768);
    const barTop = () => page.evaluate(() => document.querySelector('.present-bar')!.getBoundingClientRect().top, null);
    const before = await barTop();
    await page.press('f');
    await page.waitFor('a frozen bench', () => locked(page, 'run'));
    expect(await barTop()).toBe(before);
    for (const id of ['formula', 'prompt', 'tour-do']) expect(await locked(page, id), id).toBe(true);
    expect(await locked(page, 'slider-chat')).toBe(false);
    // Its keys are dead too: no mute, no run, no palette.
    const runs = await page.attr('status', 'data-run');
    for (const key of ['m', '/', 'Control+Enter', 'Control+k']) await page.press(key);
    expect(await page.exists('palette')).toBe(false);
    expect(Number(await page.value('slider-chat'))).toBeCloseTo(1.1, 6);
    expect(await page.attr('status', 'data-run')).toBe(runs);
    await page.slide('slider-chat', 0);
    await page.waitFor('a live answer', async () => (await page.attr('check-1', 'data-state')) === 'holds');
    // The lecturer's keys live; the next step is frozen as well.
    await page.press('PageDown');
    await toStep(page, 'back');
    expect(await locked(page, 'run')).toBe(true);
    await page.press('f');
    await page.waitFor('a free bench', async () => !(await locked(page, 'run')));
    await page.close();
  });

  test('the QR code leads to this step, or to exactly this bench', async () => {
    const page = await lab.open(`${PRESENT}&show=top5`);
    await page.press('PageDown');
    await page.waitForRuns(1);
    // A bench that was moved by hand changes nothing: what the last row can read comes first.
    await page.click('guess-teaches');
    await page.slide('slider-chat', 0.45);
    await rests(page);
    await page.resize(1024, 768);
    await page.press('q');
    const shownLink = () => page.text('qr-link');
    await page.waitFor('the dialog', () => page.exists('qr-link'));
    expect(await page.text('qr')).toContain('served from this machine');
    const stepLink = await readCode(page);
    expect(stepLink).toBe(await shownLink());
    expect(new URL(stepLink!).search).toBe('?lesson=addition&lang=en&step=2');
    await page.click('qr-bench');
    await page.waitFor('the other link', async () => (await shownLink()).includes('#1.'));
    const isInSight = () =>
      page.evaluate(() => {
        const { bottom } = document.querySelector('.qr-link button')!.getBoundingClientRect();
        return bottom > 0 && bottom < innerHeight;
      }, null);
    await page.waitFor('the copy button in sight', isInSight, 3000);
    expect(await readCode(page)).toBe(await shownLink());
    await page.press('Escape');
    await page.waitFor('the dialog to close', async () => !(await page.exists('qr')));
    expect(await page.exists('present')).toBe(true);
    const other = await lab.open(stepLink!);
    expect(await step(other)).toBe('without');
    expect(await other.exists('lesson-addition')).toBe(true);
    await other.close();
    await page.close();
  });

  test('a late live answer is stood in for by the recorded one, marked; the live one takes its place', async () => {
    lab.server.delay(/\.safetensors$/, 6000);
    const page = await lab.open(PRESENT, () => {
      localStorage.setItem('late-limit', '1500');
    });
    await page.press('PageDown');
    await toStep(page, 'without');
    await page.click('guess-teaches');
    await page.click('tour-do');
    await page.waitFor('the recorded answer', () => page.exists('present-late'), 10_000);
    expect(await page.attr('present-late', 'data-late')).toBe('recorded');
    expect(await page.attr('status', 'data-state')).toBe('loading');
    expect(await columnSources(page, ['merged'])).toEqual(['recorded']);
    expect(await page.text('column-merged')).toContain('recorded');
    const zh = goldenTexts().get(QUESTION)!.zh;
    expect((await columnTexts(page, ['merged'])).merged).toBe(zh);
    await page.waitForRuns(1);
    expect(await columnSources(page, ['merged'])).toEqual(['live']);
    expect((await columnTexts(page, ['merged'])).merged).toBe(zh);
    await page.waitFor('the line to go', async () => !(await page.exists('present-late')));
    lab.server.delay(null);
    await page.close();
  });

  test('what is shown is chosen by hand, and kept in the address', async () => {
    const page = await lab.open(`${PRESENT}&hide=formula&show=sliders`);
    expect([await page.exists('formula'), await page.exists('slider-zh')]).toEqual([false, true]);
    await page.click('present-parts');
    await page.click('present-part-formula');
    await page.waitFor('the formula', () => page.exists('formula'));
    expect(await page.evaluate(() => location.search, null)).not.toContain('hide');
    expect(await page.exists('column-base')).toBe(false);
    await page.click('present-part-column-base');
    await page.waitFor('one more column', () => page.exists('column-base'));
    expect(await page.evaluate(() => location.search, null)).toContain('column-base');
    await page.close();
  });

  test('the check before class runs every step of the lesson once, and leaves the bench alone', async () => {
    const page = await lab.open('?lesson=addition&step=2&lang=en');
    await page.slide('slider-chat', 0.7);
    const bench = async () => [
      await page.value('slider-chat'),
      await page.value('prompt'),
      await step(page),
      await page.attr('status', 'data-run'),
      await page.evaluate(() => location.href.split('#')[0], null),
    ];
    await rests(page);
    const before = await bench();
    await page.click('class-button');
    await page.waitFor('the dialog', () => page.exists('preflight-start'));
    expect(await page.text('preflight-machine')).toContain('served from this machine');
    await page.click('preflight-start');
    await page.waitFor(
      'the end of the check',
      async () => (await page.attr('preflight-summary', 'data-stage')) === 'done',
    );
    const { steps } = (await loadLesson('addition'))!;
    for (const { id } of steps) expect(await page.attr(`preflight-addition-${id}`, 'data-state'), id).toBe('ready');
    expect(await page.text('preflight-addition-look')).toMatch(/4 of 4/);
    expect(await page.text('preflight-summary')).toMatch(/^\s*All 7 steps are ready\. The rehearsal took [\d.]+ s\./);
    expect(await page.attr('preflight-flight-addition', 'data-flies')).toBe('true');
    await page.click('dialog-close');
    await page.waitFor('the dialog to close', async () => !(await page.exists('preflight')));
    expect(await bench()).toEqual(before);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('what the check ticks as ready for flight mode is', async () => {
    const page = await lab.open('?lesson=addition&lang=en');
    await page.click('class-button');
    await page.waitFor('the dialog', () => page.exists('preflight-start'));
    await page.click('preflight-start');
    await page.waitFor('the tick', async () => (await page.attr('preflight-flight-addition', 'data-flies')) === 'true');
    lab.server.cut(true);
    try {
      await page.open(new URL(PRESENT, lab.server.url).href);
      await page.press('PageDown');
      await page.waitForRuns(1);
      expect(await columnSources(page, ['chat', 'zh', 'merged'])).toEqual(['live', 'live', 'live']);
      await page.press('q');
      await page.waitFor('the code', () => page.exists('qr-link'));
      expect(await readCode(page)).toBe(await page.text('qr-link'));
      await page.press('Escape');
      const notes = await page.sibling();
      await notes.open(new URL('?view=notes&lang=en', lab.server.url).href, 'notes');
      await notes.waitFor('notes', async () => (await notes.attr('notes', 'data-state')) === 'connected');
    } finally {
      lab.server.cut(false);
    }
    await page.close();
  });

  test('the check says which step is too slow, and can be stopped', async () => {
    lab.server.delay(/\.safetensors$/, 2500);
    const page = await lab.open(PRESENT, () => {
      // Without a place to keep files, models are fetched while the steps run.
      Object.defineProperty(navigator, 'serviceWorker', { value: undefined });
      localStorage.setItem('late-limit', '1000');
    });
    await page.click('present-preflight');
    await page.click('preflight-start');
    await page.waitFor('the end', async () => (await page.attr('preflight-summary', 'data-stage')) === 'done');
    expect(await page.attr('preflight-addition-look', 'data-state')).toBe('slow');
    expect(await page.attr('preflight-addition-without', 'data-state')).toBe('ready');
    expect(await page.attr('preflight-flight-addition', 'data-flies')).toBe('false');
    lab.server.delay(/\.safetensors$/, 20_000);
    const other = await lab.open(PRESENT, () => {
      Object.defineProperty(navigator, 'serviceWorker', { value: undefined });
    });
    await other.click('present-preflight');
    await other.click('preflight-start');
    await other.waitFor(
      'a step to run',
      async () => (await other.attr('preflight-addition-look', 'data-state')) === 'running',
    );
    await other.click('preflight-cancel');
    await other.waitFor(
      'it to stop',
      async () => (await other.attr('preflight-summary', 'data-stage')) === 'cancelled',
    );
    lab.server.delay(null);
    await page.close();
    await other.close();
  });
});
