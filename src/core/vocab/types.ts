import type { ErrorParams } from '../errors';

export type Json = Record<string, unknown>;

/** The small files that let a model read and write text, parsed. A chat template lies in `tokenizerConfig.chat_template`. */
export interface TextFiles {
  readonly generationConfig: Json;
  readonly tokenizer: Json;
  readonly tokenizerConfig: Json;
}

/** token -> id. */
export type TokenIds = ReadonlyMap<string, number>;

export interface VocabularyNotice {
  readonly code: string;
  readonly message: string;
  readonly params: ErrorParams;
}

/** A token and its number, for lists. */
export interface TokenId {
  readonly token: string;
  readonly id: number;
}
