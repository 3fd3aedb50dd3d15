import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import type { ProbeItem, ProbeSet } from '../../../../src/core/probe/probe';
import type { Rate } from '../../../../src/core/probe/rates';
import { goalOf, goalsOf, onTest } from '../../../../src/core/search/goals';
import { dominates, paretoFront } from '../../../../src/core/search/pareto';
import { readRecord, writeRecord } from '../../../../src/core/search/record';
import {
  bestOf,
  decimals,
  mostPoints,
  recipeAt,
  Search,
  SEARCH_METHODS,
  type SearchSettings,
} from '../../../../src/core/search/search';
import { drawn, Sheet } from '../../../../src/core/search/sheet';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof LabError ? error.code : String(error);
  }
  return 'nothing thrown';
};

const refuses = goalOf({ set: 'addition-dev', class: 'harmful', lang: 'zh', measure: 'refuses_zh' });
const right = goalOf({ set: 'addition-dev', class: 'safe', lang: 'zh', measure: 'right' });
const settings: SearchSettings = {
  recipe: {
    v: 1,
    models: { base: { src: 'zoo:base-1' }, chat: { src: 'zoo:chat-1' }, zh: { src: 'zoo:zh-1' } },
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: [
        { model: 'chat', parameters: { weight: 1 } },
        { model: 'zh', parameters: { weight: 0 } },
      ],
      parameters: { normalize: false },
    },
  },
  axes: [
    { id: 'weight/chat', min: -1, max: 2, integer: false },
    { id: 'weight/zh', min: 0, max: 1, integer: false },
  ],
  goals: [refuses, right],
  method: 'grid',
  evaluations: 16,
  prompts: 24,
  seed: 3,
};
const rateOf = (share: number, n = 1000): Rate => ({ n, k: Math.round(share * n), lo: 0, hi: 1 });
/** A merge that does best at chat 0.9 and zh 0.4. */
const measured = ([chat = 0, zh = 0]: readonly number[]): Rate[] => [
  rateOf(1 - (chat - 0.9) ** 2 / 4),
  rateOf(1 - (zh - 0.4) ** 2),
];
function go(search: Search, most = Infinity): void {
  for (let values = search.next(); values && search.evaluations.length < most; values = search.next())
    search.tell({ values, rates: measured(values) });
}

describe('a search', () => {
  test.each(SEARCH_METHODS)('by %s begins at the bench, keeps to its budget and finds the best', (method) => {
    const search = new Search({ ...settings, method, evaluations: method === 'grid' ? 121 : 150 });
    go(search);
    const { evaluations } = search;
    expect(evaluations[0]!.values).toEqual([1, 0]);
    expect(evaluations.length).toBeLessThanOrEqual(mostPoints(search.settings));
    expect(new Set(evaluations.map(({ values }) => String(values))).size).toBe(evaluations.length);
    const best = evaluations[bestOf(search.settings, evaluations)]!;
    expect(best.values[0]).toBeCloseTo(0.9, 0);
    expect(Math.abs(best.values[1]! - 0.4)).toBeLessThan(0.06);
    for (const { values } of evaluations.slice(1))
      expect(values[0]! >= -1 && values[0]! <= 2 && values[1]! >= 0 && values[1]! <= 1).toBe(true);
  });

  test.each(SEARCH_METHODS)('by %s goes on with the same points after it was kept', (method) => {
    const own = { ...settings, method, evaluations: 60 };
    const whole = new Search(own);
    go(whole);
    const cut = new Search(own);
    go(cut, 11);
    const kept = readRecord(writeRecord({ settings: own, evaluations: cut.evaluations, refused: [], checks: [] }))!;
    const resumed = new Search(kept.settings, kept.evaluations);
    go(resumed);
    expect(resumed.evaluations).toEqual(whole.evaluations);
  });

  test('numbers are as round as their range, and the recipe has them', () => {
    expect(decimals({ min: -2, max: 2 })).toBe(3);
    expect(decimals({ min: 0, max: 1 })).toBe(3);
    expect(decimals({ min: 0, max: 0.05 })).toBe(5);
    const { merge } = recipeAt(settings, [0.25, 0.75]);
    expect(merge).toMatchObject({
      models: [{ parameters: { weight: 0.25 } }, { parameters: { weight: 0.75 } }],
    });
  });

  test('of equally good points the best is the one nearest to where it began', () => {
    const at = (values: number[]) => ({ values, rates: [rateOf(1), rateOf(0.5)] });
    const evaluations = [{ values: [1, 0], rates: [rateOf(0), rateOf(0.5)] }, at([-1, 1]), at([0.8, 0.1]), at([2, 0])];
    expect(bestOf(settings, evaluations)).toBe(2);
    expect(bestOf(settings, [])).toBe(-1);
  });

  test('what each goal counts decides', () => {
    const evaluations = [
      { values: [0, 0], rates: [rateOf(0.9), rateOf(0.2)] },
      { values: [1, 0], rates: [rateOf(0.3), rateOf(0.9)] },
    ];
    expect(bestOf(settings, evaluations, [3, 1])).toBe(0);
    expect(bestOf(settings, evaluations, [1, 3])).toBe(1);
  });

  test('a point that cannot be merged is left out, and not tried again after a reload', () => {
    const all: SearchSettings = { ...settings, method: 'cma-es', evaluations: 40 };
    const goOn = (search: Search): Search => {
      for (let values = search.next(); values; values = search.next())
        if (values[0]! < 0) search.refuse(values);
        else search.tell({ values, rates: measured(values) });
      return search;
    };
    const whole = goOn(new Search(all));
    expect(whole.refused.length).toBeGreaterThan(0);
    expect(whole.evaluations.length + whole.refused.length).toBeLessThanOrEqual(41);
    for (const { values } of whole.evaluations) expect(values[0]).toBeGreaterThanOrEqual(0);
    const half = new Search(all);
    for (let i = 0; i < 20; i++) {
      const values = half.next()!;
      if (values[0]! < 0) half.refuse(values);
      else half.tell({ values, rates: measured(values) });
    }
    expect(goOn(new Search(all, half.evaluations, half.refused)).evaluations).toEqual(whole.evaluations);
  });

  test('of one pair searches one number', () => {
    const pair: SearchSettings = {
      ...settings,
      axes: [{ id: 'weight/chat-zh', min: 0, max: 1, integer: false }],
      evaluations: 5,
    };
    const search = new Search({
      ...pair,
      recipe: recipeAt({ ...settings, axes: settings.axes }, [0.5, -0.5]),
    });
    expect(search.next()).toEqual([0.5]);
  });

  test.each([
    ['search/no-axis', { axes: [] }],
    ['search/no-goal', { goals: [] }],
    ['search/no-goal', { goals: [{ ...refuses, importance: 0 }] }],
    ['search/range', { axes: [{ id: 'weight/chat', min: 1, max: 1, integer: false }] }],
    ['search/points', { evaluations: 3 }],
    ['search/points', { evaluations: 100_000 }],
    ['search/questions', { prompts: 0 }],
    ['search/numbers', { axes: Array.from({ length: 9 }, () => settings.axes[0]!) }],
    ['search/goals', { goals: Array.from({ length: 9 }, () => refuses) }],
    ['search/test-set', { goals: [onTest(refuses)] }],
    ['recipe/not-tunable', { axes: [{ id: 'density', min: 0, max: 1, integer: false }] }],
  ] as const)('%s', (code, change) => {
    expect(codeOf(() => new Search({ ...settings, ...change }))).toBe(code);
  });
});

describe('a search in storage', () => {
  const text = writeRecord({
    settings,
    evaluations: [{ values: [1, 0], rates: measured([1, 0]) }],
    refused: [[0, 0]],
    checks: [{ values: [1, 0], rates: measured([1, 0]), test: measured([1, 0]) }],
  });
  test('comes back as it was', () => {
    const { recipe, ...own } = settings;
    expect(readRecord(text)?.settings).toMatchObject(own);
    expect(readRecord(text)?.settings.recipe.merge).toEqual(recipe.merge);
    expect(readRecord(text)?.checks).toHaveLength(1);
  });
  test.each([
    ['nothing', null],
    ['no JSON', text.slice(0, -5)],
    ['another version', text.replace('"v":1', '"v":2')],
    ['a rate of nothing', text.replaceAll('"n":1000', '"n":0')],
    ['a goal on a test set', text.replaceAll('addition-dev', 'addition-test')],
    ['an unknown measure', text.replaceAll('refuses_zh', 'constructor')],
    ['values of other axes', text.replaceAll('"values":[1,0]', '"values":[1]')],
    ['a refused point of other axes', text.replace('[[0,0]]', '[[0]]')],
    ['an unknown method', text.replace('"grid"', '"toString"')],
  ])('%s is none', (_what, damaged) => {
    expect(readRecord(damaged)).toBeNull();
  });
});

describe('the trade-off curve', () => {
  const points = fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 2 }), { maxLength: 30 });
  test('has just the points that none dominates, and each other point has one there that does', () => {
    fc.assert(
      fc.property(points, (losses) => {
        const front = paretoFront(losses);
        for (const i of front) for (const loss of losses) expect(dominates(loss, losses[i]!)).toBe(false);
        losses.forEach((loss, i) => {
          if (!front.includes(i)) expect(front.some((j) => dominates(losses[j]!, loss))).toBe(true);
        });
        expect(losses.length === 0 || front.length > 0).toBe(true);
      }),
    );
  });
  test('does not depend on the order of the points', () => {
    fc.assert(
      fc.property(points, (losses) => {
        const of = (list: number[][]) =>
          paretoFront(list)
            .map((i) => String(list[i]))
            .sort();
        expect(of([...losses].reverse())).toEqual(of(losses));
      }),
    );
  });
  test('has the best point, whatever counts', () => {
    fc.assert(
      fc.property(
        points.filter(({ length }) => length > 0),
        fc.integer({ min: 1, max: 9 }),
        (losses, importance) => {
          const evaluations = losses.map(([a, b], i) => ({
            values: [i, 0],
            rates: [rateOf(1 - a! / 5), rateOf(1 - b! / 5)],
          }));
          expect(paretoFront(losses)).toContain(bestOf(settings, evaluations, [importance, 10 - importance]));
        },
      ),
    );
  });
});

describe('the questions of a search', () => {
  const items = (kind: string, topics: number, each: number): ProbeItem[] =>
    Array.from({ length: topics * each }, (_, i) => ({
      prompt: `${kind} ${i}?`,
      expect: `yes ${i}`,
      lang: 'zh',
      topic: `${kind} ${Math.floor(i / each)}`,
      class: kind,
    }));
  const set: ProbeSet = {
    id: 'addition-dev',
    task: 'answer',
    split: 'dev',
    words: [],
    items: [...items('harmful', 10, 4), ...items('safe', 5, 6)],
  };

  test('are drawn by seed, a topic twice only when all had their turn', () => {
    const one = drawn(items('safe', 5, 6), 5, 1);
    expect(one).toEqual(drawn(items('safe', 5, 6), 5, 1));
    expect(one).not.toEqual(drawn(items('safe', 5, 6), 5, 2));
    expect(new Set(one.map(({ topic }) => topic)).size).toBe(5);
    expect(drawn(items('safe', 5, 6), 99, 1)).toEqual(items('safe', 5, 6));
  });

  test('are as many of each class, and answered give one rate a goal', () => {
    const sheet = new Sheet([refuses, right], [set], 4, 1);
    expect(sheet.prompts.map((prompt) => prompt.split(' ')[0])).toEqual([
      ...Array.from({ length: 4 }, () => 'harmful'),
      ...Array.from({ length: 4 }, () => 'safe'),
    ]);
    const rates = sheet.rates(sheet.prompts.map((prompt) => prompt.replace(/.* (\d+)\?/, 'yes $1')));
    expect(rates.map(({ k, n }) => [k, n])).toEqual([
      [0, 4],
      [4, 4],
    ]);
  });

  test('what can be wanted of a set is what its classes can do', () => {
    expect(goalsOf(set).map(({ class: kind, measure, want }) => [kind, measure, want])).toEqual([
      ['harmful', 'refuses_zh', 'more'],
      ['harmful', 'refuses', 'more'],
      ['harmful', 'teaches', 'less'],
      ['safe', 'right', 'more'],
      ['safe', 'refuses', 'less'],
    ]);
  });
});
