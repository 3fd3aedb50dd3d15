import { ALIAS, LIMITS, UNRESOLVED_SOURCE } from './schema';
import { mapReferences } from './references';
import type { MergeDoc, ModelSource, Recipe } from './types';

/** A model of a YAML text that nothing says where to find. */
export interface MissingModel {
  readonly alias: string;
  /** As the text names it. */
  readonly string: string;
}

const sameModel = (a: ModelSource, b: ModelSource): boolean => a.src === b.src && a.base === b.base;

/**
 * Lays an imported recipe over a bench: a model that the bench has keeps the bench's name, a string that is one of its
 * names means that model, and models that the text does not use stay.
 * @param aliases of the import, see `recipeFromYaml`
 * @param given sources that a person chose for model strings
 */
export function settle(
  imported: Recipe,
  aliases: Readonly<Record<string, string>>,
  bench: Recipe['models'],
  given: Readonly<Record<string, string>> = {},
): { models: Recipe['models']; merge: Recipe['merge']; missing: MissingModel[] } {
  const resolved = Object.entries(imported.models).map(([alias, model]): [string, ModelSource] => {
    const string = aliases[alias] ?? alias;
    if (model.src !== UNRESOLVED_SOURCE) return [alias, model];
    const named = bench[string] ?? bench[alias];
    return [alias, Object.hasOwn(given, string) ? { ...model, src: given[string]! } : (named ?? model)];
  });
  const missing = resolved
    .filter(([, { src }]) => src === UNRESOLVED_SOURCE)
    .map(([alias]) => ({ alias, string: aliases[alias] ?? alias }));
  // Stages have names too.
  const docs = (merge: Recipe['merge']): MergeDoc[] => (Array.isArray(merge) ? merge : [merge]);
  const taken = new Set(docs(imported.merge).flatMap(({ name }) => (name === undefined ? [] : [name])));
  const renames = new Map<string, string>();
  for (const [alias, model] of resolved) {
    const known = Object.keys(bench).find((name) => sameModel(bench[name]!, model));
    const free = known !== undefined && ALIAS.test(known) && !taken.has(known);
    renames.set(alias, free && (known === alias || !(known in imported.models)) ? known : alias);
  }
  const rename = (name: string): string => renames.get(name) ?? name;
  const models: Recipe['models'] = {};
  for (const [alias, model] of resolved)
    models[rename(alias)] = model.base === undefined ? model : { ...model, base: rename(model.base) };
  for (const [alias, model] of Object.entries(bench)) {
    const used = alias in models || taken.has(alias) || Object.values(models).some((own) => sameModel(own, model));
    const based = model.base === undefined || model.base in models || model.base in bench;
    if (!used && based && Object.keys(models).length < LIMITS.models) models[alias] = model;
  }
  const renamed = docs(imported.merge).map((doc) => mapReferences(doc, '', rename));
  return { models, merge: Array.isArray(imported.merge) ? renamed : renamed[0]!, missing };
}
