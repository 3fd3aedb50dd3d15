import { describe, expect, it } from 'vitest';
import { plainWords, WordList } from '../../../../src/core/probe/word-level';

const vocab = Object.fromEntries(['<pad>', 'what', 'color', '?', 'the', 'is', 'red', '.'].map((word, i) => [word, i]));
const file = { model: { type: 'WordLevel', vocab }, pre_tokenizer: { type: 'WhitespaceSplit' } };

describe('a model of whole words', () => {
  const list = WordList.read(file)!;

  it('reads what people type: capitals, signs without spaces, full-width ones', () => {
    expect(plainWords('What  color?')).toBe('what color ?');
    expect(plainWords('The color is red。')).toBe('the color is red .');
    expect(plainWords('　ｒｅｄ？ ')).toBe('red ?');
    expect(plainWords(' \n')).toBe('');
    expect(list.unknown('What color?')).toEqual([]);
  });

  it('names what it does not know, once, and what may be meant', () => {
    expect(list.unknown('what colour ? what colour zebra')).toEqual([
      { text: 'colour', offers: ['color'] },
      { text: 'zebra', offers: [] },
    ]);
    expect(list.begins('col')).toBe(true);
    expect(list.begins('zeb')).toBe(false);
  });

  it('is not mistaken for models of other tokens', () => {
    expect(WordList.read({ ...file, model: { type: 'BPE', vocab } })).toBeNull();
    expect(WordList.read({ ...file, pre_tokenizer: { type: 'ByteLevel' } })).toBeNull();
    expect(WordList.read(null)).toBeNull();
  });
});
