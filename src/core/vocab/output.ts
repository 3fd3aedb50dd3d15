import { LabError } from '../errors';
import { addedTokens, stripped, TokenizerBuilder, vocabularyOf } from './tokenizer';
import type { Json, TextFiles } from './types';

/** A model's text files and how many rows its embedding has for them. */
export interface TextOwner {
  readonly alias: string;
  readonly text: TextFiles;
  readonly rows: number;
}

export interface OutputText {
  readonly files: TextFiles;
  /** The model whose special tokens and generation settings the files keep. */
  readonly owner: string;
}

/** tokenizer_config.json repeats the added tokens by id; loaders add what it lists, so it has to agree. */
function withAddedDecoder(tokenizerConfig: Json, tokenizer: Json): Json {
  if (!('added_tokens_decoder' in tokenizerConfig)) return tokenizerConfig;
  const decoder = addedTokens(tokenizer).map(({ id, ...token }) => [String(id), token]);
  return { ...tokenizerConfig, added_tokens_decoder: Object.fromEntries(decoder) as Json };
}

/**
 * The output's tokenizer (references: mergekit, section 1.14). Tokens beyond the rows of a model are left out of it.
 * @param source `base` (the first owner's), `union` (the first owner's, then the plain tokens that it lacks, model by
 *   model, then added ones), or an alias
 * @param owners the base first
 * @param extra tokens the recipe adds, where the source lacks them
 * @throws LabError `vocabulary/tokenizer-types`, `vocabulary/holes`
 */
export function outputText(source: string, owners: readonly TextOwner[], extra: readonly string[]): OutputText {
  const owner = source === 'base' || source === 'union' ? owners[0]! : owners.find(({ alias }) => alias === source)!;
  const own = stripped(owner.text.tokenizer, owner.rows);
  const builder = new TokenizerBuilder(owner.alias, own);
  if (source === 'union') {
    const all = owners.map(({ alias, text, rows }) => ({ alias, tokenizer: stripped(text.tokenizer, rows) }));
    const added = all.flatMap(({ tokenizer }) => addedTokens(tokenizer));
    const skip = new Set(added.map(({ content }) => content));
    for (const { alias, tokenizer } of all.slice(1)) builder.addPlain(alias, tokenizer, skip);
    for (const token of added) builder.addAdded(token);
  }
  const known = vocabularyOf(builder.build());
  for (const content of extra)
    if (!known.has(content))
      builder.addAdded({ content, single_word: false, lstrip: false, rstrip: false, normalized: true, special: false });
  const tokenizer = builder.build();
  const tokenizerConfig =
    tokenizer === owner.text.tokenizer
      ? owner.text.tokenizerConfig
      : withAddedDecoder(owner.text.tokenizerConfig, tokenizer);
  return { files: { ...owner.text, tokenizer, tokenizerConfig }, owner: owner.alias };
}

/** @throws LabError `vocabulary/no-tokenizer` */
export function requireText(alias: string, text: TextFiles | null | undefined, key: string): TextFiles {
  if (text) return text;
  throw new LabError(
    'vocabulary/no-tokenizer',
    `The recipe sets ${key}, but ${alias} has no tokenizer.json to take it from. Add the file to its folder, or leave ${key} out.`,
    { model: alias, key },
  );
}
