import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planRecipe } from '../../../../src/core/merge/plan';
import { fingerprintPlan } from '../../../../src/core/merge/run';
import { newSha256 } from '../../../../src/cli/disk';
import { mergesForAllEngines } from '../../../merges';
import { GOLDEN, headsOf, ZOO } from './helpers';

/** Made by `npm run merge` of the version that added a recipe: old links must stay true for ever. */
const known = JSON.parse(readFileSync(join(GOLDEN, 'merge/fingerprints-engines.json'), 'utf8')) as Record<
  string,
  string
>;
const heads = await headsOf(
  Object.fromEntries(
    Object.entries(mergesForAllEngines[0]!.recipe.models).map(([alias, { src }]) => [alias, join(ZOO, src.slice(4))]),
  ),
);

test('there are twenty, and each gives other weights', () => {
  expect(mergesForAllEngines).toHaveLength(20);
  expect(new Set(Object.values(known)).size).toBe(20);
});

test.each(mergesForAllEngines.map(({ name, recipe }) => [name, recipe] as const))('%s', async (name, recipe) => {
  const plan = planRecipe(recipe, (alias) => heads.get(alias)!, newSha256);
  expect((await fingerprintPlan(plan, newSha256)).sha256).toBe(known[name]);
});
