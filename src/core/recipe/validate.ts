import { LabError } from '../errors';
import { integer, list, members, noticeUnknown, number, record, text } from './check';
import { parseMergeDoc } from './merge-doc';
import { child, toPlain, type Plain, type PlainRecord } from './plain';
import { ALIAS, HUB_SOURCE, LIMITS, MERGED, SHA256, ZOO_ID } from './schema';
import { stageOrder } from './stages';
import { didYouMean, suggest } from './suggest';
import type { Expectation, MergeDoc, Notice, Recipe, RunSettings, ViewSettings } from './types';

const TOP = ['v', 'models', 'merge', 'run', 'view', 'expect'];
const RUN = ['prompts', 'max_new_tokens', 'temperature', 'seed'];
const VIEW = ['columns', 'probe', 'panel'];
const EXPECT = ['weights', 'texts'];

/** @throws LabError recipe/alias-reserved, recipe/alias, recipe/alias-taken. */
function checkAlias(alias: string, path: string, taken: ReadonlySet<string>): void {
  const shown = alias.slice(0, 80);
  const params = { path, alias: shown };
  if (alias === MERGED) {
    throw new LabError(
      'recipe/alias-reserved',
      `"${MERGED}" (${path}) is reserved for the merged model. Choose another name.`,
      params,
    );
  }
  if (!ALIAS.test(alias)) {
    throw new LabError(
      'recipe/alias',
      `"${shown}" (${path}) is no valid name for a model: use 1-24 letters, digits or "_", starting with a letter.`,
      params,
    );
  }
  if (taken.has(alias)) {
    throw new LabError('recipe/alias-taken', `The name "${shown}" (${path}) is given twice. Rename one.`, params);
  }
}

/** @throws LabError recipe/source unless `src` is a zoo id, a pinned Hub repository or a checkpoint's fingerprint. */
function parseSource(value: Plain | undefined, path: string): string {
  const src = text(value, path, 300);
  const [, scheme, rest] = /^(zoo|hub|file):(.*)$/s.exec(src) ?? [];
  const valid =
    rest !== undefined &&
    (scheme === 'zoo'
      ? ZOO_ID.test(rest) && rest.length <= 64
      : scheme === 'file'
        ? SHA256.test(rest)
        : HUB_SOURCE.test(rest) && !rest.includes('..'));
  if (valid) return src;
  throw new LabError(
    'recipe/source',
    `${path} is "${src.slice(0, 120)}". Write zoo:<id-n>, hub:<org>/<name>@<commit of 40 hex digits> or file:<fingerprint of 64 hex digits>.`,
    { path, src: src.slice(0, 120) },
  );
}

/** @throws LabError recipe/unknown-base */
function parseBase(value: Plain | undefined, path: string, aliases: readonly string[]): string | undefined {
  if (value === undefined || value === null) return undefined;
  const base = text(value, path);
  if (aliases.includes(base)) return base;
  const suggestion = suggest(base, aliases);
  const shown = base.slice(0, 80);
  throw new LabError(
    'recipe/unknown-base',
    `${path} is "${shown}", which "models" does not list.${didYouMean(suggestion)} Name the model that the adapter is laid on.`,
    { path, model: shown, suggestion },
  );
}

/** @throws LabError recipe/base-circle: each adapter must end at a whole model. */
function refuseCircles(models: Recipe['models']): void {
  for (const alias of Object.keys(models)) {
    const seen = [alias];
    for (let base = models[alias]!.base; base !== undefined; base = models[base]!.base) {
      if (!seen.includes(base)) {
        seen.push(base);
        continue;
      }
      const cycle = [...seen, base].join(' -> ');
      throw new LabError(
        'recipe/base-circle',
        `These adapters are laid on each other in a circle: ${cycle}. One of them must be laid on a whole model.`,
        { path: child(child('models', alias), 'base'), cycle },
      );
    }
  }
}

function parseModels(value: Plain | undefined, notices: Notice[]): Recipe['models'] {
  const source = record(value, 'models');
  const aliases = Object.keys(source);
  if (aliases.length > LIMITS.models) {
    throw new LabError(
      'recipe/too-many',
      `models has ${aliases.length} entries; at most ${LIMITS.models} are allowed.`,
      {
        path: 'models',
        found: aliases.length,
        limit: LIMITS.models,
      },
    );
  }
  const result: Recipe['models'] = {};
  const bySource = new Map<string, string>();
  for (const alias of aliases) {
    const path = child('models', alias);
    checkAlias(alias, path, new Set());
    const entry = record(source[alias], path);
    noticeUnknown(entry, ['src', 'base'], path, notices);
    const src = parseSource(entry.src, child(path, 'src'));
    const base = parseBase(entry.base, child(path, 'base'), aliases);
    // One adapter on two models is two models.
    const key = base === undefined ? src : `${src} on ${base}`;
    const other = bySource.get(key);
    // Two local folders may well hold equal bytes; a zoo or Hub model listed twice would be one model string in YAML.
    if (other !== undefined && !src.startsWith('file:')) {
      throw new LabError('recipe/duplicate-model', `"${other}" and "${alias}" are the same model (${src}). Keep one.`, {
        path,
        model: alias,
      });
    }
    bySource.set(key, alias);
    result[alias] = base === undefined ? { src } : { src, base };
  }
  refuseCircles(result);
  return result;
}

function parseMerge(value: Plain | undefined, models: readonly string[], notices: Notice[]): Recipe['merge'] {
  const known = new Set(models);
  // A list of one is that one: equal merges have one canonical form.
  if (!Array.isArray(value) || value.length === 1) {
    const single = record(Array.isArray(value) ? value[0] : value, 'merge');
    return parseStages([single], () => 'merge', known, notices)[0]!;
  }
  const docs = list(value, 'merge', LIMITS.stages).map((doc, index) => record(doc, child('merge', index)));
  if (docs.length === 0)
    throw new LabError('recipe/no-stage', 'The list "merge" is empty. Give it at least one document.');
  const unnamed = docs.flatMap((doc, index) => (doc.name === undefined || doc.name === null ? [index] : []));
  if (unnamed.length > 1) {
    throw new LabError(
      'recipe/unnamed-stages',
      'More than one document of "merge" has no "name". Only the result may have none.',
      {
        path: child('merge', unnamed[1]!),
      },
    );
  }
  const result = parseStages(docs, (index) => child('merge', index), known, notices);
  stageOrder(result);
  return result;
}

function parseStages(
  docs: readonly PlainRecord[],
  pathOf: (index: number) => string,
  known: Set<string>,
  notices: Notice[],
): MergeDoc[] {
  docs.forEach((doc, index) => {
    if (doc.name === undefined || doc.name === null) return;
    const path = child(pathOf(index), 'name');
    const name = text(doc.name, path);
    checkAlias(name, path, known);
    known.add(name);
  });
  const context = { models: [...known], notices };
  return docs.map((doc, index) => parseMergeDoc(doc, pathOf(index), context));
}

function parseRun(value: Plain, notices: Notice[]): RunSettings {
  const source = record(value, 'run');
  noticeUnknown(source, RUN, 'run', notices);
  return members<RunSettings>(source, 'run', {
    prompts: (item, path) =>
      list(item, path, LIMITS.prompts).map((prompt, index) => text(prompt, child(path, index), LIMITS.promptLength)),
    max_new_tokens: (item, path) => integer(item, path, 1, LIMITS.newTokens),
    temperature: (item, path) => number(item, path, 0, LIMITS.temperature),
    seed: (item, path) => integer(item, path, 0, Number.MAX_SAFE_INTEGER),
  });
}

function parseView(value: Plain, aliases: readonly string[], notices: Notice[]): ViewSettings {
  const source = record(value, 'view');
  noticeUnknown(source, VIEW, 'view', notices);
  const columns = (item: Plain, path: string) => {
    const names = list(item, path, LIMITS.columns).map((name, index) => text(name, child(path, index), 64));
    return [...new Set(names)].filter((name) => {
      if (name === MERGED || aliases.includes(name)) return true;
      notices.push({
        code: 'recipe/unknown-column',
        message: `The column "${name}" names no model of the recipe and was left out.`,
        params: { column: name },
      });
      return false;
    });
  };
  return members<ViewSettings>(source, 'view', {
    columns,
    probe: (item, path) => text(item, path, 64),
    panel: (item, path) => text(item, path, 64),
  });
}

function parseExpect(value: Plain, notices: Notice[]): Expectation {
  const source = record(value, 'expect');
  noticeUnknown(source, EXPECT, 'expect', notices);
  return members<Expectation>(source, 'expect', {
    weights: (item, path) => {
      const hash = text(item, path, 64);
      if (SHA256.test(hash)) return hash;
      throw new LabError('recipe/fingerprint', `${path} must be a fingerprint: 64 hex digits in lower case.`, { path });
    },
    texts: (item, path) =>
      Object.fromEntries(
        Object.entries(record(item, path)).map(([column, words]) => [column, text(words, child(path, column))]),
      ),
  });
}

/**
 * Validates a recipe (contract C2) that may come from anybody. Text is brought to NFC, numeric text in parameters to
 * numbers, and null members count as absent, so that equal recipes have equal canonical forms.
 * @param value what JSON.parse gave, or any plain data.
 * @returns a copy that shares nothing with `value`, and what was dropped or has no effect.
 * @throws LabError recipe/*; `params.path` says where.
 */
export function parseRecipe(value: unknown): { recipe: Recipe; notices: Notice[] } {
  const notices: Notice[] = [];
  const source = record(toPlain(value), '');
  if (source.v !== 1) {
    const found = typeof source.v === 'number' ? String(source.v) : 'none';
    throw new LabError(
      'recipe/version',
      `This recipe has version ${found}; this lab reads version 1. Get a newer lab or recipe.`,
      {
        found,
      },
    );
  }
  noticeUnknown(source, TOP, '', notices);
  const models = parseModels(source.models, notices);
  const aliases = Object.keys(models);
  const merge = parseMerge(source.merge, aliases, notices);
  const rest = members<Recipe>(source, '', {
    run: (item) => parseRun(item, notices),
    view: (item) => parseView(item, aliases, notices),
    expect: (item) => parseExpect(item, notices),
  });
  return { recipe: { v: 1, models, merge, ...rest }, notices };
}
