import { describe, expect, test } from 'vitest';
import { embeddingRows } from '../../../../src/core/vocab/align';
import { withoutToken, withPadding, withSource, withTemplate, withToken } from '../../../../src/core/vocab/edit';
import { outputText } from '../../../../src/core/vocab/output';
import { rowMaps } from '../../../../src/core/vocab/rows';
import { withSpecialIds, withVocabularySize } from '../../../../src/core/vocab/special';
import { chosenTemplate, TEMPLATES, templateOf } from '../../../../src/core/vocab/templates';
import { stripped, typeOf, vocabularyOf } from '../../../../src/core/vocab/tokenizer';
import type { Json, TextFiles } from '../../../../src/core/vocab/types';

const text = (tokenizer: Json, tokenizerConfig: Json = {}): TextFiles => ({
  tokenizer,
  tokenizerConfig,
  generationConfig: {},
});
const owner = (alias: string, tokenizer: Json, rows = 100, config: Json = {}) => ({
  alias,
  text: text(tokenizer, config),
  rows,
});
const added = (content: string, id: number) => ({ content, id, special: true });
const bpe = (tokens: readonly string[], merges: readonly unknown[], special: readonly object[] = []): Json => ({
  model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  added_tokens: special,
});
const modelOf = (tokenizer: Json) => tokenizer['model'] as { vocab: unknown; merges: unknown[] };

describe('a union of tokenizers', () => {
  test('puts merges of new tokens after the base’s, and no others', () => {
    const base = bpe(['a', 'b', 'ab'], ['a b']);
    // The other reaches "ab" by another order of merges, which must not change how old text is cut.
    const other = bpe(['a', 'b', 'c', 'bc', 'abc', 'ab'], [['b', 'c'], 'a bc', 'a b']);
    const { files } = outputText('union', [owner('base', base), owner('other', other)], []);
    expect(modelOf(files.tokenizer)).toEqual({
      type: 'BPE',
      vocab: { a: 0, b: 1, ab: 2, c: 3, bc: 4, abc: 5 },
      merges: [
        ['a', 'b'],
        ['b', 'c'],
        ['a', 'bc'],
      ],
    });
  });

  test('gives added tokens the ids that loaders will give them', () => {
    const base = bpe(['a'], [], [added('<s>', 1)]);
    const other = bpe(['a', 'b'], [], [added('<x>', 2), added('<s>', 3)]);
    const config = { added_tokens_decoder: { 1: { content: '<s>' } }, bos_token: '<s>' };
    const { files } = outputText('union', [owner('base', base, 100, config), owner('other', other)], ['<mine>', 'b']);
    expect(Object.fromEntries(vocabularyOf(files.tokenizer))).toEqual({ a: 0, '<s>': 1, b: 2, '<x>': 3, '<mine>': 4 });
    // All of them are in the model: behind a new plain token a loader would number them anew.
    expect(modelOf(files.tokenizer).vocab).toEqual({ a: 0, '<s>': 1, b: 2, '<x>': 3, '<mine>': 4 });
    expect(Object.keys(files.tokenizerConfig['added_tokens_decoder'] as object)).toEqual(['1', '3', '4']);
  });

  test('keeps scores of a Unigram model', () => {
    const unigram = (vocab: unknown[]): Json => ({ model: { type: 'Unigram', vocab }, added_tokens: [] });
    const base = unigram([
      ['<unk>', 0],
      ['a', -1],
    ]);
    const other = unigram([
      ['b', -3],
      ['a', -2],
    ]);
    const { files } = outputText('union', [owner('base', base), owner('other', other)], []);
    expect(modelOf(files.tokenizer).vocab).toEqual([
      ['<unk>', 0],
      ['a', -1],
      ['b', -3],
    ]);
  });

  test('refuses other kinds of tokenizer, by name', () => {
    const word: Json = { model: { vocab: { a: 0 } }, added_tokens: [] };
    expect(typeOf(word)).toBe('WordLevel');
    const owners = [owner('base', bpe(['a'], [])), owner('other', word)];
    expect(() => outputText('union', owners, [])).toThrow(
      expect.objectContaining({ code: 'vocabulary/tokenizer-types' }),
    );
    expect(outputText('other', owners, []).files.tokenizer).toBe(word);
  });

  test('without anything new is the base’s own file', () => {
    const base = bpe(['a', 'b'], []);
    const owners = [owner('base', base), owner('other', bpe(['b', 'a'], []))];
    expect(outputText('union', owners, []).files.tokenizer).toBe(base);
  });
});

test('tokens beyond the rows leave with the merges that make or need them', () => {
  const full = bpe(['a', 'b', 'c', 'ab', 'abc'], ['a b', 'ab c'], [added('<x>', 5)]);
  const cut = stripped(full, 4);
  expect([...vocabularyOf(cut).keys()]).toEqual(['a', 'b', 'c', 'ab']);
  expect(modelOf(cut).merges).toEqual([['a', 'b']]);
  expect(stripped(full, 6)).toBe(full);
});

describe('rows', () => {
  const own = (alias: string, tokens: Record<string, number>) => ({
    alias,
    vocabulary: new Map(Object.entries(tokens)),
    rows: 10,
  });
  const [base, one, two] = [own('base', { a: 0 }), own('one', { a: 1, b: 2, c: 3 }), own('two', { a: 2, b: 0 })];
  const output = new Map(Object.entries({ a: 0, b: 1, c: 2, d: 3 }));
  const maps = (rules: Parameters<typeof rowMaps>[5] = [], donors = [own('far', { d: 7 })]) =>
    rowMaps(output, 6, [one, two, base], donors, 'base', rules);

  test('own rows, one model’s row, a mean, a donor’s, padding', () => {
    const { own: rows, defaults } = maps();
    expect(Object.fromEntries([...rows].map(([alias, row]) => [alias, [...row]]))).toEqual({
      one: [1, 2, 3, -1, -2, -2],
      two: [2, 0, -1, -1, -2, -2],
      base: [0, -1, -1, -1, -2, -2],
    });
    expect(Object.fromEntries(defaults)).toEqual({
      1: { kind: 'mean', of: [{ alias: 'one', row: 2 }, { alias: 'two', row: 0 }] }, // prettier-ignore
      2: { kind: 'row', alias: 'one', row: 3 },
      3: { kind: 'row', alias: 'far', row: 7 },
    });
    expect(maps([], []).defaults.get(3)).toEqual({ kind: 'zero' });
  });

  test('a rule stands before all, `force` before own rows too', () => {
    const { own: rows, defaults } = maps([
      ['a', { source: 'one', force: true }],
      ['b', { source: { kind: 'zero' } }],
      ['c', { source: { kind: 'model_token', model: 'two', token: 'b' } }],
      ['d', { source: { kind: 'model_token', model: 'base', token_id: 9 } }],
    ]);
    expect(rows.get('two')![0]).toBe(-1);
    expect([0, 1, 2, 3].map((id) => defaults.get(id))).toEqual([
      { kind: 'row', alias: 'one', row: 1 },
      { kind: 'zero' },
      { kind: 'row', alias: 'two', row: 0 },
      { kind: 'row', alias: 'base', row: 9 },
    ]);
    expect(rows.get('two')![1]).toBe(0);
  });

  test.each([
    ['vocabulary/token-missing', { source: 'base' }],
    ['vocabulary/token-beyond-rows', { source: { kind: 'model_token', model: 'base', token_id: 10 } as const }],
  ])('%s', (code, rule) => {
    expect(() => maps([['d', rule]])).toThrow(expect.objectContaining({ code }));
  });
});

test('special tokens move with their token, take the tokenizer’s own name, or leave', () => {
  const from = new Map(Object.entries({ '<s>': 1, '</s>': 2, '<pad>': 3 }));
  const to = new Map(Object.entries({ '</s>': 9, '<end>': 4 }));
  const config = { bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: 3, vocab_size: 5, sep_token_id: null };
  expect(withSpecialIds(config, from, to, { pad_token: { content: '<end>' } })).toEqual({
    eos_token_id: [9],
    pad_token_id: 4,
    vocab_size: 5,
    sep_token_id: null,
  });
});

test('the text part of a config moves along, with the places of pictures and the tokens never to be said', () => {
  const from = new Map(Object.entries({ '<s>': 1, '</s>': 2, '<image>': 3, uh: 4, um: 5 }));
  const to = new Map(Object.entries({ '</s>': 9, '<image>': 7, um: 0 }));
  const config = {
    image_token_index: 3,
    image_token_id: 3,
    suppress_tokens: [4, 5],
    text_config: { eos_token_id: 2, bos_token_id: 1, vocab_size: 6 },
  };
  const moved = withSpecialIds(config, from, to, {});
  expect(moved).toEqual({
    image_token_index: 7,
    image_token_id: 7,
    suppress_tokens: [0],
    text_config: { eos_token_id: 9, vocab_size: 6 },
  });
  expect(withVocabularySize(moved, 10)).toEqual({ ...moved, text_config: { eos_token_id: 9, vocab_size: 10 } });
});

test('an embedding has no more rows for tokens than its config says, wherever that is written', () => {
  const tensors = [{ name: 'model.language_model.embed_tokens.weight', shape: [8, 4] }];
  expect(embeddingRows(tensors, { vocab_size: 6 })).toBe(6);
  expect(embeddingRows(tensors, { text_config: { vocab_size: 6 } })).toBe(6);
  expect(embeddingRows(tensors, { text_config: { vocab_size: 9 } })).toBe(8);
  expect(embeddingRows(tensors, null)).toBe(8);
});

describe('chat templates', () => {
  const having = (template: unknown) => text({}, { chat_template: template });
  test('auto is the most common one, the first of equals', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(having);
    expect(chosenTemplate('auto', [a!, b!, null, b!, c!])).toBe('b');
    expect(chosenTemplate('auto', [a!, b!, text({})])).toBe('a');
    expect(() => chosenTemplate('auto', [null])).toThrow(expect.objectContaining({ code: 'vocabulary/no-template' }));
  });
  test('a name, Jinja, or a refusal that suggests one', () => {
    expect(chosenTemplate('chatml', [])).toBe(TEMPLATES['chatml']);
    expect(chosenTemplate('{{ messages[0].content }}', [])).toBe('{{ messages[0].content }}');
    for (const wrong of ['lama3', 'constructor', '{{ short }}'])
      expect(() => chosenTemplate(wrong, [])).toThrow(expect.objectContaining({ code: 'vocabulary/template' }));
    expect(() => chosenTemplate('lama3', [])).toThrow(/llama3/);
  });
  test('of a list of named ones, the default counts', () => {
    const list = [
      { name: 'tool', template: 't' },
      { name: 'default', template: 'd' },
    ];
    expect(templateOf(having(list))).toBe('d');
  });
});

test('edits of a recipe', () => {
  const doc = { merge_method: 'linear', models: [], tokenizer_source: 'base', chat_template: 'auto' };
  const padded = withPadding(doc, 8);
  expect(padded).toEqual({ merge_method: 'linear', models: [], chat_template: 'auto', tokenizer: { source: 'base', pad_to_multiple_of: 8 } }); // prettier-ignore
  const ruled = withToken(withToken(padded, 'a', {}), 'b', { force: true });
  expect(withToken(ruled, 'a', { source: 'x' }).tokenizer!.tokens).toEqual([
    ['a', { source: 'x' }],
    ['b', { force: true }],
  ]);
  expect(withoutToken(withoutToken(ruled, 'a'), 'b').tokenizer).toEqual(padded.tokenizer);
  expect(withPadding(padded, 1).tokenizer).toEqual({ source: 'base' });
  expect(withTemplate(withSource(ruled, null), null)).toEqual({ merge_method: 'linear', models: [] });
});
