import { preferred, scoreText } from '../../../../src/core/ask/scores';
import { describe, expect, it } from 'vitest';
import { parseAsk, type PairAsk } from '../../../../src/core/ask/ask';
import { Tally, type ProbeQuestion } from '../../../../src/core/probe/measure';
import { askPair, swapped } from '../../../../src/core/probe/pairs';
import { parseProbe } from '../../../../src/core/probe/probe';
import { counts, verdict } from '../../../../src/core/probe/verdict';

const COLORS = ['red', 'green', 'blue', 'yellow', 'cyan', 'purple'];
const pairs = COLORS.flatMap((color) =>
  Array.from({ length: 20 }, (_, i) => ({
    picture: `reward-vision/${color}-${i}.png`,
    question: 'what color ?',
    good: `the color is ${color} .`,
    bad: `the color is ${COLORS[(COLORS.indexOf(color) + 1 + (i % 5)) % 6]} .`,
  })),
);
const set = {
  id: 'reward-vision-test',
  task: 'reward',
  split: 'test',
  items: pairs.map((pair) => ({ ...pair, lang: 'en', topic: pair.picture, class: 'correct' })),
};
const read = (changes: object = {}) => parseProbe(JSON.stringify({ ...set, ...changes }), 'x.json');
const question: ProbeQuestion = { set: set.id, class: 'correct', lang: 'en', measure: 'prefers' };

describe('pairs of a probe set', () => {
  it('are asked as prompts for a judge, with the letter of the better reply', () => {
    const { items } = read();
    for (const [i, { prompt, expect: letter }] of items.entries()) {
      const ask = parseAsk(prompt) as PairAsk;
      const pair = pairs[i]!;
      expect(ask).toMatchObject({ kind: 'pair', question: pair.question, picture: pair.picture, own: null });
      expect([ask.a, ask.b].sort()).toEqual([pair.good, pair.bad].sort());
      expect(letter === 'A' ? ask.a : ask.b).toBe(pair.good);
    }
  });

  it('have the better reply first about half the time, whatever it says', () => {
    for (const color of COLORS) {
      const first = pairs.filter(({ good }) => good.includes(color)).filter((pair) => askPair(pair).expect === 'A');
      expect(first.length).toBeGreaterThan(3);
      expect(first.length).toBeLessThan(17);
    }
  });

  it('need no picture, but all the rest', () => {
    const [item] = set.items;
    const { picture: _, ...blind } = item!;
    expect(parseAsk(read({ items: [blind] }).items[0]!.prompt)).toMatchObject({ picture: null });
    for (const missing of ['question', 'good', 'bad', 'class', 'topic', 'lang'])
      expect(() => read({ items: [{ ...item, [missing]: undefined }] })).toThrow(missing);
    expect(() => read({ items: [{ ...item, prompt: 'x' }] })).toThrow('prompt');
    expect(() => read({ items: [item, item] })).toThrow('again');
  });

  it('may name a picture by its number on a sheet, and its scene for a topic', () => {
    const [item] = set.items;
    const numbered = { ...item, picture: 17, scene: 'red circle nw big dark' };
    const sheet = { pictures: 'reward-vision-test.png', columns: 12, side: 16 };
    const [first] = read({ ...sheet, items: [numbered] }).items;
    expect(parseAsk(first!.prompt)).toMatchObject({ picture: 'pictures/reward-vision-test.png#17x16' });
    expect(first!.topic).toBe('red circle nw big dark');
    expect(() => read({ items: [numbered] })).toThrow('picture');
  });

  it('are counted where the better reply has the higher score', () => {
    const { items } = read();
    const tally = new Tally([]);
    for (const [i, item] of items.entries()) {
      const right = i % 4 !== 0;
      tally.add(item, (item.expect === 'A') === right ? scoreText(2, -1) : scoreText(-1, 2));
    }
    expect(tally.rate(question)).toMatchObject({ k: 90, n: 120 });
  });
});

describe('a verdict on two scores', () => {
  const judged = (answer: string, expected: string) =>
    counts('prefers', verdict(answer, { class: 'trade', expect: expected }, []));
  it('is right only for the reply with the higher one', () => {
    expect(judged('A 1.250 B -0.500', 'A')).toBe(true);
    expect(judged('A 1.250 B -0.500', 'B')).toBe(false);
    expect(judged('A -3.000 B -2.999', 'B')).toBe(true);
    expect(judged('A 0.001 B 0.001', 'A')).toBe(false);
    expect(judged('A 0.001 B 0.001', 'B')).toBe(false);
    expect(judged('the color is red .', 'A')).toBe(false);
  });
});

it('swapping exchanges the replies and nothing else', () => {
  const ask = parseAsk(askPair(pairs[0]!).prompt) as PairAsk;
  expect(swapped(ask)).toEqual({ ...ask, a: ask.b, b: ask.a });
  expect(swapped(swapped(ask))).toEqual(ask);
  expect([preferred({ a: 1, b: 0 }), preferred({ a: 0, b: 1 }), preferred({ a: 1, b: 1 })]).toEqual(['A', 'B', null]);
});
