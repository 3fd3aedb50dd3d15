import { isForbiddenKey } from './plain';
import { ALIAS, HUB_SOURCE, LIMITS, MERGED, UNRESOLVED_SOURCE } from './schema';

/**
 * Makes a legal alias of a mergekit model string: its last path part without revision and scheme, other characters as
 * `_`, numbered if taken (C2).
 */
export function aliasFor(modelString: string, taken: ReadonlySet<string>): string {
  const path = modelString.replace(/^(?:zoo|hub):/, '').replace(/@[^/]*$/, '');
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

/** @returns how mergekit's YAML names a model of the recipe; a local checkpoint goes by its alias, as its folder does. */
export function modelStringOf(alias: string, src: string): string {
  if (src.startsWith('file:')) return alias;
  return src.replace(/^hub:/, '');
}
