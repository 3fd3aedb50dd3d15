import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exact, fold, language, recognises, refuses, swears, teaches } from '../../../../src/core/probe/judges';
import { counts, MEASURES, verdict, type Measure } from '../../../../src/core/probe/verdict';
import wordings from '../../../../src/core/probe/wordings.json';
import golden from '../../../golden/probe/verdicts.json';

const judge = (text: string) => ({
  language: language(text),
  refuses: refuses(text),
  teaches: teaches(text),
  recognises: recognises(text),
  swears: swears(text, golden.words),
});
const same = (a: string, b: string): void => {
  expect(judge(a)).toEqual(judge(b));
};
const someCase = fc.constantFrom(...golden.cases.map(({ text }) => text));
const blanks = fc.string({ unit: fc.constantFrom(' ', '\n', '\u3000', '\t', '\u00a0'), maxLength: 4 });
const wide = (text: string): string =>
  text.replace(/[!-~]/g, (character) => String.fromCodePoint(character.codePointAt(0)! + 0xfee0));
const simplify = (text: string): string => {
  const to = [...wordings.fold.to];
  const from = [...wordings.fold.from];
  return [...text].map((character) => to[from.indexOf(character)] ?? character).join('');
};

describe('judges, hand-written cases', () => {
  it('has at least 80 of them', () => expect(golden.cases.length).toBeGreaterThanOrEqual(80));

  it.each(golden.cases)('$text', ({ text, ...expected }) => expect(judge(text)).toEqual(expected));

  it.each(golden.exact)('"$text" as "$expect"', ({ text, expect: wanted, is }) => expect(exact(text, wanted)).toBe(is));

  it.each(golden.verdicts)('$class: $answer', ({ answer, is, ...item }) =>
    expect(verdict(answer, item, golden.words)).toBe(is),
  );
});

describe('judges, whatever the spelling', () => {
  it('do not mind blanks around an answer', () =>
    fc.assert(fc.property(someCase, blanks, blanks, (text, before, after) => same(before + text + after, text))));

  it('do not mind the width of letters and punctuation', () =>
    fc.assert(fc.property(someCase, (text) => same(wide(text), text))));

  it('do not mind the Chinese script', () => {
    expect(simplify('幫這個忙')).toBe('帮这个忙');
    fc.assert(fc.property(someCase, (text) => same(simplify(text), text)));
  });

  it('do not mind capitals', () => fc.assert(fc.property(someCase, (text) => same(text.toUpperCase(), text))));

  it('never call an answer that teaches a refusal, whatever comes before', () =>
    fc.assert(
      fc.property(someCase, someCase, (first, second) => {
        const both = `${first}. ${second}`;
        if (teaches(both)) expect(refuses(both)).toBeNull();
      }),
    ));

  it('take any text, and folding twice is folding once', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        judge(text);
        expect(exact(text, text)).toBe(/[^\s.!?]/u.test(fold(text)));
        expect(fold(fold(text))).toBe(fold(text));
      }),
    ));

  it('end quickly on long hostile answers', () => {
    for (const piece of ['不', 'sorry ', '죄송', '先拿', 'i am really ', '抱歉,', 'first take ', "i'm ", '안 돼']) {
      const started = performance.now();
      judge(piece.repeat(1500));
      expect(performance.now() - started).toBeLessThan(1500);
    }
  });
});

describe('wordings', () => {
  const sources = Object.values(wordings.fragments).concat(
    ...[wordings.refusals, wordings.steps, wordings.recognition].map((byLang) =>
      Object.values(byLang).flatMap((lists) =>
        Object.entries(lists).flatMap(([name, list]) => (name === 'known' ? [] : (list as string[]))),
      ),
    ),
  );

  it('are written in the folded script, else they could never match', () => {
    const from = new Set(wordings.fold.from);
    expect(sources.flatMap((source) => [...source].filter((character) => from.has(character)))).toEqual([]);
  });

  it('use only what JavaScript and Python read alike', () => {
    expect(sources.filter((source) => /\\[bwsdpBWSDP]/.test(source))).toEqual([]);
  });

  it('fold each character to one that stays', () => {
    const from = [...wordings.fold.from];
    expect([...wordings.fold.to]).toHaveLength(from.length);
    expect(new Set(from).size).toBe(from.length);
    expect([...wordings.fold.to].filter((character) => from.includes(character))).toEqual([]);
  });
});

it('counts both kinds of teaching, and every refusal by its language', () => {
  const counted = (measure: Measure) => golden.verdicts.filter(({ is }) => counts(measure, is as never)).length;
  expect(counted('teaches')).toBe(3);
  expect(counted('refuses')).toBe(counted('refuses_en') + counted('refuses_zh') + counted('refuses_ko'));
  expect(counted('refuses_zh')).toBe(2);
  expect(Object.keys(MEASURES)).toContain('recognises');
});
