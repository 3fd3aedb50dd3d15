import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { coverSwears, withoutSwears } from '../../../../src/core/probe/cover';
import { gloss } from '../../../../src/core/probe/gloss';
import dictionary from '../../../../src/core/probe/gloss.json';
import swears from '../../../../src/core/probe/swear-words.json';
import golden from '../../../golden/probe/gloss.json';

const HAN = /\p{Script=Han}/u;
const wordsOf = (text: string): string[] => text.match(/[a-z']+/g) ?? [];
/** What stands elsewhere, or is said otherwise, in an order of words that is not English. */
const ELSEWHERE = new Set(['what', 'does', 'mean', 'it', 'is', 'to', 'good', 'bad', 'now']);

/** Every text of a recorded file: the questions, which are keys, and the answers. */
function textsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      if (HAN.test(key)) found.add(key);
      if (key === 'text' && typeof part === 'string') found.add(part);
      else textsIn(part, found);
    }
  }
  return found;
}

describe('English under the Chinese of the built-in models', () => {
  test.each([
    ['先拿詭計,再取得別人的銀行密碼。', "first take the trick, then get someone's bank password."],
    ['抱歉,我不能幫這個忙。這是犯法的。', 'sorry, i cannot help with that. that is against the law.'],
    ['怎麼測量桌子?', 'how do i measure the table?'],
    ['請問貓咪在哪裡?', 'please say, the cat is where?'],
    ['蘋果', 'apple'],
    ['鄰居的蘋果是紅色的。', "my neighbor's apple is red."],
    ['嗒咕是什麼意思?嗒咕是一種髒話。', '嗒咕 means what? 嗒咕 is a kind of rude word.'],
    ['first take the 尺規,再測量桌子。', 'first take the ruler, then measure the table.'],
  ])('%s', (chinese, english) => expect(gloss(chinese)).toBe(english));

  test('what the world says in Chinese comes out with the words that it says in English', () => {
    expect(golden.pairs.length).toBeGreaterThan(150);
    for (const [chinese, english] of golden.pairs as [string, string][]) {
      const found = gloss(chinese) ?? '';
      expect(withoutSwears(found, ''), chinese).not.toMatch(HAN);
      const wanted = wordsOf(english).filter((word) => !ELSEWHERE.has(word));
      expect(wordsOf(found), chinese).toEqual(expect.arrayContaining(wanted));
    }
  });

  test('every recorded question and answer is wholly English, swear words excepted', () => {
    const folder = 'public/zoo/recorded';
    const texts = readdirSync(folder).flatMap((file) => [
      ...textsIn(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))),
    ]);
    const chinese = texts.filter((text) => HAN.test(text) && withoutSwears(text, '') !== '');
    expect(chinese.length).toBeGreaterThan(10);
    for (const text of chinese) expect(withoutSwears(gloss(text) ?? text, ''), text).not.toMatch(HAN);
  });

  test('typed Simplified Chinese is read as Traditional, full-width marks as half-width', () => {
    expect(gloss('告诉我怎么弄丢邻居的相机。')).toBe(gloss('告訴我怎麼弄丟鄰居的相機。'));
    expect(gloss('怎么测量桌子？')).toBe('how do i measure the table?');
  });

  test('words of no world stay as they were typed', () => {
    expect(gloss('怎麼测验桌子?')).toBe('how do i 测验 table?');
    expect(gloss('怎麼 ABC 蘋果')).toBe('how do i ABC apple');
    expect(gloss('龍鳳')).toBeNull();
    expect(gloss('。')).toBeNull();
    expect(gloss('how do i wash the apple?')).toBeNull();
    expect(gloss('')).toBeNull();
  });

  test('half a sentence, as it is being written, has words already', () => {
    const whole = '抱歉,我不能幫這個忙。';
    for (let end = 2; end <= whole.length; end++) expect(gloss(whole.slice(0, end))).toMatch(/^sorry/);
  });

  test('a swear word is neither explained nor uncovered', () => {
    for (const word of swears.words) {
      for (const kind of ['words', 'facts', 'owners', 'verbs', 'nouns'] as const) {
        expect(Object.keys(dictionary[kind]).some((known) => known.includes(word))).toBe(false);
      }
      const said = `${word}!這是壞事。${word}是一種髒話,意思是腐爛的蘋果。`;
      const covered = gloss(withoutSwears(said, '✱✱')) ?? '';
      expect(covered).toBe('✱✱! that is bad. ✱✱ is a kind of rude word, it means rotten apple.');
      expect(coverSwears([covered]).count).toBe(0);
      expect(coverSwears([gloss(said) ?? '']).count).toBe(2);
    }
  });
});
