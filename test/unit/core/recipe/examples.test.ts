import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { planRecipe } from '../../../../src/core/merge/plan';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import { EXAMPLES, exampleFor } from '../../../../src/core/recipe/examples';
import { settle } from '../../../../src/core/recipe/settle';
import type { Recipe } from '../../../../src/core/recipe/types';
import { recipeFromYaml, recipeToYaml } from '../../../../src/core/recipe/yaml';
import { summarizePlan } from '../../../../src/engine/plan-summary';
import { heatOf, layersOf } from '../../../../src/ui/plan/rows';
import { headsOf, ZOO } from '../merge/helpers';
import { newSha256 } from './recipes';

const models: Recipe['models'] = {
  base: { src: 'zoo:base-1' },
  chat: { src: 'zoo:chat-1' },
  zh: { src: 'zoo:zh-1' },
};
const LAYERS = 4;
let heads: ReadonlyMap<string, CheckpointHead>;
beforeAll(async () => {
  heads = await headsOf(
    Object.fromEntries(Object.entries(models).map(([alias, { src }]) => [alias, join(ZOO, src.slice('zoo:'.length))])),
  );
});

/** The road of the page: the example is written as YAML, read, laid over the bench, and planned. */
function planOf(id: (typeof EXAMPLES)[number]['id']) {
  const merge = exampleFor(id, { base: 'base', others: ['chat', 'zh'], layers: LAYERS })!;
  const { recipe, aliases, notices } = recipeFromYaml(recipeToYaml({ v: 1, models, merge }));
  const settled = settle(recipe, aliases, models);
  expect({ models: settled.models, merge: settled.merge }).toEqual({ models, merge });
  expect([notices, settled.missing]).toEqual([[], []]);
  return summarizePlan(planRecipe({ v: 1, models, merge }, (alias) => heads.get(alias)!, newSha256));
}

describe('examples of recipes', () => {
  test.each(EXAMPLES.map(({ id }) => id))('%s can be merged from the models of the zoo', (id) => {
    const plan = planOf(id);
    expect(plan.tensors.filter(({ why }) => why === null).length).toBeGreaterThan(30);
    expect(plan.tensors.length).toBe(plan.outTensors);
    // What is told to the page is plain data.
    expect(structuredClone(plan)).toEqual(plan);
  });

  test('do what their names say', () => {
    const strip = (id: Parameters<typeof planOf>[0], alias: string) =>
      heatOf(planOf(id))
        .find((one) => one.alias === alias)!
        .cells.map(({ mean }) => Number(mean.toFixed(3)));
    expect(strip('average', 'chat')).toEqual(Array.from({ length: LAYERS + 1 }, () => 0.5));
    expect(strip('negation', 'base')).toEqual(Array.from({ length: LAYERS + 1 }, () => 1.5));
    expect(strip('gradient', 'chat')).toEqual([0, 0, 0.333, 0.667, 1]);
    // All three tensors outside of the layers but the norm are left out.
    expect(strip('chat-vector', 'zh')[1]).toBe(1);
    expect(strip('chat-vector', 'zh')[0]).toBeLessThan(1);
    const only = planOf('only-q').tensors.filter(({ coefficients }) =>
      coefficients?.some(({ alias, coefficient }) => alias === 'chat' && coefficient !== 0),
    );
    expect(only.map(({ name }) => name)).toEqual(
      Array.from({ length: LAYERS }, (_, at) => `model.layers.${at}.self_attn.q_proj.weight`),
    );
    // Embeddings of the first slice, the final norm of the last.
    expect(strip('passthrough', 'chat')).toEqual([0.5, 0, 0, 0, 1, 1]);
    expect(layersOf(planOf('passthrough'))).toBe(LAYERS - 1 + LAYERS / 2);
    expect(layersOf(planOf('slices'))).toBe(LAYERS);
  });

  test('are not offered without the models, or the layers, that they need', () => {
    expect(exampleFor('add', { base: 'base', others: ['chat'], layers: LAYERS })).toBeNull();
    expect(exampleFor('passthrough', { base: 'base', others: ['chat'], layers: 0 })).toBeNull();
  });
});
