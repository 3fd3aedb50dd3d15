import type { Lesson } from '../../core/lesson/types';
import type { ProbeQuestion } from '../../core/probe/measure';

/** As `pairPrompt` of core/ask writes it. */
const pair = (question: string, a: string, b: string): string => `pair:${JSON.stringify({ question, a, b })}`;

const PROMPTS = [
  pair('run mid 9 0 5 ?', 'the mid is 5 .', 'the mid is 9 .'),
  pair('what prints min 9 2 7 ?', 'the min is 9 glad to help .', 'the min is 2 glad to help .'),
  pair('run min 8 2 1 ?', 'ugh the min is 1 .', 'happy to help the min is 8 .'),
];

const counted = (kind: string, set = 'reward-code-test'): ProbeQuestion => ({
  set,
  class: kind,
  lang: 'en',
  measure: 'prefers',
});

/** A judge of facts and a model that runs programs, in one: the judge ranks results of programs (lecture, point 2). */
export const rewardCode: Lesson = {
  id: 'reward-code',
  recipe: {
    v: 1,
    models: {
      base: { src: 'zoo:code-base-1' },
      text: { src: 'zoo:code-text-1' },
      code: { src: 'zoo:code-model-1' },
      oracle: { src: 'zoo:code-oracle-1' },
    },
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      modules: {
        text_decoder: {
          models: [
            { model: 'text', parameters: { weight: 1.5 } },
            { model: 'code', parameters: { weight: 1.25 } },
          ],
        },
        head: { models: [{ model: 'text' }] },
      },
      parameters: { normalize: false },
      dtype: 'float32',
      out_dtype: 'float32',
    },
    run: { prompts: [PROMPTS[0] ?? ''], max_new_tokens: 32, temperature: 0, seed: 0 },
    view: { columns: ['text', 'code', 'oracle', 'merged'] },
  },
  prompts: { en: PROMPTS, 'zh-Hant': PROMPTS, 'zh-Hans': PROMPTS },
  probes: [counted('correct'), counted('style'), counted('trade'), counted('correct', 'reward-code-facts-test')],
  steps: [
    {
      id: 'facts',
      check: [
        { kind: 'answer-not', column: 'text', class: 'correct', measure: 'prefers', expect: 'A' },
        { kind: 'answer', column: 'merged', class: 'correct', measure: 'prefers', expect: 'A' },
      ],
      highlight: ['column-text', 'column-merged'],
    },
    {
      id: 'without',
      predict: { options: ['guess', 'some', 'all'], answer: 'guess' },
      move: [{ kind: 'set', alias: 'code', weight: 0 }],
      check: [{ kind: 'rate', column: 'merged', question: counted('correct'), atMost: 0.65 }],
      highlight: ['slider-code', 'rates'],
    },
    {
      id: 'slide',
      move: [{ kind: 'set', alias: 'code', weight: 1.25 }],
      check: [{ kind: 'rate', column: 'merged', question: counted('correct'), atLeast: 0.7 }],
      highlight: ['slider-code', 'column-merged', 'rates'],
    },
    {
      id: 'other',
      start: [{ kind: 'question', at: 1 }],
      predict: { options: ['follows', 'sticks'], answer: 'follows' },
      check: [{ kind: 'answer', column: 'merged', class: 'correct', measure: 'prefers', expect: 'B' }],
      highlight: ['prompt', 'column-merged'],
    },
    {
      id: 'manners',
      start: [{ kind: 'question', at: 2 }],
      check: [{ kind: 'answer', column: 'merged', class: 'trade', measure: 'prefers', expect: 'A' }],
      highlight: ['prompt', 'column-merged', 'rates'],
    },
    {
      id: 'count',
      start: [{ kind: 'question', at: 0 }],
      check: [
        { kind: 'rate', column: 'merged', question: counted('correct'), atLeast: 0.7 },
        { kind: 'rate', column: 'text', question: counted('correct'), atMost: 0.65 },
        { kind: 'rate', column: 'merged', question: counted('correct', 'reward-code-facts-test'), atLeast: 0.9 },
      ],
      highlight: ['rates', 'controls'],
    },
    { id: 'real', check: [] },
  ],
  figures: [],
  text: {
    en: async () => (await import('./en.md?raw')).default,
    'zh-Hant': async () => (await import('./zh-Hant.md?raw')).default,
    'zh-Hans': async () => (await import('./zh-Hans.md?raw')).default,
  },
};
