import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../src/core/errors';
import { weightOf } from '../../../src/core/recipe/weights';
import type { MergeDoc, Recipe } from '../../../src/core/recipe/types';
import type { GenerateResult } from '../../../src/engine/api';
import type { LabRuntime, RunHandlers } from '../../../src/runtime/types';
import { ablations } from '../../../src/state/ablation.svelte';
import { divergences } from '../../../src/state/divergence.svelte';
import { Lab } from '../../../src/state/lab.svelte';
import { rests } from '../../../src/state/rest';
import { results } from '../../../src/state/results.svelte';
import { zooModels } from '../../zoo';

const never = new AbortController().signal;
let prompts = 0;

/** What is known is kept for the page's life, so every test asks a question of its own. */
function newRecipe(weights: Readonly<Record<string, number>> = { chat: 1.1, zh: 1 }): Recipe {
  return {
    v: 1,
    models: zooModels('base', 'chat', 'zh'),
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: Object.entries(weights).map(([model, weight]) => ({ model, parameters: { weight } })),
      parameters: { normalize: false },
    },
    run: { prompts: [`question ${prompts++}`] },
    view: { columns: ['base', 'chat', 'merged'] },
  };
}

const answer = (...words: string[]): GenerateResult => ({
  text: words.join(' '),
  ids: words.map((_, i) => i + 7),
  steps: words.map((word, i) => ({ id: i + 7, text: i === 0 ? word : ` ${word}`, top5: [] })),
  finish: 'stop',
  firstTokenMs: 1,
  totalMs: 1,
});
const weightsOf = ({ merge }: Recipe): string =>
  ['chat', 'zh'].map((alias) => weightOf(merge as MergeDoc, alias)).join(' ');

interface Fake {
  parameters: number;
  compared: unknown[][];
  asked: string[];
  fail: LabError | null;
}
let fake: Fake;
let lab: Lab;

/** A runtime whose models answer at once; the merged one says its weights. */
function fakeRuntime(): LabRuntime {
  const refuse = (): void => {
    if (fake.fail) throw fake.fail;
  };
  return {
    open: ({ models }: Recipe) =>
      Promise.resolve(Object.entries(models).map(([alias]) => ({ alias, parameters: fake.parameters, titles: {} }))),
    plan: () => Promise.resolve({ copied: [], notices: [] }),
    run: (recipe: Recipe, columns: readonly string[], _request: unknown, handlers: RunHandlers) => {
      for (const column of columns)
        handlers.onDone(column, answer('it', 'is', column === 'merged' ? weightsOf(recipe) : column));
      return Promise.resolve();
    },
    fingerprint: () => Promise.resolve({ sha256: 'a'.repeat(64), tensors: 1, bytes: 1, ms: 1 }),
    divergence: async (_recipe: Recipe, column: string, other: string, prompt: string, ids: readonly number[]) => {
      await Promise.resolve();
      refuse();
      fake.compared.push([column, other, prompt, ids]);
      return ids.map((id) => ({ p: 0.5, kl: id }));
    },
    answer: async (recipe: Recipe) => {
      await Promise.resolve();
      refuse();
      fake.asked.push(weightsOf(recipe));
      return answer('it', 'is', weightsOf(recipe));
    },
  } as unknown as LabRuntime;
}

beforeEach(() => {
  vi.useFakeTimers();
  results.clear();
  fake = { parameters: 10, compared: [], asked: [], fail: null };
  lab = new Lab(() => Promise.resolve(fakeRuntime()));
  lab.open(newRecipe(), null);
});
afterEach(() => {
  vi.useRealTimers();
});
async function runAndRest(): Promise<void> {
  await lab.run();
  await vi.advanceTimersByTimeAsync(1000);
}

describe('a bench that rests', () => {
  test('has run, is idle, and knows its fingerprint', async () => {
    expect(rests(lab)).toBe(false);
    const run = lab.run();
    expect(rests(lab)).toBe(false);
    await run;
    expect(rests(lab)).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(rests(lab)).toBe(true);
    lab.setPrompt('another');
    expect(rests(lab)).toBe(false);
  });

  test('does nothing unasked with large models', async () => {
    fake.parameters = 100_000_000;
    await runAndRest();
    expect([rests(lab), divergences.due(lab), ablations.due(lab)]).toEqual([false, null, null]);
  });
});

describe('how far the columns are from the reference', () => {
  test('is asked for each other column once, with the tokens that it shows', async () => {
    expect(divergences.due(lab)).toBeNull();
    await runAndRest();
    const prompt = lab.prompt;
    for (const alias of ['chat', 'merged']) {
      expect(divergences.due(lab)).toBe(alias);
      expect(divergences.of(lab, alias)).toBeNull();
      await divergences.measure(lab, alias, never);
      expect(divergences.of(lab, alias)?.map(({ kl }) => kl)).toEqual([7, 8, 9]);
    }
    expect(divergences.due(lab)).toBeNull();
    expect(fake.compared).toEqual([
      ['chat', 'base', prompt, [7, 8, 9]],
      ['merged', 'base', prompt, [7, 8, 9]],
    ]);
    expect(divergences.of(lab, 'base')).toBeNull();
  });

  test('stays with the answer that is shown, and is asked anew for other weights', async () => {
    await runAndRest();
    for (const alias of ['chat', 'merged']) await divergences.measure(lab, alias, never);
    lab.edit(newRecipe());
    expect(lab.source('merged')).toBe('stale');
    expect(divergences.of(lab, 'merged')).not.toBeNull();
    expect(divergences.due(lab)).toBeNull();
    await runAndRest();
    expect(divergences.of(lab, 'merged')).toBeNull();
    expect(divergences.due(lab)).toBe('chat');
  });

  test('is unknown for recorded answers, whose token numbers are not known', () => {
    results.show('merged', 'k', 'recorded', 'it is', [
      { text: 'it', top5: [] },
      { text: ' is', top5: [] },
    ]);
    expect([divergences.due(lab), divergences.of(lab, 'merged')]).toEqual([null, null]);
  });

  test('is not tried again where it cannot be had, but is where it was only given up', async () => {
    await runAndRest();
    fake.fail = new LabError('aborted', 'Cancelled.');
    await divergences.measure(lab, 'chat', never);
    expect(divergences.due(lab)).toBe('chat');
    fake.fail = new LabError('model/other-vocabulary', 'No.');
    await divergences.measure(lab, 'chat', never);
    expect(divergences.due(lab)).toBe('merged');
    expect(lab.runner.state).toBe('idle');
  });
});

describe('the answer without one term', () => {
  test('is asked of the recipe with that weight at 0, and told where it parts', async () => {
    expect(ablations.due(lab)).toBeNull();
    await runAndRest();
    for (const [alias, weights] of [
      ['chat', '0 1'],
      ['zh', '1.1 0'],
    ] as const) {
      expect(ablations.due(lab)).toBe(alias);
      expect(ablations.of(lab, alias)).toBeNull();
      await ablations.ask(lab, alias, never);
      const found = ablations.of(lab, alias);
      expect(found?.tokens.map(({ piece }) => piece).join('')).toBe(`it is ${weights}`);
      expect([found?.split, found?.source]).toEqual([2, 'live']);
    }
    expect(fake.asked).toEqual(['0 1', '1.1 0']);
    expect(ablations.due(lab)).toBeNull();
    // The bench itself is not touched.
    expect([weightsOf(lab.recipe), lab.edited, lab.runner.finished]).toEqual(['1.1 1', false, 1]);
  });

  test('is stale for other weights until it is known of them', async () => {
    await runAndRest();
    await ablations.ask(lab, 'chat', never);
    lab.setWeight('zh', 0.5);
    expect(ablations.of(lab, 'chat')?.source).toBe('stale');
    await vi.advanceTimersByTimeAsync(1000);
    expect([lab.source('merged'), ablations.of(lab, 'chat')?.source]).toEqual(['live', 'stale']);
    await ablations.ask(lab, 'chat', never);
    expect(ablations.of(lab, 'chat')?.source).toBe('live');
    expect(fake.asked).toEqual(['0 1', '0 0.5']);
    const stood = lab.recipe;
    // Another question: what was said to the last one stays until then, as the columns do.
    lab.setPrompt('another');
    expect(ablations.of(lab, 'chat')?.source).toBe('stale');
    lab.edit(stood);
    // Back where it was known already.
    lab.setWeight('zh', 1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(ablations.of(lab, 'chat')?.tokens.at(-1)?.text).toBe(' 0 1');
    expect(ablations.of(lab, 'chat')?.source).toBe('live');
  });

  test('does not exist for a term that is out already', async () => {
    lab.open(newRecipe({ chat: 1, zh: 0 }), null);
    await runAndRest();
    expect(ablations.due(lab)).toBe('chat');
    await ablations.ask(lab, 'zh', never);
    expect(ablations.of(lab, 'zh')).toBeNull();
    expect(fake.asked).toEqual([]);
  });

  test('is dropped when the search gives way, and not tried again where the merge cannot do without', async () => {
    const renamed = newRecipe();
    lab.open({ ...renamed, models: { ...renamed.models, other: { src: 'zoo:ko-1' } } }, null);
    await runAndRest();
    const controller = new AbortController();
    const asked = ablations.ask(lab, 'chat', controller.signal);
    controller.abort();
    await asked;
    expect([ablations.of(lab, 'chat'), ablations.due(lab)]).toEqual([null, 'chat']);
    fake.fail = new LabError('merge/non-finite', 'No.');
    await ablations.ask(lab, 'chat', never);
    expect(ablations.due(lab)).toBe('zh');
  });
});
