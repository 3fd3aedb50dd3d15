import { LabError } from '../errors';
import type { CheckpointHead, MergePlan } from '../merge/types';
import { embeddingRows } from './align';
import { vocabularyOf } from './tokenizer';
import type { TextFiles, TokenId, TokenIds } from './types';

/** So many tokens are spelled out in a list; the count says how many there are. */
const SHOWN = 12;

interface Tokens {
  readonly count: number;
  /** The first of them by id. */
  readonly shown: readonly TokenId[];
}

/** What a vocabulary is beside the reference's, and beside the rows of its own model. */
export interface VocabularyFacts {
  readonly alias: string;
  readonly tokens: number;
  /** Of its embedding; null where none is known as one. */
  readonly rows: number | null;
  /** Tokens that the reference lacks. */
  readonly own: Tokens;
  /** Tokens of the reference that it lacks. */
  readonly missing: Tokens;
  /** Shared tokens with another id. */
  readonly moved: Tokens;
  /** Tokens that no row can stand for: the model breaks when it meets one. */
  readonly beyond: Tokens;
  /** Rows that no token has. */
  readonly unused: number;
}

const listed = (tokens: Iterable<readonly [string, number]>): Tokens => {
  const all = [...tokens];
  const shown = all.sort((a, b) => a[1] - b[1]).slice(0, SHOWN);
  return { count: all.length, shown: shown.map(([token, id]) => ({ token, id })) };
};

/** @param rows null: not known, so nothing is beyond them */
function vocabularyFacts(alias: string, own: TokenIds, rows: number | null, reference: TokenIds): VocabularyFacts {
  const entries = [...own];
  const within = new Set(entries.filter(([, id]) => rows !== null && id < rows).map(([, id]) => id));
  return {
    alias,
    tokens: own.size,
    rows,
    own: listed(entries.filter(([token]) => !reference.has(token))),
    missing: listed([...reference].filter(([token]) => !own.has(token))),
    moved: listed(entries.filter(([token, id]) => reference.has(token) && reference.get(token) !== id)),
    beyond: listed(entries.filter(([, id]) => rows !== null && id >= rows)),
    unused: rows === null ? 0 : rows - within.size,
  };
}

const rowsOf = ({ index, config }: CheckpointHead): number | null => embeddingRows(index.tensors.values(), config);

/** The facts of every model that has a tokenizer; the first of them is the reference. */
export function vocabulariesOf(heads: readonly CheckpointHead[]): VocabularyFacts[] {
  const reading = heads.filter(({ vocabulary }) => vocabulary !== null);
  const reference = reading[0]?.vocabulary;
  if (!reference) return [];
  return reading.map((head) => vocabularyFacts(head.alias, head.vocabulary!, rowsOf(head), reference));
}

/** The facts of a plan's result. @param text its text files: the plan's, or the donor's */
export function outputFacts({ tensors, config }: MergePlan, text: TextFiles, reference: TokenIds): VocabularyFacts {
  return vocabularyFacts('merged', vocabularyOf(text.tokenizer), embeddingRows(tensors, config), reference);
}

/**
 * Blocks a folder whose tokenizer would give ids that its embedding has no row for.
 * @param text the donor's, where the plan has none
 * @throws LabError `vocabulary/beyond-rows`
 */
export function refuseBeyondRows({ tensors, config, tokenizer }: MergePlan, donor: TextFiles | null): void {
  const text = tokenizer ?? donor;
  const rows = embeddingRows(tensors, config);
  if (!text || rows === null) return;
  const { beyond } = vocabularyFacts('', vocabularyOf(text.tokenizer), rows, new Map());
  if (beyond.count === 0) return;
  const tokens = beyond.shown.map(({ token, id }) => `${token} (${id})`).join(', ');
  throw new LabError(
    'vocabulary/beyond-rows',
    `The tokenizer of the result has ${beyond.count} tokens beyond the ${rows} rows of its embedding: ${tokens}${beyond.count > beyond.shown.length ? ', …' : ''}. Such a model breaks when it meets one of them. Choose a tokenizer source, "base" or "union", which leaves them out.`,
    { count: beyond.count, rows, tokens },
  );
}
