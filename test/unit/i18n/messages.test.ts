import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeError, fill, loadLanguage } from '../../../src/i18n';
import { pack as english } from '../../../src/i18n/en';
import { pack as hans } from '../../../src/i18n/zh-Hans';
import { pack as hant } from '../../../src/i18n/zh-Hant';

const en = english.messages;
const errorsEn = english.errors;
const { messages: zhHant, errors: errorsZhHant, causes: causesZhHant } = hant;
const { messages: zhHans, errors: errorsZhHans, causes: causesZhHans } = hans;

beforeAll(() => Promise.all(['en', 'zh-Hant', 'zh-Hans'].map(loadLanguage)));

const SRC = join(import.meta.dirname, '../../../src');
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

const FAMILIES = new Set(Object.keys(errorsEn).filter((key) => !key.includes('/')));

/** Every code that the source names, of refusals and notices; some are thrown through helpers, so any quoted code counts. */
function codesInSource(skip: RegExp): string[] {
  const codes = new Set<string>();
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|svelte)$/.test(file) || file.startsWith('i18n') || skip.test(file)) continue;
    const text = readFileSync(join(SRC, file), 'utf8');
    for (const [, code] of text.matchAll(/['"`]([a-z]+\/[a-z0-9-]+)['"`]/g))
      if (FAMILIES.has(code!.split('/')[0]!)) codes.add(code!);
  }
  return [...codes].sort();
}
/** What the page can meet: the command line speaks English. */
const PAGE_CODES = codesInSource(/^cli/);

describe.each([
  ['zh-Hant', zhHant, causesZhHant],
  ['zh-Hans', zhHans, causesZhHans],
] as const)('messages in %s', (_lang, messages, causes) => {
  test('has every message of English, with the same placeholders', () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en))
      expect(holes(messages[key as keyof typeof en]), key).toEqual(holes(text));
  });
  test('uses full-width punctuation beside Chinese characters', () => {
    const texts = { ...messages, ...causes };
    for (const [key, text] of Object.entries(texts))
      expect(text, key).not.toMatch(/[\u4e00-\u9fff）」][,:;?(]|[,:;][\u4e00-\u9fff「（]|\([^)]*）/);
  });
});

describe('refusals', () => {
  test('the two scripts of Chinese give the same causes with the same placeholders', () => {
    expect(Object.keys(causesZhHans)).toEqual(Object.keys(causesZhHant));
    for (const [code, cause] of Object.entries(causesZhHant))
      expect(holes(causesZhHans[code]!), code).toEqual(holes(cause));
  });

  test('a cause is told in the language of the page', () => {
    const error = { code: 'link/truncated', message: 'The link is cut off.', params: {} };
    expect(describeError('zh-Hant', error).cause).toMatch(/連結/);
    expect(describeError('zh-Hans', error).cause).toMatch(/链接/);
    expect(describeError('en', error).cause).toBe('The link is cut off.');
  });

  test('the two scripts of Chinese translate the same codes with the same placeholders', () => {
    expect(Object.keys(errorsZhHans)).toEqual(Object.keys(errorsZhHant));
    for (const [code, text] of Object.entries(errorsZhHant)) {
      const other = errorsZhHans[code]!;
      expect(holes(other.cause), code).toEqual(holes(text.cause));
      expect(other.wayOut === '', code).toBe(text.wayOut === '');
    }
  });

  test('the search finds codes of every part of the page', () => {
    expect(PAGE_CODES.length).toBeGreaterThan(150);
    for (const code of [
      'link/damaged',
      'merge/nan-input',
      'safetensors/truncated',
      'zoo/unreachable',
      'lesson/unknown',
    ])
      expect(PAGE_CODES).toContain(code);
  });

  test.each(PAGE_CODES)('%s has title, cause and way out in each language', (code) => {
    const message = 'English sentence. Another one.';
    for (const lang of ['en', 'zh-Hant', 'zh-Hans']) {
      const { title, cause, wayOut } = describeError(lang, { code, message, params: {} });
      expect(
        [title, cause, wayOut].every((text) => text !== ''),
        lang,
      ).toBe(true);
      if (lang !== 'en') expect(title + cause + wayOut, lang).not.toContain('English');
    }
  });

  test('an English message parts into what is wrong and what to do', () => {
    const message = 'config.json: vocab_size is 1.5, expected a whole number (see "4.1"). Correct the file. Or not.';
    expect(describeError('en', { code: 'config/invalid', message, params: {} })).toMatchObject({
      cause: 'config.json: vocab_size is 1.5, expected a whole number (see "4.1").',
      wayOut: 'Correct the file. Or not.',
    });
  });

  test('no translation speaks of a code that nothing throws', () => {
    const named = new Set(codesInSource(/^$/));
    const spoken = Object.keys({ ...errorsEn, ...errorsZhHant, ...causesZhHant }).filter((key) => key.includes('/'));
    expect(spoken.filter((code) => !named.has(code))).toEqual([]);
  });

  test('params are filled in, an unknown code shows its whole English sentence', () => {
    const error = { code: 'prompt/too-long', message: 'The prompt has 9 tokens.', params: { tokens: 9, limit: 7 } };
    expect(describeError('zh-Hant', error).cause).toContain('9');
    expect(describeError('en', error)).toMatchObject({
      title: 'The prompt is too long',
      cause: 'The prompt has 9 tokens.',
    });
    expect(describeError('zh-Hans', { code: 'never/heard', message: 'Whole sentence.', params: {} }).cause).toBe(
      'Whole sentence.',
    );
  });

  test('a placeholder without a value stays visible', () => {
    expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}');
  });
});
