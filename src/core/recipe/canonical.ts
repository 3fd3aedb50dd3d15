import { LabError } from '../errors';
import type { NewSha256 } from '../tensor/types';
import { duplicateKey } from './plain';
import type { Recipe } from './types';

/**
 * Canonical JSON: RFC 8785 (keys by UTF-16 code units, ECMAScript's shortest numbers, no blanks) after NFC of all text
 * and keys. `undefined` members are left out.
 * @throws LabError canonical/value for what JSON cannot say (NaN, a function, a lone surrogate, undefined in a list).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string' && !/\p{Surrogate}/u.test(value)) return JSON.stringify(value.normalize('NFC'));
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const parts = new Map<string, string>();
    for (const [key, part] of Object.entries(value)) {
      if (part === undefined) continue;
      const name = key.normalize('NFC');
      if (parts.has(name)) throw duplicateKey(name, '');
      parts.set(name, `${canonicalJson(name)}:${canonicalJson(part)}`);
    }
    const keys = [...parts.keys()].sort();
    return `{${keys.map((key) => parts.get(key)).join(',')}}`;
  }
  throw new LabError('canonical/value', `JSON cannot hold this value: ${String(value)}.`, { found: typeof value });
}

/** @returns the text whose hash is the recipe's identity and which a link carries (C2, C3). */
export function canonicalRecipe(recipe: Recipe): string {
  return canonicalJson(recipe);
}

function sha256Of(text: string, newSha256: NewSha256): string {
  const hash = newSha256();
  hash.update(new TextEncoder().encode(text));
  return hash.hex();
}

/** @returns sha256 (hex) of the whole canonical recipe (C2). */
export function recipeId(recipe: Recipe, newSha256: NewSha256): string {
  return sha256Of(canonicalRecipe(recipe), newSha256);
}

/** @returns sha256 (hex) of the canonical {v, models, merge}: what the merged weights depend on (C2). */
export function mergeId(recipe: Recipe, newSha256: NewSha256): string {
  return sha256Of(canonicalJson({ v: recipe.v, models: recipe.models, merge: recipe.merge }), newSha256);
}
