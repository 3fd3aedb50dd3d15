import type { MergeDoc, TokenRule } from '../recipe/types';

type Tokenizer = NonNullable<MergeDoc['tokenizer']>;

/** Legacy `tokenizer_source` becomes `tokenizer.source` with the first edit. */
function withTokenizer(
  { tokenizer_source: legacy, ...doc }: MergeDoc,
  change: (old: Tokenizer) => Tokenizer,
): MergeDoc {
  const old = doc.tokenizer ?? (legacy === undefined ? {} : { source: legacy });
  return { ...doc, tokenizer: change(old) };
}

/** @param source `base`, `union`, an alias; null: no alignment, and no overrides or padding either. */
export function withSource(doc: MergeDoc, source: string | null): MergeDoc {
  if (source !== null) return withTokenizer(doc, (old) => ({ ...old, source }));
  const { tokenizer: _tokenizer, tokenizer_source: _legacy, ...rest } = doc;
  return rest;
}

/** @param multiple null or 1: no padding */
export function withPadding(doc: MergeDoc, multiple: number | null): MergeDoc {
  return withTokenizer(doc, ({ pad_to_multiple_of: _old, ...rest }) =>
    multiple === null || multiple <= 1 ? rest : { ...rest, pad_to_multiple_of: multiple },
  );
}

/** Sets what a token's row comes from, in its place where it has one. */
export function withToken(doc: MergeDoc, token: string, rule: TokenRule): MergeDoc {
  return withTokenizer(doc, (old) => {
    const tokens = old.tokens ?? [];
    const known = tokens.some(([name]) => name === token);
    const changed = tokens.map((pair): [string, TokenRule] => (pair[0] === token ? [token, rule] : pair));
    return { ...old, tokens: known ? changed : [...tokens, [token, rule]] };
  });
}

export function withoutToken(doc: MergeDoc, token: string): MergeDoc {
  return withTokenizer(doc, ({ tokens = [], ...rest }) => {
    const left = tokens.filter(([name]) => name !== token);
    return left.length > 0 ? { ...rest, tokens: left } : rest;
  });
}

/** @param template a name, Jinja, or null for the template of the tokenizer's own model */
export function withTemplate(doc: MergeDoc, template: string | null): MergeDoc {
  const { chat_template: _old, ...rest } = doc;
  return template === null ? rest : { ...rest, chat_template: template };
}
