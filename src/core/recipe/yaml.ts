import { Document, isMap, isNode, isScalar, LineCounter, parseAllDocuments, type ParsedNode } from 'yaml';
import { LabError } from '../errors';
import { child, pathSegments } from './plain';
import { mapReferences } from './references';
import { ALIAS, HUB_SOURCE, LIMITS, MERGED, SHA256, ZOO_ID } from './schema';
import type { MergeDoc, Notice, Recipe } from './types';
import { parseRecipe } from './validate';

type YamlDocument = Document.Parsed<ParsedNode>;
type Shape = Record<string, unknown>;

/** Stands for the fingerprint of a model that a YAML text names only by a folder's name: the folder is still to be given. */
export const UNRESOLVED_SOURCE = `file:${'0'.repeat(64)}`;
const MAX_YAML_ALIASES = 100;
const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A recipe from YAML; `aliases` gives the model string that each alias stands for (on a command line, a folder). */
export interface YamlRecipe {
  recipe: Recipe;
  notices: Notice[];
  aliases: Record<string, string>;
}

function at(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function syntaxError(message: string, place: { line: number; column: number }): LabError {
  const detail = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  return new LabError(
    'recipe/yaml',
    `The YAML cannot be read at line ${place.line}, column ${place.column}: ${detail}.`,
    { ...place, detail },
  );
}

function parseDocuments(text: string, lines: LineCounter): YamlDocument[] {
  if (text.length > LIMITS.jsonCharacters)
    throw new LabError(
      'recipe/too-large',
      `The recipe is longer than ${LIMITS.jsonCharacters} characters. Shorten it.`,
      { limit: LIMITS.jsonCharacters },
    );
  const parsed = parseAllDocuments(text, {
    schema: 'core',
    version: '1.2',
    merge: false,
    strict: true,
    uniqueKeys: true,
    lineCounter: lines,
    prettyErrors: false,
  });
  const docs = (Array.isArray(parsed) ? parsed : []) as YamlDocument[];
  for (const doc of docs) {
    // An unknown tag is only a warning to the library; here it is a request for something this schema does not have.
    const problem = doc.errors[0] ?? doc.warnings[0];
    if (problem) throw syntaxError(problem.message, at(lines, problem.pos[0]));
  }
  const full = docs.filter((doc) => doc.contents !== null && !(isScalar(doc.contents) && doc.contents.value === null));
  if (full.length === 0)
    throw new LabError(
      'recipe/yaml-empty',
      'The YAML holds no document. Paste a mergekit recipe, beginning with merge_method.',
    );
  return full;
}

/** Plain data of one document; `tokenizer.tokens` as pairs, because an object would move tokens that look like numbers. */
function toData(doc: YamlDocument, lines: LineCounter): unknown {
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: MAX_YAML_ALIASES }) as unknown;
  } catch (error) {
    throw syntaxError(error instanceof Error ? error.message : String(error), at(lines, doc.contents?.range[0] ?? 0));
  }
  const tokens = isMap(doc.contents) ? doc.getIn(['tokenizer', 'tokens'], true) : undefined;
  if (isMap(tokens) && isShape(value) && isShape(value['tokenizer'])) {
    const pairs = tokens.items.map((pair) => [
      isScalar(pair.key) ? String(pair.key.value) : '',
      isNode(pair.value) ? (pair.value.toJS(doc) as unknown) : pair.value,
    ]);
    value = { ...value, tokenizer: { ...value['tokenizer'], tokens: pairs } };
  }
  return value;
}

/** Takes `lab.aliases` and `lab.fingerprints`, which only a YAML text needs, out of a document. */
function takeNames(doc: unknown, aliases: Map<string, string>, fingerprints: Map<string, string>): unknown {
  if (!isShape(doc) || !isShape(doc['lab'])) return doc;
  const { aliases: names, fingerprints: hashes, ...lab } = doc['lab'];
  const take = (table: unknown, into: Map<string, string>): void => {
    if (isShape(table))
      for (const [key, value] of Object.entries(table)) if (typeof value === 'string') into.set(key, value);
  };
  take(names, aliases);
  take(hashes, fingerprints);
  const { lab: _lab, ...rest } = doc;
  return Object.keys(lab).length > 0 ? { ...rest, lab } : rest;
}

/** The last part of a model string as an alias, numbered where it is taken (contract C2). */
function newAlias(model: string, taken: ReadonlySet<string>): string {
  const last =
    model
      .replace(/^[a-z]+:/, '')
      .replace(/@[^/]*$/, '')
      .split(/[\\/]/)
      .filter(Boolean)
      .pop() ?? '';
  const legal = last.replace(/[^A-Za-z0-9_]/g, '_').replace(/^[^A-Za-z]+/, '');
  const stem = (legal === '' || legal === MERGED ? `model_${legal}`.replace(/_$/, '') : legal).slice(
    0,
    LIMITS.aliasLength,
  );
  for (let n = 1; ; n++) {
    const tail = n === 1 ? '' : `_${n}`;
    const alias = stem.slice(0, LIMITS.aliasLength - tail.length) + tail;
    if (!taken.has(alias)) return alias;
  }
}

function sourceOf(model: string, fingerprint: string | undefined): string {
  if (model.startsWith('zoo:') && ZOO_ID.test(model.slice('zoo:'.length))) return model;
  if (HUB_SOURCE.test(model) && !model.includes('..')) return `hub:${model}`;
  return fingerprint !== undefined && SHA256.test(fingerprint) ? `file:${fingerprint}` : UNRESOLVED_SOURCE;
}

/** Gives an error about a path of the recipe the line and column of its place in the YAML text. */
function placed(error: LabError, docs: readonly YamlDocument[], lines: LineCounter): LabError {
  const path = error.params['path'];
  if (typeof path !== 'string' || !path.startsWith('merge')) return error;
  const [, ...segments] = pathSegments(path);
  const doc = docs[docs.length > 1 && typeof segments[0] === 'number' ? (segments.shift() as number) : 0]!;
  for (let depth = segments.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? doc.contents : doc.getIn(segments.slice(0, depth), true);
    if (!isNode(node) || !node.range) continue;
    const place = at(lines, node.range[0]);
    return new LabError(error.code, `Line ${place.line}, column ${place.column}: ${error.message}`, {
      ...error.params,
      ...place,
    });
  }
  return error;
}

/**
 * Reads a mergekit recipe, one document or several. Every distinct model string becomes an alias.
 * @throws LabError `recipe/yaml`, `recipe/yaml-empty`, `recipe/lora`, and all of `parseRecipe`'s; `params.line` and
 * `params.column` (from 1) say where.
 */
export function recipeFromYaml(text: string): YamlRecipe {
  const lines = new LineCounter();
  const docs = parseDocuments(text, lines);
  try {
    return build(docs.map((doc) => toData(doc, lines)));
  } catch (error) {
    throw error instanceof LabError ? placed(error, docs, lines) : error;
  }
}

function build(data: readonly unknown[]): YamlRecipe {
  const named = new Map<string, string>();
  const fingerprints = new Map<string, string>();
  const several = data.length > 1;
  const merges = data.map((doc) => takeNames(doc, named, fingerprints));
  const stages = new Set(
    merges.flatMap((doc) => (isShape(doc) && typeof doc['name'] === 'string' ? [doc['name']] : [])),
  );
  const taken = new Set<string>([...stages, ...named.values(), MERGED]);
  const byString = new Map<string, string>();
  const rename = (model: string, path: string): string => {
    if (stages.has(model)) return model;
    const known = byString.get(model);
    if (known !== undefined) return known;
    if (model.includes('+'))
      throw new LabError(
        'recipe/lora',
        `${path} names a model with a LoRA adapter ("${model.slice(0, 80)}"), which is not supported yet. Merge the adapter into its model first.`,
        {
          path,
          model: model.slice(0, 80),
        },
      );
    const wished = named.get(model);
    const alias =
      wished !== undefined && ALIAS.test(wished) && ![...byString.values()].includes(wished)
        ? wished
        : newAlias(model, taken);
    taken.add(alias);
    byString.set(model, alias);
    return alias;
  };
  const renamed = merges.map((doc, index) => mapReferences(doc, several ? child('merge', index) : 'merge', rename));
  const models = Object.fromEntries(
    [...byString].map(([model, alias]) => [alias, { src: sourceOf(model, fingerprints.get(model)) }]),
  );
  const { recipe, notices } = parseRecipe({ v: 1, models, merge: several ? renamed : renamed[0] });
  return { recipe, notices, aliases: Object.fromEntries([...byString].map(([model, alias]) => [alias, model])) };
}

/** How a model is written in YAML: as mergekit would find it, a local one by its alias. */
function modelString(alias: string, recipe: Recipe): string {
  const src = recipe.models[alias]?.src ?? alias;
  if (src.startsWith('hub:')) return src.slice('hub:'.length);
  return src.startsWith('zoo:') ? src : alias;
}

/**
 * Writes the merge of a recipe as mergekit YAML. Reading it back gives the same merge, masks and fingerprint: `lab.aliases`
 * keeps the names. Models that the merge does not use, prompts and columns have no place in that schema.
 */
export function recipeToYaml(recipe: Recipe): string {
  const docs: MergeDoc[] = Array.isArray(recipe.merge) ? recipe.merge : [recipe.merge];
  const stages = new Set(docs.map((doc) => doc.name));
  const aliases: Record<string, string> = {};
  const fingerprints: Record<string, string> = {};
  const renamed = docs.map((doc) =>
    mapReferences(doc, '', (alias) => {
      if (stages.has(alias)) return alias;
      const model = modelString(alias, recipe);
      aliases[model] = alias;
      const src = recipe.models[alias]?.src ?? '';
      if (src.startsWith('file:') && src !== UNRESOLVED_SOURCE) fingerprints[model] = src.slice('file:'.length);
      return model;
    }),
  );
  return renamed
    .map((doc, index) => {
      const first = index === 0;
      const lab = {
        ...doc.lab,
        ...(first ? { aliases } : {}),
        ...(first && Object.keys(fingerprints).length > 0 ? { fingerprints } : {}),
      };
      const { tokenizer, lab: _lab, ...rest } = doc;
      const tokens = tokenizer?.tokens ? { tokens: new Map(tokenizer.tokens) } : {};
      const document = new Document(
        {
          ...rest,
          ...(tokenizer ? { tokenizer: { ...tokenizer, ...tokens } } : {}),
          ...(Object.keys(lab).length > 0 ? { lab } : {}),
        },
        { aliasDuplicateObjects: false },
      );
      const key = isMap(document.contents)
        ? document.contents.items.find((pair) => isScalar(pair.key) && pair.key.value === 'lab')?.key
        : undefined;
      if (isScalar(key)) key.commentBefore = " Merge Lab's own settings; mergekit ignores them.";
      return document.toString({ lineWidth: 0 });
    })
    .join('---\n');
}
