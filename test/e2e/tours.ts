import { expect } from 'vitest';
import type { Lesson } from '../../src/core/lesson/types';
import type { LabPage } from './driver';

/** How often a key may be pressed until a slider is where it should be. */
const MAX_PRESSES = 120;

/** Moves a slider by its arrow keys: 0.05 a press, with Shift 0.01. */
async function slideByKeys(page: LabPage, alias: string, to: number): Promise<void> {
  const id = `slider-${alias}`;
  await page.tabTo(id);
  for (let i = 0; i < MAX_PRESSES; i++) {
    const distance = to - Number(await page.value(id));
    if (Math.abs(distance) < 0.005) return;
    const key = distance > 0 ? 'ArrowRight' : 'ArrowLeft';
    await page.press(Math.abs(distance) < 0.045 ? `Shift+${key}` : key);
  }
  throw new Error(`${id} did not reach ${to}: it is at ${await page.value(id)}`);
}

async function typeFormula(page: LabPage, text: string): Promise<void> {
  await page.tabTo('formula');
  await page.press('Control+a');
  await page.type(text);
}

/**
 * Walks one lesson from its first step to its last by keyboard alone: guesses, moves with its own hands, counts, and
 * holds every claim against *live* results.
 * @returns what the merged column said at each step
 */
export async function walk(page: LabPage, lesson: Lesson): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  for (const [at, step] of lesson.steps.entries()) {
    await page.waitFor(`step ${step.id}`, async () => (await page.attr('tour', 'data-step')) === step.id);
    if (step.predict) {
      if (!lesson.neurons) expect((await page.text('column-merged-text')).trim(), `${step.id}: covered`).toBe('');
      await page.tabTo(`guess-${step.predict.answer}`);
      await page.press('Enter');
    }
    for (const action of step.move ?? []) {
      if (action.kind === 'set') await slideByKeys(page, action.alias, action.weight);
      else if (action.kind === 'formula') await typeFormula(page, action.text);
      else if (action.kind === 'question') {
        await page.tabTo('tour-do');
        await page.press('Enter');
      } else throw new Error(`no hands for ${action.kind}`);
    }
    if (at === 0 && !lesson.neurons) {
      await page.tabTo('run');
      await page.press('Enter');
      await page.waitForRuns(1);
    }
    const counted = step.check.some(({ kind }) => kind === 'rate');
    if (counted) {
      await page.tabTo('tour-count');
      await page.press('Enter');
    }
    for (const i of step.check.keys()) {
      const id = `check-${i + 1}`;
      await page.waitFor(
        `${lesson.id} ${step.id}: ${await page.text(id)} to hold live`,
        async () => (await page.attr(id, 'data-state')) === 'holds' && (await page.attr(id, 'data-source')) === 'live',
        120_000,
      );
    }
    if (counted) {
      // Its button is gone, the keyboard's place is not.
      await page.waitFor('the focus on the result', async () => (await page.focusedId()) === 'counted', 5000);
      expect(await page.text('check-news')).toMatch(/\d+ of \d+/);
    }
    said[step.id] = (await page.text('column-merged-text')).trim();
    if (at === lesson.steps.length - 1) break;
    await page.waitFor('the explanation', async () => (await page.text('tour-explain')) !== '');
    await page.tabTo('tour-next');
    await page.press('Enter');
  }
  for (const { id, bars } of lesson.figures)
    for (const { value } of bars)
      await page.waitFor(`figure ${id} to say ${value}`, async () =>
        (await page.text(`figure-${id}`)).includes(String(value)),
      );
  return said;
}
