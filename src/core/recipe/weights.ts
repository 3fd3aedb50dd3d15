import { LabError } from '../errors';
import { mixedModels, withMixedModels } from './modules';
import { METHODS } from './schema';
import type { InputModel, MergeDoc } from './types';

/** @returns the models whose weight a slider can set, in the document's order: all inputs, for task vectors all but the base. */
export function vectorAliases(doc: MergeDoc): string[] {
  const weight = METHODS[doc.merge_method]?.parameters.weight;
  if (!weight) return [];
  return (mixedModels(doc) ?? [])
    .map((input) => input.model)
    .filter((model) => weight.scope === 'input' || model !== doc.base_model);
}

/** Whether the document's method takes a weight of each model. */
export const hasWeights = (doc: MergeDoc): boolean => METHODS[doc.merge_method]?.parameters.weight !== undefined;

/** @returns the models that have a card, with a weight or without: all inputs, but not the base that others are measured from. */
export function inputAliases(doc: MergeDoc): string[] {
  if (hasWeights(doc)) return vectorAliases(doc);
  const base = METHODS[doc.merge_method]?.base === 'ignored' ? undefined : doc.base_model;
  return (mixedModels(doc) ?? []).map((input) => input.model).filter((model) => model !== base);
}

/** Puts one more model into the merge: with the weight 1 where it has one. @returns a new document */
export function withInput(doc: MergeDoc, alias: string): MergeDoc {
  return hasWeights(doc)
    ? setWeight(doc, alias, 1)
    : withMixedModels(doc, [...(mixedModels(doc) ?? []), { model: alias }]);
}

/**
 * Takes a model out of a merge whose method has no weight that could be 0.
 * @returns a new document; null where the method cannot do without the model.
 */
export function withoutInput(doc: MergeDoc, alias: string): MergeDoc | null {
  const method = METHODS[doc.merge_method];
  const models = mixedModels(doc)?.filter(({ model }) => model !== alias) ?? [];
  const without = withMixedModels(doc, models);
  const left = inputAliases(without).length;
  const based = method?.base !== 'ignored' && doc.base_model !== undefined;
  if (!method || left < Math.max(1, method.nonBase[0], method.inputs[0] - (based ? 1 : 0))) return null;
  return without;
}

/**
 * @returns the model's one weight, 0 where the document does not use it, null where it has a gradient or filters, or the
 *   method has no weights.
 */
export function weightOf(doc: MergeDoc, alias: string): number | null {
  if (!hasWeights(doc)) return null;
  const models = mixedModels(doc);
  const input = models?.find(({ model }) => model === alias);
  if (!input) return models ? 0 : null;
  const weight = input.parameters?.weight ?? doc.parameters?.weight;
  return typeof weight === 'number' ? weight : null;
}

/**
 * Sets one weight, as a slider does; a model not yet used is added at the end. Twelve significant digits are kept, so
 * that the noise of 0.1 + 0.2 never enters a recipe.
 * A weight of 0 keeps its entry: the order of the others, and so the bits of the sum, must not depend on a slider's way.
 * @returns a new document.
 * @throws LabError recipe/read-only-weight where a slider cannot say the weight.
 */
export function setWeight(doc: MergeDoc, alias: string, weight: number): MergeDoc {
  const rule = METHODS[doc.merge_method]?.parameters.weight;
  const isBase = alias === doc.base_model && rule?.scope === 'non_base';
  const models = mixedModels(doc);
  if (!models || !rule || isBase || weightOf(doc, alias) === null || !Number.isFinite(weight)) {
    throw new LabError(
      'recipe/read-only-weight',
      `The weight of "${alias}" cannot be set to ${weight} here. Edit the recipe as YAML.`,
      {
        alias,
        weight: String(weight),
      },
    );
  }
  const rounded = Number(weight.toPrecision(12)) + 0;
  const changed = (input: InputModel): InputModel => ({
    ...input,
    parameters: { ...input.parameters, weight: rounded },
  });
  if (models.some(({ model }) => model === alias))
    return withMixedModels(
      doc,
      models.map((input) => (input.model === alias ? changed(input) : input)),
    );
  // A base as the only input stands for "no vectors" (formulaToMerge) and leaves when the first one comes.
  const others = rule.scope === 'non_base' ? models.filter(({ model }) => model !== doc.base_model) : models;
  return withMixedModels(doc, [...others, changed({ model: alias })]);
}

/**
 * @returns the two vectors of a sum that is one difference, C + w*(B - A) with B first: their weights are opposite, or
 *   both 0; null for any other document.
 */
export function differenceOf(doc: MergeDoc): readonly [plus: string, minus: string] | null {
  if (doc.merge_method !== 'task_arithmetic' || doc.parameters?.normalize !== false) return null;
  const [plus, minus, ...others] = vectorAliases(doc);
  if (plus === undefined || minus === undefined || others.length > 0) return null;
  const [a, b] = [weightOf(doc, plus), weightOf(doc, minus)];
  return a !== null && b !== null && a === -b ? [plus, minus] : null;
}

/** Sets one vector's weight, and the opposite one of the vector it is coupled to, if any. @returns a new document */
export const setCoupled = (doc: MergeDoc, alias: string, weight: number, partner: string | null): MergeDoc =>
  partner === null ? setWeight(doc, alias, weight) : setWeight(setWeight(doc, alias, weight), partner, 0 - weight);
