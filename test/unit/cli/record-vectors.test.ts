import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordVectors } from '../../../src/cli/record-vectors';
import type { Recipe } from '../../../src/core/recipe/types';
import { goldenLessons, goldenRecipe, type GoldenId } from '../../zoo';

const RECORDED = join(import.meta.dirname, '../../../public/zoo/recorded');

describe('what was recorded of the vectors', () => {
  test.each(Object.keys(goldenLessons) as GoldenId[])('%s: is what they are, to the bit', async (id) => {
    const recorded = JSON.parse(readFileSync(join(RECORDED, `${id}-vectors.json`), 'utf8')) as {
      recipe: Recipe;
      analysis: object;
    };
    expect(recorded.recipe.models).toMatchObject(goldenRecipe(goldenLessons[id]).models);
    const found = await recordVectors(recorded.recipe);
    expect(JSON.parse(JSON.stringify(found))).toEqual(recorded);
    expect(found?.analysis.tensors.filter(({ piece }) => piece !== null).length).toBe(1);
  });

  test('one vector has nothing to record', async () => {
    const recipe = goldenRecipe(goldenLessons.addition);
    const merge = { ...goldenLessons.addition.merge, models: goldenLessons.addition.merge.models!.slice(0, 1) };
    expect(await recordVectors({ ...recipe, merge })).toBeNull();
  });
});
