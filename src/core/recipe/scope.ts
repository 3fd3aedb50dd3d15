import { LabError } from '../errors';
import { positionIn } from '../merge/layers';
import { mixedModels, withMixedModels } from './modules';
import { METHODS } from './schema';
import type { Conditional, InputModel, MergeDoc, Setting } from './types';

/** The parts of a transformer that a scope tells apart. */
export const PARTS = ['attention', 'mlp', 'norms', 'embeddings'] as const;
export type Part = (typeof PARTS)[number];

/** Where in a model a task vector acts, and how strongly. */
export interface Scope {
  /** One number for all layers, or one number per layer. */
  readonly layers: number | readonly number[];
  /** What stands outside of the layers: embeddings, final norm and head. */
  readonly outside: number;
  /** The parts that it acts on; null: all of them. */
  readonly parts: readonly Part[] | null;
}

/** In the names of tensors of every stack of layers (mergekit's filters look for a piece of the name). */
const IN_LAYERS = 'layers.';
/** Pieces of the names that Llama and its kin give their tensors; no tensor's name has two of them. */
const FILTERS: readonly { part: Part; filter: string; inside: boolean }[] = [
  { part: 'attention', filter: 'self_attn', inside: true },
  { part: 'mlp', filter: 'mlp', inside: true },
  { part: 'norms', filter: 'layernorm', inside: true },
  { part: 'norms', filter: 'model.norm', inside: false },
  { part: 'embeddings', filter: 'embed_tokens', inside: false },
  { part: 'embeddings', filter: 'lm_head', inside: false },
];

/** @returns which part a tensor of this name belongs to, or null for one that no scope tells apart. */
export const partOf = (tensor: string): Part | null =>
  FILTERS.find(({ filter }) => tensor.includes(filter))?.part ?? null;

const rounded = (weight: number): number => Number(weight.toPrecision(12)) + 0;
const numbers = (layers: Scope['layers']): number | number[] =>
  typeof layers === 'number' ? rounded(layers) : layers.map(rounded);

/** @returns a scope as mergekit writes it: a number, a gradient, or values with filters. */
export function settingOf({ layers, outside, parts }: Scope): Setting {
  const inside = numbers(layers);
  const beside = rounded(outside);
  if (parts === null) {
    if (inside === beside) return beside;
    // Outside of the layers a gradient counts as its first value.
    if (Array.isArray(inside) && inside[0] === beside) return inside;
    return [{ filter: IN_LAYERS, value: inside }, { value: beside }];
  }
  const chosen = FILTERS.filter(({ part }) => parts.includes(part));
  const values = chosen.map(({ filter, inside: within }): Conditional => ({ filter, value: within ? inside : beside }));
  return [...values, { value: 0 }];
}

/** The scope that a setting might say, by its looks. */
function guess(setting: Setting): Scope | null {
  if (typeof setting === 'number') return { layers: setting, outside: setting, parts: null };
  if (!Array.isArray(setting) || setting.length === 0) return null;
  if (setting.every((value) => typeof value === 'number'))
    return { layers: setting, outside: setting[0]!, parts: null };
  if (!setting.every((item) => typeof item === 'object')) return null;
  const entries = setting as Conditional[];
  const valueAt = (filters: readonly string[]): Conditional['value'] | undefined =>
    entries.find(({ filter }) => filter !== undefined && filters.includes(filter))?.value;
  const isPlain = (value: unknown): value is number | number[] =>
    typeof value === 'number' || (Array.isArray(value) && value.every((one) => typeof one === 'number'));
  const last = entries.at(-1)!;
  const whole = valueAt([IN_LAYERS]);
  if (whole !== undefined)
    return isPlain(whole) && typeof last.value === 'number'
      ? { layers: whole, outside: last.value, parts: null }
      : null;
  const filtersOf = (inside: boolean): string[] => FILTERS.filter((f) => f.inside === inside).map((f) => f.filter);
  const inside = valueAt(filtersOf(true));
  const outside = valueAt(filtersOf(false));
  const first = inside ?? outside ?? 0;
  const beside = outside ?? (Array.isArray(first) ? first[0] : first);
  if (!isPlain(first) || typeof beside !== 'number') return null;
  const parts = PARTS.filter((part) => FILTERS.some((f) => f.part === part && valueAt([f.filter]) !== undefined));
  return { layers: first, outside: beside, parts };
}

/** @returns the scope that a setting says, null where it says something that a {@link Scope} cannot. */
export function scopeOf(setting: Setting): Scope | null {
  const scope = guess(setting);
  return scope && JSON.stringify(settingOf(scope)) === JSON.stringify(setting) ? scope : null;
}

/** @returns what a document says of a model's weight, undefined where nothing does or its method has no weights. */
function weightSetting(doc: MergeDoc, alias: string): Setting | undefined {
  if (METHODS[doc.merge_method]?.parameters.weight === undefined) return undefined;
  const input = mixedModels(doc)?.find(({ model }) => model === alias);
  return input && (input.parameters?.weight ?? doc.parameters?.weight);
}

/** @returns where a model of the merge acts; null where its weight is no scope of ours, or there is none. */
export function readScope(doc: MergeDoc, alias: string): Scope | null {
  const setting = weightSetting(doc, alias);
  return setting === undefined ? null : scopeOf(setting);
}

/**
 * Writes where a model acts into its weight.
 * @returns a new document
 * @throws LabError recipe/no-scope where the method has no weight of this model, or a number is not finite
 */
export function withScope(doc: MergeDoc, alias: string, scope: Scope): MergeDoc {
  const rule = METHODS[doc.merge_method]?.parameters.weight;
  const listed = mixedModels(doc)?.some(({ model }) => model === alias);
  const isBase = alias === doc.base_model && rule?.scope === 'non_base';
  const all = [scope.outside, ...(typeof scope.layers === 'number' ? [scope.layers] : scope.layers)];
  if (!rule || !listed || isBase || all.length < 2 || !all.every(Number.isFinite))
    throw new LabError(
      'recipe/no-scope',
      `The weight of "${alias}" cannot be set layer by layer in this merge. Choose a method with weights, and put the model into it.`,
      { alias },
    );
  const weight = settingOf(scope);
  const changed = (input: InputModel): InputModel =>
    input.model === alias ? { ...input, parameters: { ...input.parameters, weight } } : input;
  return withMixedModels(doc, mixedModels(doc)!.map(changed));
}

/** One number that stands for a scope when it is to be one again: its largest. */
export function strongest({ layers, outside, parts }: Scope): number {
  const inside = typeof layers === 'number' ? [layers] : layers;
  const all = parts?.every((part) => part === 'embeddings') ? [outside] : [...inside, outside];
  return all.reduce((best, weight) => (Math.abs(weight) > Math.abs(best) ? weight : best), 0);
}

/** @returns the weight of each of `count` layers, as a gradient fills them in. */
export const layerWeights = ({ layers }: Scope, count: number): number[] =>
  Array.from({ length: count }, (_, layer) => {
    if (typeof layers === 'number') return layers;
    const x = positionIn(layer, count) * (layers.length - 1);
    const low = Math.floor(x);
    const a = layers[low]!;
    return a + (x - low) * ((layers[low + 1] ?? a) - a);
  });

/** Whether any parameter of a merge is given as numbers over the layers. */
export function hasGradient(merge: unknown): boolean {
  if (typeof merge !== 'object' || merge === null) return false;
  if (Array.isArray(merge))
    return merge.every((item) => typeof item === 'number') ? merge.length > 1 : merge.some(hasGradient);
  return Object.entries(merge).some(([key, value]) => key !== 'layer_range' && hasGradient(value));
}

const current = (doc: MergeDoc, alias: string): Scope =>
  readScope(doc, alias) ?? { layers: 1, outside: 1, parts: null };

/**
 * One weight per layer; the parts that were chosen stay.
 * @param outside weight of embeddings, final norm and head; null: the first layer's, as of any gradient
 * @throws LabError recipe/no-scope
 */
export const withLayerWeights = (
  doc: MergeDoc,
  alias: string,
  weightsPerLayer: readonly number[],
  outside: number | null = null,
): MergeDoc =>
  withScope(doc, alias, {
    ...current(doc, alias),
    layers: weightsPerLayer,
    outside: outside ?? weightsPerLayer[0] ?? NaN,
  });

/** Only these parts; null: all of them. The weights stay. @throws LabError recipe/no-scope */
export const withPartFilter = (doc: MergeDoc, alias: string, parts: readonly Part[] | null): MergeDoc =>
  withScope(doc, alias, { ...current(doc, alias), parts: parts && PARTS.filter((part) => parts.includes(part)) });
