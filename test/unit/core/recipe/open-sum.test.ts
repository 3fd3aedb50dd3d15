import { describe, expect, test } from 'vitest';
import { openSum } from '../../../../src/core/recipe/open-sum';
import type { MergeDoc, Recipe } from '../../../../src/core/recipe/types';

const recipe = (merge: MergeDoc | MergeDoc[]): Recipe => ({
  v: 1,
  models: { base: { src: 'zoo:base-1' }, a: { src: 'zoo:a-1' }, b: { src: 'zoo:b-1' } },
  merge,
});
const doc: MergeDoc = {
  merge_method: 'task_arithmetic',
  base_model: 'base',
  models: [
    { model: 'a', parameters: { weight: 1 } },
    { model: 'b', parameters: { weight: -0.5 } },
  ],
  parameters: { normalize: false },
  dtype: 'float32',
};

describe('a sum with open coefficients', () => {
  test('task arithmetic is measured from its base, a linear merge from nothing', () => {
    expect(openSum(recipe(doc))).toEqual({ base: 'base', vectors: ['a', 'b'], coefficients: [1, -0.5] });
    const { base_model: _, ...rest } = doc;
    expect(openSum(recipe({ ...rest, merge_method: 'linear' }))).toEqual({
      base: null,
      vectors: ['a', 'b'],
      coefficients: [1, -0.5],
    });
  });

  test.each<[string, MergeDoc | MergeDoc[]]>([
    ['trimming', { ...doc, merge_method: 'ties', parameters: { normalize: false, density: 0.5 } }],
    ['normalised weights', { ...doc, parameters: { normalize: true } }],
    ['weights normalised by default', { ...doc, parameters: {} }],
    ['a lambda', { ...doc, parameters: { normalize: false, lambda: 0.5 } }],
    ['a gradient', { ...doc, models: [{ model: 'a', parameters: { weight: [0, 1] } }] }],
    ['a narrow dtype', { ...doc, dtype: 'bfloat16' }],
    ['a vocabulary', { ...doc, tokenizer: { source: 'union' } }],
    ['a chat template', { ...doc, chat_template: 'chatml' }],
    ['stages', [doc]],
    ['no vector', { ...doc, models: [] }],
  ])('%s is none', (_, merge) => {
    expect(openSum(recipe(merge))).toBeNull();
  });
});
