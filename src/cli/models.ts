import { LabError } from '../core/errors';
import { planCheckpoint, planRecipe } from '../core/merge/plan';
import { fingerprintPlan } from '../core/merge/run';
import type { MergePlan } from '../core/merge/types';
import { usedModels } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import { adapted } from '../engine/adapted';
import { headOf, type Checkpoint } from '../engine/checkpoint';
import { newSha256, openFolder } from './disk';

/** What a merge is to do, as plain data: every thread makes the same plan of it. */
export interface Order {
  readonly recipe: Recipe;
  /** Where each model lies, and what to call it. */
  readonly folders: Readonly<Record<string, { readonly path: string; readonly title: string }>>;
  readonly allowNonFinite: boolean;
}

export async function openModels({ recipe, folders }: Order): Promise<Map<string, Checkpoint>> {
  const used = usedModels(recipe);
  const checkpoints = new Map<string, Checkpoint>();
  for (const alias of Object.keys(recipe.models)) {
    if (!used.has(alias)) continue;
    const { path, title } = folders[alias]!;
    checkpoints.set(alias, await openFolder(path, title));
  }
  return checkpoints;
}

/** @throws LabError `source/other-weights` where a model is named by its weights and these are not they. */
export async function checkWeights({ models }: Recipe, checkpoints: ReadonlyMap<string, Checkpoint>): Promise<void> {
  for (const [alias, checkpoint] of checkpoints) {
    const { src } = models[alias]!;
    if (!src.startsWith('file:')) continue;
    const { sha256 } = await fingerprintPlan(planCheckpoint(headOf(alias, checkpoint), null), newSha256);
    if (src !== `file:${sha256}`)
      throw new LabError(
        'source/other-weights',
        `The folder of "${alias}" holds other weights than the recipe asks for (fingerprint ${sha256.slice(0, 12)}…, wanted ${src.slice(5, 17)}…).`,
        { model: alias },
      );
  }
}

/** A model as it takes part, adapters laid on their bases. */
export const modelOf = (recipe: Recipe, alias: string, checkpoints: ReadonlyMap<string, Checkpoint>): Checkpoint =>
  adapted(recipe, alias, (name) => checkpoints.get(name)!);

export function planOf({ recipe, allowNonFinite }: Order, checkpoints: ReadonlyMap<string, Checkpoint>): MergePlan {
  return planRecipe(recipe, (alias) => headOf(alias, modelOf(recipe, alias, checkpoints)), newSha256, {
    allowNonFinite,
  });
}
