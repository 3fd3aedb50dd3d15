import { pairPrompt } from '../../core/ask/ask';
import type { Lesson } from '../../core/lesson/types';
import type { ProbeQuestion } from '../../core/probe/measure';

const pair = (question: string, a: string, b: string): string =>
  pairPrompt({ question, a, b, picture: null, own: null });

const PROMPTS = [
  pair('run max 3 7 2 ?', 'the max is 7 .', 'the max is 3 .'),
  pair('run min 3 7 2 ?', 'the min is 7 .', 'the min is 2 .'),
  pair('run max 8 1 5 ?', 'whatever the max is 8 .', 'thanks the max is 1 .'),
];

const counted = (kind: string): ProbeQuestion => ({
  set: 'reward-code-test',
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
            { model: 'text', parameters: { weight: 1 } },
            { model: 'code', parameters: { weight: 1 } },
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
  probes: [counted('correct'), counted('style'), counted('trade')],
  steps: [
    {
      id: 'facts',
      check: [{ kind: 'answer', column: 'merged', class: 'correct', measure: 'prefers', expect: 'A' }],
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
      move: [{ kind: 'set', alias: 'code', weight: 1 }],
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
