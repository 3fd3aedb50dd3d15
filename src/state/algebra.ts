import { parseFormula } from '../core/recipe/formula';
import { formulaToMerge } from '../core/recipe/formula-merge';
import type { MergeDoc } from '../core/recipe/types';

/** @throws LabError with `params.at`, the position in the text, for anything that is no formula over `aliases`. */
export function readFormula(text: string, aliases: readonly string[], previous: MergeDoc): MergeDoc {
  const result = parseFormula(text, aliases);
  if (!result.ok) throw result.error;
  return formulaToMerge(result.formula, previous);
}

/** Exact sum of all coefficients of a weighted sum, as the page prints it; null where the text is none, or it is 1. */
export function oddSum(text: string, aliases: readonly string[]): string | null {
  const result = parseFormula(text, aliases);
  return result.ok && result.formula.kind === 'sum' && !result.formula.sumIsOne ? result.formula.sum : null;
}
