import type { Lesson } from '../../core/lesson/types';
import type { ProbeQuestion } from '../../core/probe/measure';

const SHEET = 'pictures/reward-vision-test.png';
/** As `pairPrompt` of core/ask writes it. */
const pair = (tile: number, question: string, a: string, b: string): string =>
  `pair:${JSON.stringify({ question, a, b, picture: `${SHEET}#${tile}x16` })}`;

const PROMPTS = [
  pair(6, 'what color ?', 'the color is red .', 'the color is green .'),
  pair(35, 'what color ?', 'the color is red .', 'the color is green .'),
  pair(17, 'what shape ?', 'the shape is circle .', 'the shape is triangle .'),
  pair(96, 'how big ?', 'ugh the size is small .', 'please the size is big thanks .'),
];

const counted = (kind: string): ProbeQuestion => ({
  set: 'reward-vision-test',
  class: kind,
  lang: 'en',
  measure: 'prefers',
});

/** A judge of texts and a model that sees, in one: the judge puts on glasses (lecture, point 2). */
export const rewardVision: Lesson = {
  id: 'reward-vision',
  recipe: {
    v: 1,
    models: {
      base: { src: 'zoo:reward-base-1' },
      text: { src: 'zoo:reward-text-1' },
      vlm: { src: 'zoo:reward-vlm-1' },
      oracle: { src: 'zoo:reward-vision-oracle-1' },
    },
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      modules: {
        text_decoder: {
          models: [
            { model: 'text', parameters: { weight: 0.75 } },
            { model: 'vlm', parameters: { weight: 0.75 } },
          ],
        },
        vision_tower: { models: [{ model: 'vlm' }] },
        multi_modal_projector: { models: [{ model: 'vlm' }] },
        head: { models: [{ model: 'text' }] },
      },
      parameters: { normalize: false },
      dtype: 'float32',
      out_dtype: 'float32',
    },
    run: { prompts: [PROMPTS[0] ?? ''], max_new_tokens: 32, temperature: 0, seed: 0 },
    view: { columns: ['text', 'vlm', 'oracle', 'merged'] },
  },
  prompts: { en: PROMPTS, 'zh-Hant': PROMPTS, 'zh-Hans': PROMPTS },
  probes: [counted('correct'), counted('style'), counted('trade')],
  steps: [
    {
      id: 'blind',
      check: [
        { kind: 'answer-not', column: 'text', class: 'correct', measure: 'prefers', expect: 'A' },
        { kind: 'answer', column: 'merged', class: 'correct', measure: 'prefers', expect: 'A' },
        { kind: 'answer', column: 'oracle', class: 'correct', measure: 'prefers', expect: 'A' },
      ],
      highlight: ['picture', 'column-text', 'column-merged'],
    },
    {
      id: 'turned',
      predict: { options: ['same', 'turns'], answer: 'same' },
      move: [{ kind: 'question', at: 1 }],
      check: [{ kind: 'answer', column: 'merged', class: 'correct', measure: 'prefers', expect: 'B' }],
      highlight: ['picture', 'column-text', 'column-merged'],
    },
    {
      id: 'unmerged',
      start: [{ kind: 'question', at: 0 }],
      predict: { options: ['guess', 'some', 'all'], answer: 'guess' },
      move: [{ kind: 'set', alias: 'vlm', weight: 0 }],
      check: [{ kind: 'rate', column: 'merged', question: counted('correct'), atMost: 0.6 }],
      highlight: ['slider-vlm', 'rates'],
    },
    {
      id: 'slide',
      move: [{ kind: 'set', alias: 'vlm', weight: 0.75 }],
      check: [{ kind: 'rate', column: 'merged', question: counted('correct'), atLeast: 0.62 }],
      highlight: ['slider-vlm', 'column-merged', 'rates'],
    },
    {
      id: 'manners',
      start: [{ kind: 'question', at: 3 }],
      predict: { options: ['truth', 'manners'], answer: 'truth' },
      check: [{ kind: 'answer', column: 'merged', class: 'trade', measure: 'prefers', expect: 'A' }],
      highlight: ['prompt', 'column-merged'],
    },
    {
      id: 'draw',
      start: [{ kind: 'question', at: 2 }],
      check: [],
      highlight: ['draw'],
    },
    {
      id: 'count',
      start: [{ kind: 'question', at: 0 }],
      check: [
        { kind: 'rate', column: 'merged', question: counted('correct'), atLeast: 0.62 },
        { kind: 'rate', column: 'text', question: counted('correct'), atLeast: 0.4, atMost: 0.62 },
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
