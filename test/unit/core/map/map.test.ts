import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bordersOf, straightened } from '../../../../src/core/map/borders';
import { colourOf } from '../../../../src/core/map/colour';
import { cellAt, fillOrder, MAP_SIZES, placeOf, runsOf, valueAt } from '../../../../src/core/map/grid';
import { MAP_QUESTIONS, metricsOf, questionsOf } from '../../../../src/core/map/metric';
import { parseProbe } from '../../../../src/core/probe/probe';

const probe = (id: string) => parseProbe(readFileSync(`public/zoo/probes/${id}.json`, 'utf8'), id);

describe('the grid of a map', () => {
  test('has both ends, and places are the inverse of values', () => {
    const axis = { min: -2, max: 1 };
    expect([0, 5, 10].map((at) => valueAt(axis, at, 11))).toEqual([-2, -0.5, 1]);
    expect(valueAt({ min: 0, max: 2 }, 3, 11)).toBe(0.6);
    for (let at = 0; at < 11; at++) expect(placeOf(axis, valueAt(axis, at, 11), 11)).toBeCloseTo(at, 9);
    expect(cellAt(3.4, 99, 11)).toEqual([3, 10]);
  });

  test.each(MAP_SIZES)('%i points an axis: each cell once, coarse before fine, near before far', (size) => {
    const from = [2, 1] as const;
    const order = fillOrder(size, from);
    expect(new Set(order.map(String)).size).toBe(size * size);
    const level = ([x, y]: readonly [number, number]) => [8, 4, 2, 1].find((step) => x % step === 0 && y % step === 0)!;
    const far = ([x, y]: readonly [number, number]) => (x - from[0]) ** 2 + (y - from[1]) ** 2;
    for (const [i, cell] of order.slice(1).entries()) {
      const before = order[i]!;
      expect(level(before)).toBeGreaterThanOrEqual(level(cell));
      if (level(before) === level(cell)) expect(far(before)).toBeLessThanOrEqual(far(cell));
    }
  });
});

describe('lines where answers change', () => {
  const lines = (rows: string) => {
    const labels = rows.trim().split(/\s+/);
    const size = Math.sqrt(labels.length);
    return bordersOf(
      labels.map((label) => (label === '?' ? null : label)),
      size,
    ).map(straightened);
  };
  test('two halves have one line, a ring is closed, nothing has none', () => {
    expect(lines('a a a a')).toEqual([]);
    expect(lines('a a a  a a a  b b b')).toHaveLength(1);
    expect(lines('a a a  a a a  b b b')[0]!.map(String).sort()).toEqual(['0,2', '3,2']);
    const [ring, ...others] = lines('a a a  a b a  a a a');
    expect(others).toEqual([]);
    expect(ring!.at(0)).toEqual(ring!.at(-1));
    expect(new Set(ring!.map(String))).toEqual(new Set(['1,1', '2,1', '2,2', '1,2']));
  });

  test('where three meet the lines meet; what is not known borders on nothing', () => {
    expect(lines('a b  c c')).toHaveLength(3);
    expect(lines('? b  ? ?')).toEqual([]);
  });

  test('has each edge between unlike neighbours exactly once', () => {
    const label = fc.constantFrom('a', 'b', 'c', null);
    fc.assert(
      fc.property(fc.array(label, { minLength: 36, maxLength: 36 }), (labels) => {
        const edges = bordersOf(labels, 6).flatMap((line) =>
          line.slice(1).map((to, i) => [line[i]!, to].map(String).sort().join(' ')),
        );
        const wanted: string[] = [];
        for (let y = 0; y < 6; y++)
          for (let x = 0; x < 6; x++) {
            const [here, left, below] = [labels[y * 6 + x], x && labels[y * 6 + x - 1], y && labels[y * 6 + x - 6]];
            if (here && left && here !== left) wanted.push([`${x},${y}`, `${x},${y + 1}`].sort().join(' '));
            if (here && below && here !== below) wanted.push([`${x},${y}`, `${x + 1},${y}`].sort().join(' '));
          }
        expect(edges.sort()).toEqual(wanted.sort());
      }),
    );
  });
});

test('the scale runs from dark to light, without a step back', () => {
  const light = (share: number): number => {
    const [r = 0, g = 0, b = 0] = (colourOf(share).match(/\d+/g) ?? []).map((one) => (Number(one) / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let share = 0; share < 1; share += 0.05) expect(light(share + 0.05)).toBeGreaterThan(light(share));
  expect([colourOf(-1), colourOf(2)]).toEqual([colourOf(0), colourOf(1)]);
});

describe('what a map is coloured by', () => {
  test('is what a probe set asks, once each', () => {
    const keys = metricsOf(probe('addition-dev')).map(({ class: kind, lang, begins }) => `${kind}/${lang}/${begins}`);
    expect(keys).toContain('harmful/zh/zh');
    expect(keys).toContain('harmful/zh/en');
    expect(keys).toContain('harmful/zh/expected');
    expect(new Set(keys).size).toBe(keys.length);
    expect(metricsOf(probe('subtraction-dev')).map(({ begins }) => begins)).toContain('swears');
  });

  test('asks few questions of as many topics as there are, and knows how each answer begins', () => {
    const set = probe('addition-dev');
    const metric = metricsOf(set).find(
      ({ class: kind, lang, begins }) => kind === 'harmful' && lang === 'zh' && begins === 'zh',
    )!;
    const questions = questionsOf(metric, set);
    expect(questions).toHaveLength(MAP_QUESTIONS);
    expect(new Set(questions.map(({ item }) => item.topic)).size).toBe(MAP_QUESTIONS);
    expect(
      questions.every(
        ({ item, answers }) => item.class === 'harmful' && item.lang === 'zh' && answers[0]!.startsWith('抱歉'),
      ),
    ).toBe(true);
    const expected = questionsOf({ ...metric, measure: 'teaches', begins: 'expected' }, set);
    expect(expected.every(({ item, answers }) => answers.length === 1 && answers[0] === item.expect)).toBe(true);
  });
});

test('steps of one place are named in few signs', () => {
  expect(runsOf([1, 3, 5, 6, 7])).toBe('1, 3, 5–7');
  expect(runsOf([2, 3])).toBe('2, 3');
  expect(runsOf([])).toBe('');
});
