import { describe, expect, test } from 'vitest';
import type { CheckpointHead } from '../../../src/core/merge/types';
import { planRecipe } from '../../../src/core/merge/plan';
import type { MergeDoc, Recipe } from '../../../src/core/recipe/types';
import { lookAt, type Bench } from '../../../src/engine/microscope';
import { newSha256, prepareSha256 } from '../../../src/engine/sha256';
import { madeHead } from '../core/merge/helpers';

await prepareSha256();

const w = (values: number[], shape = [2, 2]) => ({ w: { shape, values } });
const heads: Record<string, CheckpointHead> = {
  base: madeHead('base', { ...w([1, 1, 1, 1]), v: { shape: [1], values: [1] } }),
  one: madeHead('one', w([1, 3, 0, 1])),
  two: madeHead('two', w([1, 1, 1, 2])),
  wide: madeHead('wide', w([1, 2], [1, 2])),
};

function bench(merge: MergeDoc, aliases = Object.keys(heads)): Bench & { bytes: number[] } {
  const recipe: Recipe = {
    v: 1,
    models: Object.fromEntries(aliases.map((alias) => [alias, { src: `zoo:${alias}` }])),
    merge,
  };
  const bytes: number[] = [];
  return {
    recipe,
    head: (alias) => heads[alias]!,
    plan: () => planRecipe(recipe, (alias) => heads[alias]!, newSha256),
    signal: new AbortController().signal,
    report: ({ done }) => bytes.push(done),
    bytes,
  };
}
const ties: MergeDoc = {
  merge_method: 'ties',
  base_model: 'base',
  models: ['one', 'two'].map((model) => ({ model, parameters: { weight: 1, density: 0.5 } })),
};

describe('looking at weights in the merge worker', () => {
  test('kin: every model of the bench against its base, with the bytes read', async () => {
    const look = bench(ties);
    const { reference, models } = await lookAt(look, 'kin', {});
    expect([reference, models.map(({ alias, verdict }) => [alias, verdict])]).toEqual([
      'base',
      [
        ['one', 'far'],
        ['two', 'far'],
        ['wide', 'incomparable'],
      ],
    ]);
    expect(look.bytes.at(-1)).toBe(4 * 16);
  });

  test('tensors: those that all of them have, and the merge makes', async () => {
    const names = async (...models: string[]) =>
      (await lookAt(bench(ties), 'tensors', { models })).map(({ name }) => name);
    expect(await names('one', 'merged')).toEqual(['w']);
    expect(await names('wide')).toEqual([]);
    expect(await names('merged')).toEqual(['v', 'w']);
  });

  test('tensor: a model and the merge itself, as they differ from the base', async () => {
    const view = await lookAt(bench(ties), 'tensor', { name: 'w', first: 'one', second: 'merged', spectra: false });
    expect(view.panels.map(({ alias, kind, grid }) => [alias, kind, ...grid.cells])).toEqual([
      ['base', 'values', 1, 1, 1, 1],
      ['one', 'values', 1, 3, 0, 1],
      ['one', 'delta', 0, 2, -1, 0],
      ['merged', 'delta', 0, 2, -1, 1],
    ]);
    const alone = await lookAt(bench(ties), 'tensor', { name: 'w', first: 'two', second: null, spectra: true });
    expect(alone.panels).toHaveLength(3);
    expect(alone.panels[2]!.spectrum).toMatchObject({ squares: 1, full: 2 });
  });

  test('passage: what the recipe’s method does', async () => {
    const seen = await lookAt(bench(ties), 'passage', { tensor: 'w' });
    expect(seen.vectors.map(({ thinned }) => thinned.changed)).toEqual([2, 1]);
  });

  test('a tensor of another shape, and a bench without models, are refused', async () => {
    const options = { name: 'w', first: 'wide', second: null, spectra: false };
    await expect(lookAt(bench(ties), 'tensor', options)).rejects.toMatchObject({ code: 'analyze/no-tensor' });
    const empty = bench({ merge_method: 'linear', models: [] }, []);
    await expect(lookAt(empty, 'kin', {})).rejects.toMatchObject({ code: 'analyze/no-models' });
  });
});
