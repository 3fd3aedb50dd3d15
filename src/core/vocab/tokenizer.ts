import { LabError } from '../errors';
import type { Json, TokenIds } from './types';

/** One entry of `added_tokens` in tokenizer.json: a token that is found in the text before it is cut into pieces. */
export interface AddedToken extends Json {
  id: number;
  content: string;
}

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `model` of a tokenizer.json. */
const modelOf = (tokenizer: Json): Json => (isJson(tokenizer['model']) ? tokenizer['model'] : {});

export function addedTokens(tokenizer: Json): AddedToken[] {
  const added = tokenizer['added_tokens'];
  if (!Array.isArray(added)) return [];
  return added.map((token: Json) => ({ ...token, id: Number(token['id']), content: String(token['content']) }));
}

/** Tokens of the tokenizer's model alone: BPE, WordPiece and WordLevel keep an object, Unigram a list. */
function modelTokens(tokenizer: Json): Map<string, number> {
  const { vocab } = modelOf(tokenizer);
  if (Array.isArray(vocab))
    return new Map(vocab.map((entry: unknown, id) => [String(Array.isArray(entry) ? entry[0] : entry), id]));
  return new Map(isJson(vocab) ? Object.entries(vocab).map(([token, id]) => [token, Number(id)]) : []);
}

const known = new WeakMap<Json, TokenIds>();

/** token -> id of a tokenizer.json; added tokens count. Made once for each: there may be hundreds of thousands. */
export function vocabularyOf(tokenizer: Json): TokenIds {
  const before = known.get(tokenizer);
  if (before) return before;
  const vocabulary = modelTokens(tokenizer);
  for (const { content, id } of addedTokens(tokenizer)) vocabulary.set(content, id);
  known.set(tokenizer, vocabulary);
  return vocabulary;
}

/** Old files leave the type out; it shows in what the model holds. */
export function typeOf(tokenizer: Json): string {
  const model = modelOf(tokenizer);
  if (typeof model['type'] === 'string') return model['type'];
  if ('merges' in model) return 'BPE';
  if (Array.isArray(model['vocab'])) return 'Unigram';
  return 'continuing_subword_prefix' in model ? 'WordPiece' : 'WordLevel';
}

/** @returns both halves of a BPE merge, which is written as a list or, in older files, as text with a space. */
function halves(merge: unknown): [string, string] {
  const parts: unknown[] = Array.isArray(merge) ? (merge as unknown[]) : String(merge).split(' ');
  return [String(parts[0]), String(parts[1])];
}

/**
 * Merges of a BPE model whose halves and result are all tokens; others would make the file unreadable.
 * @param results where only merges that make certain tokens are wanted
 */
function mergesWithin(model: Json, tokens: TokenIds, results: TokenIds = tokens): [string, string][] {
  const prefix = typeof model['continuing_subword_prefix'] === 'string' ? model['continuing_subword_prefix'] : '';
  const merges = Array.isArray(model['merges']) ? model['merges'].map(halves) : [];
  return merges.filter(
    ([left, right]) => tokens.has(left) && tokens.has(right) && results.has(left + right.slice(prefix.length)),
  );
}

/**
 * A tokenizer without the tokens whose ids lie beyond the rows of the model's embedding: the model cannot read them.
 * @returns the same object where there are none.
 */
export function stripped(tokenizer: Json, rows: number): Json {
  const all = vocabularyOf(tokenizer);
  if ([...all.values()].every((id) => id < rows)) return tokenizer;
  const model = modelOf(tokenizer);
  const kept = new Map([...modelTokens(tokenizer)].filter(([, id]) => id < rows));
  const vocab = Array.isArray(model['vocab']) ? model['vocab'].slice(0, rows) : Object.fromEntries(kept);
  return {
    ...tokenizer,
    added_tokens: addedTokens(tokenizer).filter(({ id }) => id < rows),
    model: { ...model, vocab, ...('merges' in model && { merges: mergesWithin(model, kept) }) },
  };
}

/** A tokenizer being extended: ids that it has stay, new tokens get the next ones. */
export class TokenizerBuilder {
  readonly #ids: Map<string, number>;
  readonly #added: Map<string, AddedToken>;
  readonly #type: string;
  /** Tokens that the model itself must know, in the order of their ids; Unigram keeps a score with each. */
  readonly #plain: { token: string; score: number }[] = [];
  readonly #merges: [string, string][] = [];
  #next: number;
  #changed = false;

  constructor(
    private readonly owner: string,
    private readonly base: Json,
  ) {
    this.#ids = new Map(vocabularyOf(base));
    this.#added = new Map(addedTokens(base).map((token) => [token.content, token]));
    this.#type = typeOf(base);
    this.#next = [...this.#ids.values()].reduce((max, id) => Math.max(max, id + 1), 0);
  }

  /**
   * Adds what another tokenizer has and this one lacks, plain tokens only. The BPE merges that make them follow those
   * already here, so text that holds none of the new tokens is cut as before.
   * @param skip tokens that are added ones in some model
   * @throws LabError `vocabulary/tokenizer-types`
   */
  addPlain(owner: string, other: Json, skip: ReadonlySet<string>): void {
    const type = typeOf(other);
    if (type !== this.#type)
      throw new LabError(
        'vocabulary/tokenizer-types',
        `The tokenizer of ${this.owner} is of the type ${this.#type}, that of ${owner} of the type ${type}: they cut text by different rules and cannot be united. Choose the tokenizer of one model as the source.`,
        { reference: this.owner, model: owner, expected: this.#type, found: type },
      );
    const scores = modelOf(other)['vocab'];
    const fresh = new Map<string, number>();
    for (const [token, id] of [...modelTokens(other)].sort((a, b) => a[1] - b[1])) {
      if (this.#ids.has(token) || skip.has(token)) continue;
      const entry: unknown = Array.isArray(scores) ? scores[id] : null;
      this.#plain.push({ token, score: Array.isArray(entry) ? Number(entry[1]) : 0 });
      fresh.set(token, this.#next);
      this.#ids.set(token, this.#next++);
    }
    this.#merges.push(...mergesWithin(modelOf(other), this.#ids, fresh));
  }

  /** Adds a token that is found before the text is cut; the first definition wins. */
  addAdded(token: Json & { content: string }): void {
    if (this.#added.has(token.content)) return;
    const known = this.#ids.get(token.content);
    const id = known ?? this.#next++;
    this.#ids.set(token.content, id);
    this.#added.set(token.content, { ...token, id });
    this.#changed = true;
  }

  /** @returns tokenizer.json: the base's own where nothing was added. @throws LabError `vocabulary/holes` */
  build(): Json {
    if (!this.#changed && this.#plain.length === 0) return this.base;
    const added = [...this.#added.values()].sort((a, b) => a.id - b.id);
    const model = this.#plain.length > 0 ? this.#model() : modelOf(this.base);
    return { ...this.base, added_tokens: added, model };
  }

  /**
   * The model with every token at its id, added ones included: loaders give an added token that the model lacks the next
   * free id, whatever the file says, so behind new plain tokens it would get another one.
   */
  #model(): Json {
    const model = modelOf(this.base);
    const ordered = [...this.#ids].sort((a, b) => a[1] - b[1]);
    const merges = 'merges' in model && { merges: this.#allMerges(model) };
    if (!Array.isArray(model['vocab'])) return { ...model, vocab: Object.fromEntries(ordered), ...merges };
    const old = model['vocab'] as unknown[];
    const scores = new Map(this.#plain.map(({ token, score }) => [token, score]));
    const vocab = ordered.map(([token, id], index) => {
      if (id !== index)
        throw new LabError(
          'vocabulary/holes',
          `The tokenizer of ${this.owner} has no token with the id ${index}, so it cannot be extended. Choose the tokenizer of one model as the source.`,
          { model: this.owner, id: index },
        );
      return old[id] ?? [token, scores.get(token) ?? 0];
    });
    return { ...model, vocab };
  }

  #allMerges(model: Json): [string, string][] {
    const known = Array.isArray(model['merges']) ? model['merges'].map(halves) : [];
    return [...known, ...this.#merges];
  }
}
