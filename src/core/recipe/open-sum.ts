import type { Recipe } from './types';
import { vectorAliases, weightOf } from './weights';

/** A merge that is a plain sum: `base` plus each vector times its coefficient, or without a base a sum of whole models. */
export interface OpenSum {
  base: string | null;
  vectors: readonly string[];
  coefficients: readonly number[];
}

/**
 * @returns the merge as a sum whose coefficients may be changed one by one; null for a merge whose result is not linear in
 * its weights (trimming, masks, normalised weights) or that a few numbers cannot say (stages, gradients, filters, lambda,
 * a vocabulary or chat template of its own).
 */
export function openSum({ merge }: Recipe): OpenSum | null {
  if (Array.isArray(merge)) return null;
  const { merge_method: method, base_model: base, models, parameters = {} } = merge;
  if ((method !== 'task_arithmetic' && method !== 'linear') || !models || parameters['normalize'] !== false)
    return null;
  // The models would be added up row by row, and asked by the base's template.
  if (merge.tokenizer || merge.tokenizer_source !== undefined || merge.chat_template !== undefined) return null;
  const plain = ['normalize', 'weight'];
  const extra = [parameters, ...models.map((input) => input.parameters ?? {})].some((of) =>
    Object.keys(of).some((key) => !plain.includes(key)),
  );
  // In a narrower dtype the differences themselves are rounded, which a float32 sum does not do.
  if (extra || (merge.dtype !== undefined && merge.dtype !== 'float32')) return null;
  const vectors = vectorAliases(merge);
  const coefficients = vectors.map((alias) => weightOf(merge, alias));
  if (vectors.length === 0 || coefficients.some((weight) => weight === null)) return null;
  if (method === 'task_arithmetic' && base === undefined) return null;
  return {
    base: method === 'linear' ? null : base!,
    vectors,
    coefficients: coefficients as number[],
  };
}
