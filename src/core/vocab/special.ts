import { isJson } from './tokenizer';
import type { Json, TokenIds } from './types';

/** Where config.json and generation_config.json name tokens by id: a number, or a list of them. */
const SPECIAL = /_token_(id|index)$|^(begin_)?suppress_tokens$/;

/**
 * A config whose special tokens have the ids of another vocabulary: each keeps its token. A token that the other
 * vocabulary lacks becomes the one that its tokenizer_config.json names for that role; without one the key is left out.
 * A `text_config` inside is treated alike.
 * @param from the vocabulary that the config was written for
 * @param names tokenizer_config.json of the output
 */
export function withSpecialIds(config: Json, from: TokenIds, to: TokenIds, names: Json): Json {
  const wanted = new Set(Object.entries(config).flatMap(([key, value]) => (SPECIAL.test(key) ? value : [])));
  const tokens = new Map<unknown, string>();
  for (const [token, id] of from) if (wanted.has(id)) tokens.set(id, token);
  const moved = (id: unknown): number | undefined => to.get(tokens.get(id) ?? '');
  const entries = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'text_config' && isJson(value)) return [[key, withSpecialIds(value, from, to, names)]];
    if (!SPECIAL.test(key) || value === null) return [[key, value]];
    const ids = (Array.isArray(value) ? value : [value]).flatMap((id) => moved(id) ?? []);
    if (ids.length > 0) return [[key, Array.isArray(value) ? [...new Set(ids)] : ids[0]]];
    const named = tokenName(names[key.replace(/_(id|index)$/, '')]);
    const id = named === null ? undefined : to.get(named);
    return id === undefined ? [] : [[key, Array.isArray(value) ? [id] : id]];
  });
  return Object.fromEntries(entries);
}

/** A special token in tokenizer_config.json: its text, or an object that holds it. */
function tokenName(value: unknown): string | null {
  if (typeof value === 'string') return value;
  const content = isJson(value) ? value['content'] : null;
  return typeof content === 'string' ? content : null;
}

/** The number of rows, where a config says it: at its top or for its text part. */
export function withVocabularySize(config: Json, rows: number): Json {
  const inner = config['text_config'];
  if (!('vocab_size' in config) && isJson(inner)) return { ...config, text_config: { ...inner, vocab_size: rows } };
  return { ...config, vocab_size: rows };
}

/** The number of rows that a config says, at its top or for its text part; undefined where it says none. */
export function saidVocabularySize(config: Json | null): number | undefined {
  const inner = config?.['text_config'];
  const said = config?.['vocab_size'] ?? (isJson(inner) ? inner['vocab_size'] : undefined);
  return typeof said === 'number' ? said : undefined;
}
