import { add, decimal, negate, ONE, toNumber, ZERO } from '../core/recipe/decimal';
import { parseFormula, type FormulaTerm } from '../core/recipe/formula';
import { formulaToMerge } from '../core/recipe/formula-merge';
import type { MergeDoc } from '../core/recipe/types';
import { vectorAliases, weightOf } from '../core/recipe/weights';

export type MethodChoice = 'linear' | 'task_arithmetic';

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

const termsOf = (doc: MergeDoc): FormulaTerm[] =>
  vectorAliases(doc).map((alias) => ({ alias, weight: weightOf(doc, alias) ?? 0 }));
const sumOf = (terms: readonly FormulaTerm[]) =>
  terms.map(({ weight }) => decimal(String(weight ?? 0))).reduce(add, ZERO);

/** Whether the same sum can be said as task arithmetic: it can when the coefficients add up to exactly 1. */
export function canBeTaskArithmetic(doc: MergeDoc): boolean {
  return (
    doc.merge_method === 'task_arithmetic' || (doc.merge_method === 'linear' && toNumber(sumOf(termsOf(doc))) === 1)
  );
}

/** The same sum in the other method's words. The last bits may differ: they are the recipe's, not the formula's. */
export function withMethod(doc: MergeDoc, method: MethodChoice): MergeDoc {
  if (doc.merge_method === method) return doc;
  const terms = termsOf(doc);
  if (method === 'linear') {
    const own = toNumber(add(ONE, negate(sumOf(terms))));
    const all = doc.base_model === undefined || own === 0 ? terms : [{ alias: doc.base_model, weight: own }, ...terms];
    return formulaToMerge({ kind: 'sum', base: null, terms: all, sum: '', sumIsOne: true }, doc);
  }
  const base = terms.find(({ alias }) => alias === 'base') ?? terms[0];
  if (!base || !canBeTaskArithmetic(doc)) return doc;
  const others = terms.filter((term) => term !== base && term.weight !== 0);
  return formulaToMerge({ kind: 'sum', base: base.alias, terms: others, sum: '1', sumIsOne: true }, doc);
}
