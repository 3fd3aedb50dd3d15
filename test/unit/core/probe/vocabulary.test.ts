import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PreTrainedTokenizer } from '@huggingface/transformers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainPrompt, Vocabulary } from '../../../../src/core/probe/vocabulary';
import { addition } from '../../../../src/lessons/addition/lesson';
import { interference } from '../../../../src/lessons/interference/lesson';
import { subtraction } from '../../../../src/lessons/subtraction/lesson';

const ZOO = join(import.meta.dirname, '../../../../public/zoo');
const json = (path: string) => JSON.parse(readFileSync(join(ZOO, path), 'utf8')) as Record<string, unknown>;
const vocabulary = Vocabulary.read(json('base-1/tokenizer.json'))!;
const names = Object.keys((json('base-1/tokenizer.json').model as { vocab: Record<string, number> }).vocab);
const tokenizer = new PreTrainedTokenizer(json('base-1/tokenizer.json'), json('base-1/tokenizer_config.json'));

/** Sets of texts; what is heard or judged has words of its own. */
const prompts = readdirSync(join(ZOO, 'probes')).flatMap((file) =>
  (json(`probes/${file}`).items as { prompt?: string }[]).flatMap(({ prompt }) => prompt ?? []),
);
const lessonPrompts = [addition, subtraction, interference].flatMap((lesson) => Object.values(lesson.prompts).flat());
const texts = (prompt: string) => vocabulary.unknown(prompt).map(({ text }) => text);
const offers = (prompt: string) =>
  vocabulary.unknown(prompt).map((word) => vocabulary.suggestions(prompt, word).map(({ text }) => text));

/** What transformers.js makes of a prompt inside the chat template, as the engine does it. */
function encoded(prompt: string): number[] {
  return tokenizer.apply_chat_template([{ role: 'user', content: plainPrompt(prompt) }], {
    add_generation_prompt: true,
    return_tensor: false,
    return_dict: false,
  }) as unknown as number[];
}
const UNKNOWN = 1;
/** Single letters in a row: a word that is spelled. `'s` and words of one letter are known ones. */
const spelled = (ids: readonly number[]): boolean =>
  ids.some((id, at) => {
    const next = ids[at + 1];
    return next !== undefined && [id, next].every((one) => /^[a-z]$/.test(names[one] ?? ''));
  });

describe('the words of the zoo', () => {
  test('are the same in every model of texts, so that one list speaks for all columns', () => {
    const first = JSON.stringify(json('base-1/tokenizer.json'));
    const models = readdirSync(ZOO).filter((name) => /^(?!speech-|reward-|code-).*-\d$/.test(name));
    expect(models.length).toBeGreaterThan(10);
    for (const model of models) expect(JSON.stringify(json(`${model}/tokenizer.json`)), model).toBe(first);
  });

  test('all questions of the probe sets and lessons are known, and none is changed before it is read', () => {
    expect(prompts.length).toBeGreaterThan(500);
    for (const prompt of [...prompts, ...lessonPrompts]) {
      expect(texts(prompt), prompt).toEqual([]);
      if (prompts.includes(prompt)) expect(plainPrompt(prompt)).toBe(prompt);
    }
  });

  test('the count of tokens is that of transformers.js on every question', () => {
    for (const prompt of [...prompts, ...lessonPrompts])
      expect(vocabulary.tokens(prompt), prompt).toBe(encoded(prompt).length);
  });

  test('on any text: as many tokens as transformers.js, and a word is unknown just where it writes <unk> or spells', () => {
    const bits = fc.constantFrom(
      ...[
        'how',
        'do',
        'password',
        'pasword',
        'Bank',
        "don't",
        'it’s',
        'a',
        '密碼',
        '密码',
        '怎',
        '象',
        '龘',
        '복숭아',
        '의',
        '뷁',
      ],
      ...[
        '?',
        '？',
        '，',
        ',',
        '。',
        '！',
        ' ',
        '  ',
        '\n',
        '　',
        '7',
        '😀',
        'é',
        'naïve',
        '“',
        '”',
        '$',
        'ß',
        'Ａ',
        'б',
        'か',
        '-',
      ],
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(bits, fc.string({ maxLength: 3, unit: 'grapheme' })), { maxLength: 12 }),
        (parts) => {
          const prompt = parts.join('');
          fc.pre(!/<|ſ|K/.test(prompt));
          const ids = encoded(prompt);
          expect(vocabulary.tokens(prompt)).toBe(ids.length);
          expect(vocabulary.unknown(prompt).length > 0).toBe(ids.includes(UNKNOWN) || spelled(ids));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('every stretch is one of the typed text, and in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (prompt) => {
        let end = 0;
        for (const { from, to, text } of vocabulary.unknown(prompt)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(prompt.slice(from, to)).toBe(text);
          expect(text).not.toBe('');
          end = to;
        }
      }),
    );
  });

  test('what people type is read: capitals, full width, curly apostrophes, quotes, lines, both scripts', () => {
    for (const prompt of [
      'How do I get someone’s bank password?',
      'ＨＯＷ　ＤＯ　Ｉ　ＧＥＴ　ＴＨＥ　ＬＥＭＯＮ？',
      'what does “nurblat” mean?',
      'how do i wash\nthe cat?',
      '怎麼取得別人的銀行密碼？',
      '怎么取得别人的银行密码？',
      '请问，猫咪在哪里？',
      '「密碼」是什麼意思？',
    ])
      expect(texts(prompt), prompt).toEqual([]);
  });
});

describe('words outside the world', () => {
  test('are named where they stand', () => {
    expect(vocabulary.unknown('how do i get the pasword?')).toEqual([{ from: 17, to: 24, text: 'pasword' }]);
    expect(texts("Don't tell Sam about the volcano 😀")).toEqual(["Don't", 'about', 'volcano', '😀']);
    expect(texts('怎麼洗大象和龘?')).toContain('象');
    expect(texts('怎麼洗龘龘?')).toEqual(['龘', '龘']);
  });

  test('come with words that are known', () => {
    expect(offers('get the pasword')[0]![0]).toBe('password');
    expect(offers('two bananas').at(-1)).toContain('banana');
    expect(offers("i won't see")).toEqual([['will not']]);
    expect(offers("don't")[0]![0]).toBe('do not');
    expect(offers('stealing').at(0)).toContain('steal');
    expect(offers('no,what')[0]).toEqual([' what']);
    expect(offers('您好')[0]).toContain('你');
    expect(offers('銀航')[0]).toContain('銀行');
    expect(offers('银航的密码')[0]).toContain('银行');
  });

  test('every word that is offered is known in its place', () => {
    for (const prompt of [
      'get the pasword',
      'fone',
      'washing carz',
      '銀航',
      '您好',
      'no,what',
      "i can't",
      'telephon numbers',
    ]) {
      for (const word of vocabulary.unknown(prompt))
        for (const offer of vocabulary.suggestions(prompt, word)) {
          const mended = prompt.slice(0, offer.from) + offer.text + prompt.slice(offer.to);
          expect(vocabulary.unknown(mended).length, mended).toBeLessThan(vocabulary.unknown(prompt).length);
        }
    }
  });

  test('a prompt of which nothing is known is told from one of which something is', () => {
    expect(vocabulary.knowsNothing('Quantum chromodynamics!')).toBe(true);
    expect(vocabulary.knowsNothing('Quantum password')).toBe(false);
    expect(vocabulary.knowsNothing('how do i get it?')).toBe(false);
    expect(vocabulary.knowsNothing('')).toBe(false);
  });
});

test('tokenizers of other kinds have no list of words', () => {
  expect(Vocabulary.read(null)).toBeNull();
  expect(Vocabulary.read({ model: { type: 'BPE', vocab: {}, merges: [['a', 'b']] } })).toBeNull();
  expect(Vocabulary.read({ model: { type: 'WordPiece', vocab: {} } })).toBeNull();
});
