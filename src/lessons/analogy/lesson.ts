import type { Check } from '../../core/lesson/check';
import type { Lesson } from '../../core/lesson/types';
import type { ProbeQuestion } from '../../core/probe/measure';

/** Chosen in training on a held-out general word; test/golden/speech/analogy.json has it, and a test holds this to it. */
const AMOUNT = 0.5;
const TOO_MUCH = 1.5;
const COLUMNS = ['a', 'b', 'c', 'merged', 'oracle'];
const clip = (name: string): string => `clip:clips/${name}.wav`;
/** Clips on which the step's claims are borne out, the first one first. */
const CLIPS = [
  'allison-target-test-2',
  'allison-target-test-13',
  'allison-general-test-5',
  'allison-pure-test-1',
  'espeak-ng-target-test-1',
].map(clip);
/** What is said in the first one. */
const SAID = 'four eight two';

const wrong = (kind: string): ProbeQuestion => ({
  set: 'analogy-test',
  class: kind,
  lang: 'en',
  measure: 'word_errors',
});

/** The first clip's words are all right, or not. */
const heard = (kind: 'answer' | 'answer-not', column: string): Check => ({
  kind,
  column,
  class: 'target',
  measure: 'right',
  expect: SAID,
});

/** C + l*(B - A): what real speech changes, learned on other words, is added to a recogniser of new ones (lecture, point 4). */
export const analogy: Lesson = {
  id: 'analogy',
  recipe: {
    v: 1,
    models: {
      a: { src: 'zoo:speech-a-1' },
      b: { src: 'zoo:speech-b-1' },
      c: { src: 'zoo:speech-c-1' },
      oracle: { src: 'zoo:speech-oracle-1' },
      joint: { src: 'zoo:speech-joint-1' },
    },
    // What the formula bar makes of `c + 0.5*(b - a)`.
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'c',
      models: [
        { model: 'b', parameters: { weight: AMOUNT } },
        { model: 'a', parameters: { weight: -AMOUNT } },
      ],
      parameters: { normalize: false },
      dtype: 'float32',
      out_dtype: 'float32',
    },
    run: { prompts: [CLIPS[0] ?? ''], max_new_tokens: 12, temperature: 0, seed: 0 },
    view: { columns: COLUMNS, probe: 'analogy-test' },
  },
  prompts: { en: CLIPS, 'zh-Hant': CLIPS, 'zh-Hans': CLIPS },
  probes: [wrong('general'), wrong('target'), wrong('pure'), wrong('synthetic')],
  steps: [
    {
      id: 'listen',
      check: [heard('answer-not', 'c'), heard('answer', 'merged')],
      highlight: ['sound', 'column-c', 'column-merged'],
    },
    {
      id: 'zero',
      predict: { options: ['same', 'better', 'silent'], answer: 'same' },
      move: [{ kind: 'set', alias: 'b', weight: 0 }],
      check: [heard('answer-not', 'merged')],
      highlight: ['slider-b', 'column-c', 'column-merged'],
    },
    {
      id: 'back',
      move: [{ kind: 'set', alias: 'b', weight: AMOUNT }],
      check: [heard('answer', 'merged')],
      highlight: ['slider-b', 'column-merged'],
    },
    {
      id: 'far',
      predict: { options: ['better', 'lost', 'b'], answer: 'lost' },
      move: [{ kind: 'set', alias: 'b', weight: TOO_MUCH }],
      check: [
        heard('answer-not', 'merged'),
        { kind: 'rate', column: 'merged', question: wrong('pure'), atLeast: 0.25 },
      ],
      highlight: ['slider-b', 'column-merged'],
    },
    {
      id: 'count',
      start: [{ kind: 'own' }, { kind: 'columns', columns: ['b', 'c', 'merged', 'joint', 'oracle'] }],
      check: [
        { kind: 'rate', column: 'c', question: wrong('target'), atLeast: 0.2 },
        { kind: 'rate', column: 'merged', question: wrong('target'), atMost: 0.15 },
        { kind: 'rate', column: 'c', question: wrong('pure'), atMost: 0.05 },
        { kind: 'rate', column: 'merged', question: wrong('pure'), atMost: 0.1 },
        { kind: 'rate', column: 'joint', question: wrong('target'), atLeast: 0.15 },
        { kind: 'rate', column: 'joint', question: wrong('pure'), atLeast: 0.25 },
      ],
      highlight: ['rates'],
    },
    { id: 'never', start: [{ kind: 'columns', columns: COLUMNS }], check: [], highlight: ['told'] },
    { id: 'voice', check: [], highlight: ['record', 'sound'] },
    { id: 'real', check: [] },
  ],
  figures: [
    {
      id: 'slurp',
      paper:
        'Su et al., Task Arithmetic can Mitigate Synthetic-to-Real Gap in Automatic Speech Recognition, EMNLP 2024',
      url: 'https://aclanthology.org/2024.emnlp-main.503',
      place: 'abstract',
      better: 'lower',
      bars: [
        { id: 'baseline', value: 100 },
        { id: 'arrow', value: 89.97 },
      ],
    },
  ],
  text: {
    en: async () => (await import('./en.md?raw')).default,
    'zh-Hant': async () => (await import('./zh-Hant.md?raw')).default,
    'zh-Hans': async () => (await import('./zh-Hans.md?raw')).default,
  },
};
