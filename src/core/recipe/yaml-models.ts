import { LabError } from '../errors';
import { adapterParts, aliasFor, sourceOf } from './aliases';
import { child, refuseForbiddenKey } from './plain';
import { mapReferences } from './references';
import { MERGED } from './schema';
import type { ModelSource, Notice } from './types';

interface Draft {
  /** Not yet validated. */
  readonly recipe: unknown;
  readonly notices: Notice[];
  readonly aliases: Record<string, string>;
  /** alias -> path of the place that named it first. */
  readonly places: ReadonlyMap<string, string>;
}
type Shape = Record<string, unknown>;

function shapeAt(value: unknown, key: string): Shape {
  const found = typeof value === 'object' && value !== null ? (value as Shape)[key] : undefined;
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Shape) : {};
}

/** All documents' `lab.<key>` maps as one; text values only. @throws LabError recipe/yaml-names for a contradiction. */
function labNames(docs: readonly unknown[], pathOf: (index: number) => string, key: 'aliases' | 'fingerprints') {
  const names = new Map<string, { value: string; path: string }>();
  docs.forEach((doc, index) => {
    for (const [name, value] of Object.entries(shapeAt(shapeAt(doc, 'lab'), key))) {
      const path = child(child(child(pathOf(index), 'lab'), key), name);
      const before = names.get(name);
      const twice =
        key === 'aliases' && [...names.values()].some((other) => other.value === value) && before?.value !== value;
      if (typeof value !== 'string' || (before && before.value !== value) || twice) {
        throw new LabError(
          'recipe/yaml-names',
          `lab.${key} must map each model string to one name of its own ("${name.slice(0, 80)}").`,
          {
            path,
            name: name.slice(0, 80),
          },
        );
      }
      refuseForbiddenKey(value, path);
      names.set(name, { value, path });
    }
  });
  return names;
}

/** A copy of a document without what `lab` holds for YAML only, renamed by `rename`. */
function cleaned(doc: unknown, path: string, rename: (name: string) => string): unknown {
  const copy: Shape = { ...(mapReferences(doc, path, rename) as Shape) };
  if (typeof copy.name === 'string') copy.name = rename(copy.name);
  if (typeof copy.lab === 'object' && copy.lab !== null && !Array.isArray(copy.lab)) {
    const { aliases: _aliases, fingerprints: _fingerprints, ...lab } = copy.lab as Shape;
    copy.lab = lab;
  }
  return copy;
}

/**
 * Turns mergekit documents, whose models go by strings, into a recipe, whose models go by aliases.
 * @param docs plain data, any shape.
 * @throws LabError recipe/yaml-names
 */
export function recipeFromDocs(docs: readonly unknown[], pathOf: (index: number) => string): Draft {
  const known = labNames(docs, pathOf, 'aliases');
  const fingerprints = labNames(docs, pathOf, 'fingerprints');
  const taken = new Set([...known.values()].map(({ value }) => value));
  const notices: Notice[] = [];
  const stages = new Map<string, string>();
  for (const doc of docs) {
    const name = typeof doc === 'object' && doc !== null ? (doc as Shape).name : undefined;
    // Two equal names stay equal, for the validator to refuse; `merged` likewise.
    if (typeof name !== 'string' || stages.has(name)) continue;
    const alias = name === MERGED ? name : aliasFor(name, taken);
    stages.set(name, alias);
    taken.add(alias);
  }

  const models: Record<string, ModelSource> = {};
  const aliases: Record<string, string> = {};
  const places = new Map<string, string>();
  const byString = new Map<string, string>();
  const enter = (string: string, alias: string, path: string) => {
    const fingerprint = fingerprints.get(string)?.value;
    const parts = adapterParts(string);
    const src = fingerprint === undefined ? sourceOf(parts?.adapter ?? string) : `file:${fingerprint}`;
    aliases[alias] = string;
    places.set(alias, path);
    byString.set(string, alias);
    taken.add(alias);
    // First without its base, which keeps the order of the file where that is new.
    models[alias] = { src };
    if (parts) models[alias] = { src, base: known.get(parts.base)?.value ?? named(parts.base, path) };
  };
  const named = (string: string, path: string): string => {
    const known = byString.get(string);
    if (known === undefined) enter(string, aliasFor(string, taken), path);
    return known ?? byString.get(string)!;
  };
  for (const [string, { value, path }] of known) if (!stages.has(string)) enter(string, value, path);
  docs.forEach((doc, index) => {
    mapReferences(doc, pathOf(index), (string, path) => {
      if (!stages.has(string)) named(string, path);
      return string;
    });
  });
  const rename = (string: string) => stages.get(string) ?? byString.get(string) ?? string;
  const merge = docs.map((doc, index) => cleaned(doc, pathOf(index), rename));
  return { recipe: { v: 1, models, merge: merge.length === 1 ? merge[0] : merge }, notices, aliases, places };
}
