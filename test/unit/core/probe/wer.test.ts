import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, wordErrors, wordsOf, type WordMark } from '../../../../src/core/probe/wer';
import golden from '../../../golden/speech/wer-kinds.json';

const LETTER: Readonly<Record<WordMark['kind'], string>> = {
  hit: '.',
  substitution: 'S',
  deletion: 'D',
  insertion: 'I',
};
const marksOf = (said: string, heard: string): string =>
  align(wordsOf(said), wordsOf(heard))
    .map(({ kind }) => LETTER[kind])
    .join('');

describe('mistakes of a transcript', () => {
  it.each(golden)('$ref / $hyp has those that Python counts', ({ ref, hyp, s, i, d }) => {
    const marks = align(wordsOf(ref), wordsOf(hyp));
    const count = (kind: WordMark['kind']): number => marks.filter((mark) => mark.kind === kind).length;
    expect({ s: count('substitution'), i: count('insertion'), d: count('deletion') }).toEqual({ s, i, d });
    expect(wordErrors(ref, hyp)).toEqual({ errors: s + i + d, words: wordsOf(ref).length });
  });

  it.each([
    ['seven nine', 'seven nine', '..'],
    ['seven nine', 'seven five', '.S'],
    ['seven nine two', 'seven two', '.D.'],
    ['seven two', 'seven nine two', '.I.'],
    ['one', 'one one one', 'II.'],
    ['seven two', 'two seven', 'SS'],
    ['seven', '', 'D'],
    ['', 'one', 'I'],
  ])('%s / %s is marked %s', (said, heard, marks) => {
    expect(marksOf(said, heard)).toBe(marks);
  });

  it('may be more than there are words', () =>
    expect(wordErrors('seven', 'one two three')).toEqual({ errors: 3, words: 1 }));
});

it('words are compared without case, width, punctuation and blanks', () => {
  expect(wordsOf("  Seven,NINE…\n'don’t' ７ ")).toEqual(['seven', 'nine', "don't", '7']);
  expect(wordsOf(' .,! ')).toEqual([]);
});

describe('an alignment', () => {
  const words = fc.array(fc.constantFrom('one', 'two', 'three'), { maxLength: 7 });
  /** Levenshtein by its recursive definition. */
  const distance = (a: readonly string[], b: readonly string[]): number => {
    const [[first, ...rest], [other, ...more]] = [a, b];
    if (first === undefined || other === undefined) return a.length + b.length;
    if (first === other) return distance(rest, more);
    return 1 + Math.min(distance(rest, more), distance(rest, b), distance(a, more));
  };

  it('has every word once, in order, and no more mistakes than there need to be', () =>
    fc.assert(
      fc.property(words, words, (said, heard) => {
        const marks = align(said, heard);
        expect(marks.flatMap((mark) => (mark.said === null ? [] : [mark.said]))).toEqual(said);
        expect(marks.flatMap((mark) => (mark.heard === null ? [] : [mark.heard]))).toEqual(heard);
        for (const { kind, said: a, heard: b } of marks) expect(kind === 'hit').toBe(a === b);
        expect(marks.filter(({ kind }) => kind !== 'hit').length).toBe(distance(said, heard));
      }),
      { numRuns: 60 },
    ));
});
