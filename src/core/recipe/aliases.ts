import { isForbiddenKey } from './plain';
import { ALIAS, HUB_SOURCE, LIMITS, MERGED, UNRESOLVED_SOURCE } from './schema';
import type { Recipe } from './types';

/**
 * Makes a legal alias of a mergekit model string: its last path part without revision and scheme, other characters as
 * `_`, numbered if taken (C2).
 */
export function aliasFor(modelString: string, taken: ReadonlySet<string>): string {
  const path = modelString
    .slice(modelString.lastIndexOf('+') + 1)
    .replace(/^(?:zoo|hub):/, '')
    .replace(/@[^/]*$/, '');
  const part = path.split(/[/\\]/).filter(Boolean).at(-1) ?? '';
  const legal = part
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, LIMITS.aliasLength)
    .replace(/_+$/, '');
  // A name that is legal as it stands must not change: a stage or alias written by us comes back as itself.
  const first = ALIAS.test(part) ? part : legal || 'model';
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `_${count}`;
    const alias = `${first.slice(0, LIMITS.aliasLength - suffix.length)}${suffix}`;
    if (alias !== MERGED && !isForbiddenKey(alias) && !taken.has(alias)) return alias;
  }
}

/**
 * @returns the recipe source that a model string names by itself: `zoo:…`, `hub:…`, `file:…` or `org/name@<40 hex>`; any
 *   other string is a local folder, unresolved until a person or the command line says which checkpoint it is.
 */
export function sourceOf(modelString: string): string {
  if (/^(?:zoo|hub|file):/.test(modelString)) return modelString;
  return HUB_SOURCE.test(modelString) ? `hub:${modelString}` : UNRESOLVED_SOURCE;
}

/** Parts mergekit's `model+adapter`; null: a model without an adapter. */
export function adapterParts(modelString: string): { base: string; adapter: string } | null {
  const cut = modelString.lastIndexOf('+');
  return cut < 0 ? null : { base: modelString.slice(0, cut), adapter: modelString.slice(cut + 1) };
}

/** @returns how mergekit's YAML names a model of the recipe; a local checkpoint goes by its alias, as its folder does; an adapter by
 *   `model+adapter`. */
export function modelStringOf(models: Recipe['models'], alias: string): string {
  const { src, base } = models[alias]!;
  const own = src.startsWith('file:') ? alias : src.replace(/^hub:/, '');
  return base === undefined ? own : `${modelStringOf(models, base)}+${own}`;
}
