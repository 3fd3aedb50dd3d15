import { describe, expect, test } from 'vitest';
import type { Recipe } from '../../../src/core/recipe/types';
import type { CheckpointSummary } from '../../../src/engine/api';
import type { Lab } from '../../../src/state/lab.svelte';
import { likelyBase, withAdapter, type Fit } from '../../../src/state/lora-fit';

const recipe: Recipe = {
  v: 1,
  models: { base: { src: 'zoo:base-1' }, chat: { src: 'zoo:chat-1' }, local_1: { src: `file:${'0'.repeat(64)}` } },
  merge: { merge_method: 'task_arithmetic', base_model: 'base', models: [{ model: 'chat' }] },
};
const bench = (titles: Record<string, string> = {}) =>
  ({
    recipe,
    doc: recipe.merge,
    runner: { models: Object.fromEntries(Object.entries(titles).map(([alias, title]) => [alias, { title }])) },
  }) as unknown as Lab;
const adapter = (baseName: string | null) => ({ src: 'file:x', adapter: { baseName } }) as CheckpointSummary;
const fits = (...aliases: string[]): Fit[] =>
  Object.keys(recipe.models).map((base) => ({
    base,
    error: aliases.includes(base) ? null : { code: 'lora/shape', message: 'no', params: {} },
    size: null,
  }));

describe('the model that an adapter is offered first', () => {
  test.each([
    ['someone/chat-1', ['base', 'chat'], 'chat'],
    ['/home/me/models/Chat', ['base', 'chat'], 'chat'],
    ['My-Llama', ['base', 'chat', 'local_1'], 'local_1'],
    // The one it names does not fit: then the base of the merge, or what does.
    ['someone/chat-1', ['base', 'local_1'], 'base'],
    ['elsewhere/other', ['chat', 'local_1'], 'chat'],
    [null, ['base', 'chat'], 'base'],
    [null, [], null],
  ] as const)('trained on %s, fits %j: %s', (name, aliases, expected) => {
    const lab = bench({ local_1: 'my-llama' });
    expect(likelyBase(lab, adapter(name), fits(...aliases))).toBe(expected);
  });

  test('takes an alias of its own, laid on that model', () => {
    expect(withAdapter(bench(), 'file:x', 'base')).toMatchObject({
      alias: 'local_2',
      recipe: { models: { ...recipe.models, local_2: { src: 'file:x', base: 'base' } } },
    });
  });
});
