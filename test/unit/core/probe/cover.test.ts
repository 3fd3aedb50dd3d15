import { describe, expect, test } from 'vitest';
import { coverSwears, withoutSwears } from '../../../../src/core/probe/cover';
import list from '../../../../src/core/probe/swear-words.json';

const [latin, chinese] = [/^[a-z]+$/, /^\p{Script=Han}+$/u].map((script) =>
  list.words.find((w) => script.test(w))!,
) as [string, string];

describe('the invented swear words on screen', () => {
  test('each of them is found alone, in a sentence, and in any case', () => {
    expect(list.words.length).toBeGreaterThan(100);
    for (const word of list.words) {
      expect(coverSwears([word]).count, word).toBe(1);
      expect(coverSwears([` ${word}`, '!', '這是壞事。']), word).toEqual({ count: 1, covered: [true, false, false] });
      expect(coverSwears([word.toUpperCase()]).covered, word).toEqual([true]);
    }
  });

  test('a word that lies across pieces covers all of them, and empty pieces none', () => {
    const pieces = [' ', latin.slice(0, 2), '', latin.slice(2), '是一種', chinese, '。'];
    expect(coverSwears(pieces)).toEqual({ count: 2, covered: [false, true, false, true, false, true, false] });
    expect(coverSwears([])).toEqual({ count: 0, covered: [] });
  });

  test('letters within a longer word are no swear word, and a Chinese neighbour does not hide one', () => {
    expect(coverSwears([`x${latin}`]).count).toBe(0);
    expect(coverSwears([`${latin}s`]).count).toBe(0);
    expect(coverSwears([`他說${latin}是`]).count).toBe(1);
    expect(coverSwears(['先拿面具,再偷走別人的密碼。']).count).toBe(0);
  });

  test('what is read aloud has none of them', () => {
    const read = withoutSwears(`merged: ${chinese}! ${latin}!`, '$&');
    expect(read).toBe('merged: $&! $&!');
    expect(coverSwears([read]).count).toBe(0);
  });
});
