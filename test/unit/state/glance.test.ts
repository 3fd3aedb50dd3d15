import { describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors';
import type { Recipe } from '../../../src/core/recipe/types';
import type { CheckpointSummary } from '../../../src/engine/api';
import type { LabRuntime } from '../../../src/runtime/types';
import { areOpen, Glance } from '../../../src/state/glance.svelte';
import { Lab } from '../../../src/state/lab.svelte';
import { goldenLessons, goldenRecipe } from '../../zoo';

const recipe: Recipe = { ...goldenRecipe(goldenLessons.addition), run: { prompts: ['x'] } };

function bench(answer: (kind: string, signal: AbortSignal) => Promise<unknown>, parameters = 1000) {
  const asked: string[] = [];
  const runtime = {
    open: (of: Recipe) =>
      Promise.resolve(
        Object.entries(of.models).map(([alias, { src }]) => ({ alias, src, parameters }) as CheckpointSummary),
      ),
    look: (_of: Recipe, kind: string, options: object, onProgress: (progress: object) => void, signal: AbortSignal) => {
      asked.push(`${kind} ${JSON.stringify(options)}`);
      onProgress({ stage: 'read', done: 1, total: 2, unit: 'bytes' });
      return answer(kind, signal);
    },
  } as unknown as LabRuntime;
  const lab = new Lab(() => Promise.resolve(runtime));
  lab.open(recipe, null);
  return { lab, asked };
}
const KIN = { reference: 'base', models: [] };

describe('a look at weights', () => {
  test('opens the models when asked, never by itself; is fresh until a model changes, whatever the weights', async () => {
    const { lab, asked } = bench(() => Promise.resolve(KIN));
    const kin = new Glance('kin');
    expect([areOpen(lab), kin.due(lab, {})]).toEqual([false, false]);
    await kin.look(lab, {});
    expect([areOpen(lab), kin.seen, kin.busy, kin.fresh(lab.recipe, {})]).toEqual([true, KIN, false, true]);
    lab.setWeight('zh', 0.25);
    expect(kin.fresh(lab.recipe, {})).toBe(true);
    lab.setSources({ zh: 'zoo:rude-1' });
    expect(kin.fresh(lab.recipe, {})).toBe(false);
    expect(asked).toEqual(['kin {}']);
  });

  test('of the merged model follows the recipe; of a parent it does not', async () => {
    const { lab } = bench(() => Promise.resolve({}));
    const view = new Glance('tensor');
    const of = (first: string) => ({ name: 'w', first, second: null, spectra: true });
    for (const [first, fresh] of [
      ['merged', false],
      ['chat', true],
    ] as const) {
      await view.look(lab, of(first));
      expect(view.fresh(lab.recipe, of(first))).toBe(true);
      lab.setWeight('zh', lab.weight('zh')! + 0.1);
      expect(view.fresh(lab.recipe, of(first)), first).toBe(fresh);
      expect(view.due(lab, of(first)), first).toBe(!fresh);
    }
  });

  test('large models wait to be asked; what failed is tried again only when asked', async () => {
    const large = bench(() => Promise.resolve(KIN), 2e9);
    await large.lab.check();
    expect(new Glance('kin').due(large.lab, {})).toBe(false);

    const { lab } = bench(() => Promise.reject(new LabError('merge/nan-input', 'NaN')));
    const kin = new Glance('kin');
    await kin.look(lab, {});
    expect([kin.error?.code, kin.seen, kin.due(lab, {})]).toEqual(['merge/nan-input', null, false]);
    kin.cancel();
    expect(kin.due(lab, {})).toBe(true);
  });

  test('a cancelled look shows nothing, and the newest wins', async () => {
    const answers: ((value: unknown) => void)[] = [];
    const { lab } = bench(() => new Promise((resolve) => answers.push(resolve)));
    await lab.check();
    const kin = new Glance('kin');
    const [first, second] = [kin.look(lab, {}), kin.look(lab, {})];
    await new Promise((resolve) => setTimeout(resolve));
    answers.forEach((answer, at) => answer({ ...KIN, reference: String(at) }));
    await Promise.all([first, second]);
    const last = String(answers.length - 1);
    expect(kin.seen?.reference).toBe(last);
    const third = kin.look(lab, {});
    await new Promise((resolve) => setTimeout(resolve));
    kin.cancel();
    answers.at(-1)!(KIN);
    await third;
    expect([kin.busy, kin.seen?.reference]).toEqual([false, last]);
  });
});
