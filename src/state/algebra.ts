import { add, decimal, negate, ONE, toNumber, ZERO } from '../core/recipe/decimal';
import { parseFormula, type FormulaTerm } from '../core/recipe/formula';
import { formulaToMerge } from '../core/recipe/formula-merge';
import type { MergeMethod } from '../core/merge/method';
import { METHODS } from '../core/merge/registry';
import type { MergeDoc, Parameters } from '../core/recipe/types';
import { vectorAliases, weightOf } from '../core/recipe/weights';

/** Share of a task vector that a sparse method keeps when it is chosen: enough left, and enough gone, to be seen. */
const START_DENSITY = 0.5;

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

const needsBase = (method: string): boolean => METHODS.some(({ id, base }) => id === method && base === 'required');

/** Whether the same models can be said as task vectors: a weighted sum can when its coefficients add up to exactly 1. */
export function canBeTaskArithmetic(doc: MergeDoc): boolean {
  return needsBase(doc.merge_method) || (doc.merge_method === 'linear' && toNumber(sumOf(termsOf(doc))) === 1);
}

/** A linear merge as task arithmetic over its `base`, else over its first model. */
function asTaskArithmetic(doc: MergeDoc): MergeDoc {
  const terms = termsOf(doc);
  const base = terms.find(({ alias }) => alias === 'base') ?? terms[0];
  if (!base || !canBeTaskArithmetic(doc)) return doc;
  const others = terms.filter((term) => term !== base && term.weight !== 0);
  return formulaToMerge({ kind: 'sum', base: base.alias, terms: others, sum: '1', sumIsOne: true }, doc);
}

/** Keeps of `parameters` what `method` understands too, apart from switches, whose defaults are each method's own. */
function understood(method: MergeMethod, parameters: Parameters | undefined): Parameters {
  const known = method.params.filter(({ type, ignored }) => type === 'number' && !ignored).map(({ id }) => id);
  return Object.fromEntries(Object.entries(parameters ?? {}).filter(([id]) => known.includes(id)));
}

/**
 * The same models and weights under another method. From sum to sum the value stays the same, but the last bits may
 * differ: they are the recipe's, not the formula's. A method that drops parts of the vectors starts by keeping half.
 * @returns the same document where the method cannot say it.
 */
export function withMethod(doc: MergeDoc, id: string): MergeDoc {
  if (doc.merge_method === id) return doc;
  if (id === 'linear') {
    const terms = termsOf(doc);
    const own = toNumber(add(ONE, negate(sumOf(terms))));
    const all = doc.base_model === undefined || own === 0 ? terms : [{ alias: doc.base_model, weight: own }, ...terms];
    return formulaToMerge({ kind: 'sum', base: null, terms: all, sum: '', sumIsOne: true }, doc);
  }
  const method = METHODS.find((candidate) => candidate.id === id && candidate.base === 'required');
  const task = needsBase(doc.merge_method) ? doc : asTaskArithmetic(doc);
  if (!method || !task.models || !needsBase(task.merge_method)) return doc;
  if (task.merge_method === id) return task;
  const models = task.models.map((input) =>
    input.parameters ? { ...input, parameters: understood(method, input.parameters) } : input,
  );
  const parameters = understood(method, task.parameters);
  const sparse = method.params.some((param) => param.id === 'density' && !param.ignored);
  if (sparse && parameters['density'] === undefined) parameters['density'] = START_DENSITY;
  if (id === 'task_arithmetic') parameters['normalize'] = false;
  return { ...task, merge_method: id, models, parameters };
}
