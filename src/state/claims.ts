import type { Recipe } from '../core/recipe/types';
import { mergeKey } from './keys';

export interface Sameness {
  /** The merged weights are the same, bit for bit. */
  readonly weights: boolean;
  /** The same is asked of them. */
  readonly run: boolean;
}

export const sameness = (before: Recipe, next: Recipe): Sameness => ({
  weights: mergeKey(next) === mergeKey(before),
  run: JSON.stringify(next.run) === JSON.stringify(before.run),
});

/** What an author claims of a recipe ends where the recipe is another one. @returns `next` with the claims that hold for it. */
export function withClaims(next: Recipe, same: Sameness): Recipe {
  const { expect, ...rest } = next;
  const weights = same.weights ? expect?.weights : undefined;
  const texts = same.weights && same.run ? expect?.texts : undefined;
  if (weights === undefined && texts === undefined) return rest;
  return { ...rest, expect: { ...(weights !== undefined && { weights }), ...(texts && { texts }) } };
}
