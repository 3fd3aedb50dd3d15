import { MERGED } from '../core/recipe/schema';
import { mergeKey, sourceKey } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import type { GenerateRequest } from '../engine/api';

export { MERGED, mergeKey };
const DEFAULT_NEW_TOKENS = 32;

/**
 * The part of a recipe that one column's output depends on, as a comparable string: an unchanged key is an unchanged
 * output, so the column is neither run again nor drawn as stale.
 */
export function columnKey(recipe: Recipe, alias: string): string {
  return JSON.stringify([toRequest(recipe), weightsKey(recipe, alias)]);
}

/** The part of a recipe that a column's weights depend on, as a comparable string. */
export const weightsKey = (recipe: Recipe, alias: string): string =>
  alias === MERGED ? mergeKey(recipe) : sourceKey(recipe.models, alias);

/** Whether a bench has every model of a recipe, by the same names. */
export const sameModels = ({ models }: Recipe, bench: Recipe): boolean =>
  Object.keys(models).every((alias) => sourceKey(bench.models, alias) === sourceKey(models, alias));

/** What a recipe's `run` asks of a model, with the defaults of what it leaves open. */
export function toRequest(recipe: Recipe): GenerateRequest {
  const run = recipe.run ?? {};
  return {
    prompt: run.prompts?.[0] ?? '',
    maxNewTokens: run.max_new_tokens ?? DEFAULT_NEW_TOKENS,
    temperature: run.temperature ?? 0,
    seed: run.seed ?? 0,
  };
}

const baseOf = (recipe: Recipe): string | undefined =>
  (Array.isArray(recipe.merge) ? recipe.merge.at(-1) : recipe.merge)?.base_model;

/** The columns of a recipe that names none: the base, the other models in its order, the merged one last. */
export function defaultColumns(recipe: Recipe, limit: number): string[] {
  const base = baseOf(recipe);
  const models = Object.keys(recipe.models);
  const ordered = base !== undefined && models.includes(base) ? [base, ...models.filter((m) => m !== base)] : models;
  return [...ordered.slice(0, limit - 1), MERGED];
}

/** Which model the others are compared with: the base of the merge where it has a column, else the first column. */
export function referenceColumn(recipe: Recipe, columns: readonly string[]): string {
  const base = baseOf(recipe);
  return base !== undefined && columns.includes(base) ? base : (columns[0] ?? MERGED);
}

/** The first unused `local_1`, `local_2`, …: a file's own name never becomes an alias by itself (contract C2). */
export function nextLocalAlias(taken: Iterable<string>): string {
  const used = new Set(taken);
  let n = 1;
  while (used.has(`local_${n}`)) n++;
  return `local_${n}`;
}

/** Whether a column speaks the zoo's language: its model is built in, or, for what is made of several, all are. */
export function isBuiltIn(models: Readonly<Record<string, { readonly src: string }>>, alias?: string): boolean {
  const own = alias === undefined ? undefined : models[alias];
  const all = own ? [own] : Object.values(models);
  return all.length > 0 && all.every(({ src }) => src.startsWith('zoo:'));
}
