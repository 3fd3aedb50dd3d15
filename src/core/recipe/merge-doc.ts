import { LabError } from '../errors';
import { boolean, choice, integer, list, members, number, record, text, wrongType } from './check';
import { checkMethodRules } from './method-rules';
import { child, type Plain, type PlainRecord } from './plain';
import { DTYPES, KEYS, LAB_VARIANTS, LIMITS, METHODS, PARAMETER_NAMES } from './schema';
import { parseParameters } from './settings';
import { didYouMean, suggest } from './suggest';
import type {
  InputModel,
  LabBlock,
  MergeDoc,
  ModuleDoc,
  Notice,
  Slice,
  SliceSource,
  TokenRule,
  TokenSource,
} from './types';

/** What a document may refer to, and where its notices go. */
export interface DocContext {
  /** Aliases and stage names. */
  readonly models: readonly string[];
  readonly notices: Notice[];
}

/** @throws LabError recipe/unknown-key; says so when the key is a parameter that belongs one level deeper. */
function onlyKeys(source: PlainRecord, allowed: readonly string[], path: string): void {
  for (const key of Object.keys(source)) {
    if (allowed.includes(key)) continue;
    const misplaced = PARAMETER_NAMES.includes(key) && allowed.includes('parameters');
    const suggestion = misplaced ? `parameters.${key}` : suggest(key, allowed);
    const shown = key.slice(0, 80);
    const message = misplaced
      ? `The key "${shown}" of ${path} belongs under "parameters:" there.`
      : `mergekit has no key "${shown}" at ${path}.${didYouMean(suggestion)} Known keys: ${allowed.join(', ')}.`;
    throw new LabError('recipe/unknown-key', message, { path: child(path, shown), key: shown, suggestion });
  }
}

function unknownMethod(method: string, path: string): LabError {
  const known = Object.keys(METHODS).join(', ');
  const suggestion = suggest(method, Object.keys(METHODS));
  const shown = method.slice(0, 80);
  return new LabError(
    'recipe/unknown-method',
    `There is no merge method "${shown}".${didYouMean(suggestion)} Known methods: ${known}.`,
    { path, method: shown, suggestion, known },
  );
}

/**
 * Validates one mergekit document whose model names are aliases.
 * @returns a copy with mergekit's coercions done: numeric text as numbers, null members left out, tokens as pairs.
 * @throws LabError recipe/* naming the path.
 */
export function parseMergeDoc(value: Plain | undefined, path: string, context: DocContext): MergeDoc {
  const source = record(value, path);
  onlyKeys(source, KEYS.doc, path);
  if (typeof source.merge_method !== 'string')
    throw wrongType(child(path, 'merge_method'), 'text', source.merge_method);
  const method = METHODS[source.merge_method];
  if (!method || !Object.hasOwn(METHODS, source.merge_method)) {
    throw unknownMethod(source.merge_method, child(path, 'merge_method'));
  }

  const model = (item: Plain, where: string): string => {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      throw new LabError(
        'recipe/reference-object',
        `${where} names a model by an object ({model: …, lora: …}), which is not supported. Write the model's name as text.`,
        { path: where },
      );
    }
    const name = text(item, where);
    if (context.models.includes(name)) return name;
    const suggestion = suggest(name, context.models);
    const shown = name.slice(0, 80);
    throw new LabError(
      'recipe/unknown-model',
      `${where} names the model "${shown}", which "models" does not list.${didYouMean(suggestion)}`,
      { path: where, model: shown, suggestion },
    );
  };
  const parameters = (item: Plain, where: string) =>
    parseParameters(record(item, where), where, source.merge_method as string, method, context.notices);

  const input = (item: Plain, where: string): InputModel => {
    const entry = record(item, where);
    onlyKeys(entry, KEYS.model, where);
    return {
      model: model(entry.model ?? null, child(where, 'model')),
      ...members<InputModel>(entry, where, { parameters }),
    };
  };
  const layerRange = (item: Plain | undefined, where: string): [number, number] => {
    const range = list(item, where, 2);
    const low = integer(range[0], child(where, 0), 0, LIMITS.layers);
    return [low, integer(range[1], child(where, 1), low + 1, LIMITS.layers)];
  };
  const sliceSource = (item: Plain, where: string): SliceSource => {
    const entry = record(item, where);
    onlyKeys(entry, KEYS.source, where);
    return {
      model: model(entry.model ?? null, child(where, 'model')),
      layer_range: layerRange(entry.layer_range, child(where, 'layer_range')),
      ...members<InputModel>(entry, where, { parameters }),
    };
  };
  const slice = (item: Plain, where: string): Slice => {
    const entry = record(item, where);
    onlyKeys(entry, KEYS.slice, where);
    const sources = list(entry.sources, child(where, 'sources')).map((part, index) =>
      sliceSource(part, child(child(where, 'sources'), index)),
    );
    return {
      sources,
      ...members<Slice>(entry, where, {
        base_model: model,
        residual_weight: (weight, w) => number(weight, w, -LIMITS.number, LIMITS.number),
        parameters,
      }),
    };
  };
  const models = (item: Plain, where: string) =>
    list(item, where).map((part, index) => input(part, child(where, index)));
  const slices = (item: Plain, where: string) =>
    list(item, where).map((part, index) => slice(part, child(where, index)));
  const module = (item: Plain, where: string): ModuleDoc => {
    const entry = record(item, where);
    onlyKeys(entry, KEYS.module, where);
    exactlyOne(entry, ['models', 'slices'], where);
    return members<ModuleDoc>(entry, where, { models, slices, parameters });
  };
  const modules = (item: Plain, where: string) =>
    Object.fromEntries(
      Object.entries(record(item, where)).map(([name, part]) => [name, module(part, child(where, name))]),
    );

  exactlyOne(source, ['models', 'slices', 'modules'], path);
  const doc: MergeDoc = {
    merge_method: source.merge_method,
    ...members<MergeDoc>(source, path, {
      name: (item, where) => text(item, where, LIMITS.aliasLength),
      models,
      slices,
      modules,
      base_model: model,
      parameters,
      dtype: dtype,
      out_dtype: dtype,
      tokenizer: (item, where) => parseTokenizer(item, where, model),
      tokenizer_source: (item, where) => (item === 'union' || item === 'base' ? item : model(item, where)),
      chat_template: (item, where) => text(item, where),
      lab: (item, where) => parseLab(item, where, context.notices),
    }),
  };
  if (doc.lab && Object.keys(doc.lab).length === 0) delete doc.lab;
  if (doc.tokenizer && doc.tokenizer_source !== undefined) {
    throw new LabError(
      'recipe/two-tokenizers',
      `${path} has both "tokenizer" and "tokenizer_source". Keep one of them.`,
      {
        path,
      },
    );
  }
  checkMethodRules(doc, path, context.notices);
  return doc;
}

/** mergekit counts an empty list as absent. */
function exactlyOne(source: PlainRecord, keys: readonly string[], path: string): void {
  const present = keys.filter((key) => {
    const value = source[key];
    return value !== undefined && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0);
  });
  if (present.length === 1) return;
  const names = keys.join(', ');
  throw new LabError(
    'recipe/inputs-shape',
    `${path} must have exactly one of ${names} with at least one entry; it has ${present.join(' and ') || 'none'}.`,
    { path, expected: names, found: present.join(', ') },
  );
}

function dtype(value: Plain, path: string): MergeDoc['dtype'] {
  return choice(typeof value === 'string' ? value.replace(/^torch\./, '') : value, path, DTYPES);
}

function parseTokenizer(
  value: Plain,
  path: string,
  model: (item: Plain, path: string) => string,
): MergeDoc['tokenizer'] {
  const source = record(value, path);
  onlyKeys(source, KEYS.tokenizer, path);
  const tokenSource = (item: Plain, where: string): TokenSource => {
    if (typeof item === 'string') return model(item, where);
    const entry = record(item, where);
    onlyKeys(entry, KEYS.modelToken, where);
    if (choice(entry.kind, child(where, 'kind'), ['zero', 'model_token']) === 'zero') return { kind: 'zero' };
    const which = members<{ token: string; token_id: number }>(entry, where, {
      token: (token, w) => text(token, w),
      token_id: (id, w) => integer(id, w, 0, LIMITS.number),
    });
    exactlyOne(entry, ['token', 'token_id'], where);
    return { kind: 'model_token', model: model(entry.model ?? null, child(where, 'model')), ...which };
  };
  const rule = (item: Plain | undefined, where: string): TokenRule => {
    const entry = record(item, where);
    onlyKeys(entry, KEYS.token, where);
    return members<TokenRule>(entry, where, { source: tokenSource, force: boolean });
  };
  const tokens = (item: Plain, where: string): [string, TokenRule][] => {
    const seen = new Set<string>();
    // An object's order of keys is not kept where a token looks like an integer, hence the list of pairs.
    const pairs = Array.isArray(item) ? list(item, where) : Object.entries(record(item, where));
    return pairs.map((pair, index) => {
      const at = child(where, index);
      const [token, tokenRule] = list(pair as Plain, at, 2);
      const name = text(token, child(at, 0));
      if (seen.has(name)) {
        throw new LabError('recipe/duplicate-token', `${where} has the token "${name.slice(0, 80)}" twice. Keep one.`, {
          path: at,
          token: name.slice(0, 80),
        });
      }
      seen.add(name);
      return [name, rule(tokenRule, child(at, 1))];
    });
  };
  return members<NonNullable<MergeDoc['tokenizer']>>(source, path, {
    source: (item, where) => (item === 'union' || item === 'base' ? item : model(item, where)),
    tokens,
    pad_to_multiple_of: (item, where) => integer(item, where, 1, LIMITS.text),
  });
}

function parseLab(value: Plain, path: string, notices: Notice[]): LabBlock {
  const source = record(value, path);
  onlyKeys(source, KEYS.lab, path);
  for (const key of ['aliases', 'fingerprints']) {
    if (!Object.hasOwn(source, key)) continue;
    notices.push({
      code: 'recipe/dropped-key',
      message: `The key "${key}" of ${path} matters in YAML only and was left out: "models" says it here.`,
      params: { path, key },
    });
  }
  return members<LabBlock>(source, path, {
    seed: (item, where) => integer(item, where, 0, Number.MAX_SAFE_INTEGER),
    election: (item, where) => choice(item, where, LAB_VARIANTS.election),
    trim: (item, where) => choice(item, where, LAB_VARIANTS.trim),
    rescale: (item, where) => choice(item, where, LAB_VARIANTS.rescale),
  });
}
