import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../src/core/errors';
import type { Recipe } from '../../../src/core/recipe/types';
import type { GenerateResult } from '../../../src/engine/api';
import type { LabRuntime, RunHandlers } from '../../../src/runtime/types';
import { flips } from '../../../src/state/flips.svelte';
import { Lab } from '../../../src/state/lab.svelte';
import { results } from '../../../src/state/results.svelte';
import { zooModels } from '../../zoo';

const never = new AbortController().signal;
const POINTS = 81;
let prompts = 0;

/** What is known is kept for the page's life, so every test asks a question of its own. */
function newRecipe(method = 'task_arithmetic'): Recipe {
  return {
    v: 1,
    models: zooModels('base', 'chat', 'zh'),
    merge: {
      merge_method: method,
      base_model: 'base',
      models: ['chat', 'zh'].map((model) => ({ model, parameters: { weight: 1 } })),
      parameters: { normalize: false },
    },
    run: { prompts: [`flip ${prompts++}`] },
    view: { columns: ['base', 'merged'] },
  };
}

let lab: Lab;
let asked: (readonly number[])[];
let parameters: number;
let onAnswer: () => void;

/** Refuses where the two coefficients together reach 1.5. */
const says = (coefficients: readonly number[]): string => (coefficients[0]! + coefficients[1]! < 1.495 ? 'yes' : 'no');

function fakeRuntime(): LabRuntime {
  const done: GenerateResult = { text: 'no', ids: [1], steps: [], finish: 'stop', firstTokenMs: 1, totalMs: 1 };
  return {
    open: ({ models }: Recipe) =>
      Promise.resolve(Object.keys(models).map((alias) => ({ alias, parameters, titles: {} }))),
    plan: () => Promise.resolve({ copied: [], notices: [] }),
    run: (_recipe: Recipe, columns: readonly string[], _request: unknown, handlers: RunHandlers) => {
      for (const column of columns) handlers.onDone(column, done);
      return Promise.resolve();
    },
    fingerprint: () => Promise.resolve({ sha256: 'a'.repeat(64), tensors: 1, bytes: 1, ms: 1 }),
    mix: async (
      _recipe: Recipe,
      base: string | null,
      vectors: readonly string[],
      coefficients: readonly number[],
      _request: unknown,
      signal: AbortSignal,
    ) => {
      await Promise.resolve();
      if (signal.aborted) throw new LabError('aborted', 'Cancelled.');
      expect([base, vectors]).toEqual(['base', ['chat', 'zh']]);
      asked.push(coefficients);
      onAnswer();
      return { text: ` ${says(coefficients)}`, ids: [1] };
    },
  } as unknown as LabRuntime;
}

beforeEach(() => {
  vi.useFakeTimers();
  results.clear();
  asked = [];
  parameters = 10;
  onAnswer = () => undefined;
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
const places = (alias: string) => flips.of(lab, alias)?.flips.map(({ at }) => at);

describe('the flip points of the sliders', () => {
  test('are due one slider after another, once the fingerprint is known', async () => {
    expect(flips.due(lab)).toBeNull();
    await lab.run();
    expect(flips.due(lab)).toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    expect(flips.due(lab)).toBe('chat');
    await flips.search(lab, 'chat', never);
    expect(flips.of(lab, 'chat')).toEqual({
      flips: [{ at: 0.5, from: 'yes', to: 'no' }],
      source: 'live',
      search: null,
    });
    expect(flips.due(lab)).toBe('zh');
    await flips.search(lab, 'zh', never);
    expect(flips.due(lab)).toBeNull();
  });

  test('do not depend on their own slider, but on the others and on the question', async () => {
    await runAndRest();
    for (const alias of ['chat', 'zh']) await flips.search(lab, alias, never);
    lab.setWeight('chat', 0.7);
    expect([flips.of(lab, 'chat')?.source, flips.of(lab, 'zh')?.source]).toEqual(['live', 'stale']);
    // Shown until the new ones are known, so that nothing jumps while a hand moves.
    expect(places('zh')).toEqual([0.5]);
    await runAndRest();
    expect(flips.due(lab)).toBe('zh');
    await flips.search(lab, 'zh', never);
    expect([flips.of(lab, 'zh')?.source, places('zh')]).toEqual(['live', [0.8]]);
    lab.setPrompt('another');
    expect(['chat', 'zh'].map((alias) => flips.of(lab, alias)?.source)).toEqual(['stale', 'stale']);
  });

  test('tell how far their search is and what it has found, and go on where it gave way', async () => {
    // Among other models the sliders are others: nothing older is shown.
    const recipe = newRecipe();
    lab.open({ ...recipe, models: { ...recipe.models, other: { src: 'zoo:ko-1' } } }, null);
    await runAndRest();
    const controller = new AbortController();
    onAnswer = () => {
      if (asked.length === 60) controller.abort();
    };
    const search = flips.search(lab, 'chat', controller.signal);
    const seen: string[] = [];
    while (!controller.signal.aborted) {
      const now = flips.of(lab, 'chat')!;
      seen.push(`${now.source} ${now.search?.done ?? 0} of ${now.search?.total ?? POINTS}, ${now.flips.length}`);
      await Promise.resolve();
    }
    await search;
    expect(seen).toContain(`stale 1 of ${POINTS}, 0`);
    expect(seen.at(-1)).toMatch(new RegExp(`^stale \\d+ of ${POINTS}, 1$`));
    expect(flips.of(lab, 'chat')).toMatchObject({ flips: [], source: 'stale', search: null });
    expect(flips.due(lab)).toBe('chat');
    // Its own slider may have moved meanwhile.
    lab.setWeight('chat', -1);
    await flips.search(lab, 'chat', never);
    expect(places('chat')).toEqual([0.5]);
    expect(new Set(asked.map(([chat]) => chat)).size).toBe(asked.length);
  });

  test('are crossed from the side where the slider stands', () => {
    const flip = { at: 0.58, from: 'yes', to: 'no' };
    expect([0, 0.57, 0.58, 2].map((weight) => flips.across(weight, flip))).toEqual([0.58, 0.58, 0.57, 0.57]);
  });

  test('are not searched for what is no sum of vectors, for large models, or while tokens are drawn; each in words', async () => {
    expect(flips.obstacle(lab)).toBeNull();
    await runAndRest();
    lab.edit({ ...newRecipe(), run: { prompts: ['drawn'], temperature: 1 } });
    await runAndRest();
    expect([flips.obstacle(lab), flips.due(lab), flips.of(lab, 'chat')]).toEqual(['sampled', null, null]);
    lab.edit(newRecipe('ties'));
    await runAndRest();
    expect([flips.obstacle(lab), flips.due(lab), flips.of(lab, 'chat')]).toEqual(['method', null, null]);
    parameters = 6_000_000;
    lab.edit(newRecipe());
    await runAndRest();
    expect([flips.obstacle(lab), flips.due(lab), flips.of(lab, 'chat')]).toEqual(['size', null, null]);
  });
});
