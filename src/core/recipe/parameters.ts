import { specOf, type ParamSpec } from '../merge/specs';
import { mixedModels, withMixedModels } from './modules';
import type { MergeDoc, Parameters, Setting } from './types';

/** A parameter of the merge's method, as a control shows it; weights have the rack's sliders. */
export interface Parameter {
  readonly spec: ParamSpec;
  /** Booleans as 0 and 1. null: a gradient or filters, so no control can say it. */
  readonly value: number | null;
  /** Whether the recipe says it, or leaves the method's default. */
  readonly written: boolean;
}

const methodOf = (doc: MergeDoc) => specOf(doc.merge_method);
const controlled = (doc: MergeDoc): ParamSpec[] =>
  mixedModels(doc) ? (methodOf(doc)?.params.filter(({ id, ignored }) => id !== 'weight' && !ignored) ?? []) : [];

function read(spec: ParamSpec, setting: Setting | undefined, fallback: number | null): Parameter {
  if (setting === undefined) return { spec, value: fallback, written: false };
  const plain = typeof setting === 'number' || typeof setting === 'boolean';
  return { spec, value: plain ? Number(setting) : null, written: true };
}

/** The values that hold for the whole merge, in the registry's order; of a parameter per model the common one. */
export function sharedParameters(doc: MergeDoc): Parameter[] {
  return controlled(doc).map((spec) => read(spec, doc.parameters?.[spec.id], spec.default));
}

/** The values of one task vector: its own, else the common one. */
export function vectorParameters(doc: MergeDoc, alias: string): Parameter[] {
  const own = mixedModels(doc)?.find(({ model }) => model === alias)?.parameters;
  return sharedParameters(doc)
    .filter(({ spec }) => spec.scope !== 'shared')
    .map(({ spec, value }) => read(spec, own?.[spec.id], value));
}

function withSetting(parameters: Parameters | undefined, id: string, setting: Setting | null): Parameters | undefined {
  const { [id]: _old, ...rest } = parameters ?? {};
  const next = setting === null ? rest : { ...rest, [id]: setting };
  return Object.keys(next).length > 0 ? next : undefined;
}

function withParameters<T extends { parameters?: Parameters }>(owner: T, parameters: Parameters | undefined): T {
  const { parameters: _old, ...rest } = owner;
  return (parameters === undefined ? rest : { ...rest, parameters }) as T;
}

/**
 * Sets one parameter, of one model where `alias` is given. A number that is the default, and null, leave the recipe.
 * @returns the same document where the method has no such parameter, or cannot do without it, or the value is no number.
 */
export function withParameter(doc: MergeDoc, id: string, value: number | null, alias: string | null = null): MergeDoc {
  const spec = controlled(doc).find((candidate) => candidate.id === id);
  if (!spec || (value !== null && !Number.isFinite(value))) return doc;
  // As weights are: the noise of 0.1 + 0.2 never enters a recipe.
  const rounded = (number: number): number =>
    spec.type === 'integer' ? Math.round(number) + 0 : Number(number.toPrecision(12)) + 0;
  const setting = value === null ? null : spec.type === 'boolean' ? value !== 0 : rounded(value);
  if (alias === null) {
    if (setting === null && spec.default === null) return doc;
    const silent = spec.type !== 'boolean' && setting === spec.default;
    return withParameters(doc, withSetting(doc.parameters, id, silent ? null : setting));
  }
  const models = mixedModels(doc)!.map((input) =>
    input.model === alias ? withParameters(input, withSetting(input.parameters, id, setting)) : input,
  );
  return withMixedModels(doc, models);
}
