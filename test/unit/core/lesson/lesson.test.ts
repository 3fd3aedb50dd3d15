import { describe, expect, test } from 'vitest';
import { act, parseAction } from '../../../../src/core/lesson/action';
import { holds, type Check, type Evidence } from '../../../../src/core/lesson/check';
import { benchAt } from '../../../../src/core/lesson/play';
import { parseScript } from '../../../../src/core/lesson/script';
import type { Lesson } from '../../../../src/core/lesson/types';
import type { Recipe } from '../../../../src/core/recipe/types';

const recipe: Recipe = {
  v: 1,
  models: { base: { src: 'zoo:base-1' }, chat: { src: 'zoo:chat-1' } },
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'chat', parameters: { weight: 1 } }],
    parameters: { normalize: false },
    dtype: 'float32',
    out_dtype: 'float32',
  },
  run: { prompts: ['first?'] },
  view: { columns: ['base', 'merged'] },
};
const context = { prompts: ['first?', 'second?'], neurons: [], recipe };

describe('a script', () => {
  const script = parseScript(
    [
      '# Title',
      '> The note,\nin two lines.',
      '## one: First step',
      'Say *this*.',
      '? What now?',
      '- a: one - or two\n- b: three: four',
      '> do it',
      '= because',
      '! whisper',
      '## two: Second step',
      'More.',
      '## figure f',
      '? share in %',
      '- a: one\n- b: two: three',
      'A caption\nof two lines.',
    ].join('\n\n'),
  );

  test('parts into title, note, steps and captions', () => {
    expect(script.title).toBe('Title');
    expect(script.note).toBe('The note, in two lines.');
    expect(script.steps.map(({ id, title }) => [id, title])).toEqual([
      ['one', 'First step'],
      ['two', 'Second step'],
    ]);
    expect(script.figures).toEqual({
      f: { unit: 'share in %', bars: { a: 'one', b: 'two: three' }, caption: 'A caption of two lines.' },
    });
  });

  test('keeps dashes and colons inside an option', () => {
    expect(script.steps[0]).toMatchObject({
      say: ['Say *this*.'],
      question: 'What now?',
      options: { a: 'one - or two', b: 'three: four' },
      move: 'do it',
      explain: ['because'],
      notes: ['whisper'],
    });
  });
});

describe('an action', () => {
  test('does what the control of the bench does', () => {
    expect(act(recipe, { kind: 'set', alias: 'chat', weight: 0.5 }, context).merge).toMatchObject({
      models: [{ model: 'chat', parameters: { weight: 0.5 } }],
    });
    expect(act(recipe, { kind: 'ask', prompt: 'x?' }, context).run?.prompts).toEqual(['x?']);
    expect(act(recipe, { kind: 'question', at: 1 }, context).run?.prompts).toEqual(['second?']);
    expect(act(recipe, { kind: 'question', at: 9 }, context)).toBe(recipe);
    expect(act(recipe, { kind: 'columns', columns: ['merged'] }, context).view?.columns).toEqual(['merged']);
    const other = act(recipe, { kind: 'models', sources: { chat: 'zoo:naive-1' } }, context);
    expect(other.models).toEqual({ base: { src: 'zoo:base-1' }, chat: { src: 'zoo:naive-1' } });
    expect(act(recipe, { kind: 'example', id: 'none' }, context)).toBe(recipe);
    expect(act(act(recipe, { kind: 'set', alias: 'chat', weight: 0.5 }, context), { kind: 'own' }, context)).toEqual(
      recipe,
    );
    expect(recipe.run?.prompts).toEqual(['first?']);
  });

  test('a formula with random masks carries its seed', () => {
    const dare = act(recipe, { kind: 'formula', text: 'dare_linear(base; chat: 1.0; density: 0.5)' }, context);
    expect(dare.merge).toMatchObject({ merge_method: 'dare_linear', lab: { seed: 0 } });
    expect(act(recipe, { kind: 'lesson', id: 'neuron' }, context)).toBe(recipe);
    expect(() => act(recipe, { kind: 'formula', text: 'base + (nobody - base)' }, context)).toThrow(/nobody/);
  });

  test('is read from a live word', () => {
    expect(parseAction('set:y=-0.5')).toEqual({ kind: 'set', alias: 'y', weight: -0.5 });
    expect(parseAction('lesson:neuron')).toEqual({ kind: 'lesson', id: 'neuron' });
    expect(parseAction('models:a=b-s-1, c=d-2')).toEqual({
      kind: 'models',
      sources: { a: 'zoo:b-s-1', c: 'zoo:d-2' },
    });
  });

  test.each(['set:y=', 'set:y', 'ask:', 'lesson:', 'models:', 'models:a', 'models:a=b,', 'https://example.org', ''])(
    '%j is none',
    (target) => {
      expect(parseAction(target)).toBeNull();
    },
  );
});

test('the bench of a step is what all steps before it did, and its own move only when it is made', () => {
  const lesson: Lesson = {
    id: 'x',
    recipe,
    prompts: { en: ['first?', 'second?'], 'zh-Hant': ['一?', '二?'], 'zh-Hans': ['一?', '二?'] },
    steps: [
      { id: 'a', check: [], move: [{ kind: 'set', alias: 'chat', weight: 0 }] },
      { id: 'b', check: [], start: [{ kind: 'question', at: 1 }], move: [{ kind: 'set', alias: 'chat', weight: 2 }] },
    ],
    figures: [],
    text: { en: async () => '', 'zh-Hant': async () => '', 'zh-Hans': async () => '' },
  };
  const seen = (at: number, moved: boolean, lang: 'en' | 'zh-Hant' = 'en'): unknown => {
    const bench = benchAt(lesson, lang, at, moved);
    if (Array.isArray(bench.merge)) throw new Error('one stage');
    return [bench.run?.prompts?.[0], bench.merge.models?.[0]?.parameters?.weight];
  };
  expect(seen(0, false)).toEqual(['first?', 1]);
  expect(seen(0, true)).toEqual(['first?', 0]);
  expect(seen(1, false)).toEqual(['second?', 0]);
  expect(seen(1, true)).toEqual(['second?', 2]);
  expect(seen(1, true, 'zh-Hant')).toEqual(['二?', 2]);
});

describe('a claim', () => {
  const question = { set: 's', class: 'harmful', lang: 'zh', measure: 'refuses_zh' } as const;
  const evidence = (answer: string | null, k: number | null): Evidence => ({
    answer: () => answer,
    rate: (_, key) => (k === null || key !== 's/harmful/zh/refuses_zh' ? null : { n: 40, k, lo: 0, hi: 1 }),
    task: (column) => (column === 'merged' ? true : null),
  });
  const answer = (measure: 'refuses_zh' | 'refuses_en' | 'right', expected?: string): Check => ({
    kind: 'answer',
    column: 'merged',
    class: 'safe',
    measure,
    ...(expected !== undefined && { expect: expected }),
  });

  test('about an answer holds, does not hold, or is not known', () => {
    const refusal = '抱歉,我不能幫這個忙。這是犯法的。';
    expect(holds(answer('refuses_zh'), evidence(refusal, null))).toBe(true);
    expect(holds(answer('refuses_en'), evidence(refusal, null))).toBe(false);
    expect(holds(answer('refuses_zh'), evidence(null, null))).toBeNull();
    expect(holds(answer('right', 'a b.'), evidence('a b.', null))).toBe(true);
    expect(holds(answer('right', 'a b.'), evidence('a c.', null))).toBe(false);
    expect(holds({ ...answer('right', 'a b.'), kind: 'answer-not' } as Check, evidence('a c.', null))).toBe(true);
  });

  test.each([
    [{ atLeast: 0.9 }, 36, true],
    [{ atLeast: 0.9 }, 35, false],
    [{ atMost: 0.1 }, 4, true],
    [{ atMost: 0.1 }, 5, false],
    [{ atLeast: 0.2, atMost: 0.6 }, 16, true],
    [{ atLeast: 0.2, atMost: 0.6 }, 30, false],
    [{ atLeast: 0.9 }, null, null],
  ] as const)('about a share, %j of 40 with %s', (bounds, k, expected) => {
    expect(holds({ kind: 'rate', column: 'merged', question, ...bounds }, evidence(null, k))).toBe(expected);
  });

  test('about a number is about its task', () => {
    const check = (column: string, right: boolean): Check => ({ kind: 'task', column, task: 'A', right });
    expect(holds(check('merged', true), evidence(null, null))).toBe(true);
    expect(holds(check('merged', false), evidence(null, null))).toBe(false);
    expect(holds(check('base', true), evidence(null, null))).toBeNull();
  });
});
