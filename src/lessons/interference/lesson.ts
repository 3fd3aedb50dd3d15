import type { Lesson } from '../../core/lesson/types';
const SKILLS = ['repeat', 'reverse', 'translate', 'list'];
/** Share of each vector that TIES keeps. */
const DENSITY = 0.2;
const PROMPTS = [
  'reverse camera, goat, lamp.',
  'translate camera.',
  'list clock.',
  'repeat lemon.',
  'reverse boat, cat, pie.',
  'translate duck.',
  'list goat.',
  'repeat truck.',
];

const terms = (term: (skill: string) => string, between: string): string => SKILLS.map(term).join(between);
const SUM = (weight: number): string => `base + ${terms((skill) => `${weight}*(${skill} - base)`, ' + ')}`;
const TIES = `ties(base; ${terms((skill) => `${skill}: 1.0`, ', ')}; density: ${DENSITY}, normalize: true)`;
const DARE = `dare_linear(base; ${terms((skill) => `${skill}: 1.0`, ', ')}; density: 0.5)`;

/** Four trainings in one model: what breaks their plain sum, and what mends it (lecture, point 5). */
export const interference: Lesson = {
  id: 'interference',
  recipe: {
    v: 1,
    models: {
      base: { src: 'zoo:base-1' },
      ...Object.fromEntries(SKILLS.map((skill) => [skill, { src: `zoo:${skill}-m-1` }])),
    },
    merge: {
      merge_method: 'ties',
      base_model: 'base',
      models: SKILLS.map((model) => ({ model, parameters: { weight: 1 } })),
      parameters: { density: DENSITY, normalize: true },
      dtype: 'float32',
      out_dtype: 'float32',
    },
    run: { prompts: [PROMPTS[0] ?? ''], max_new_tokens: 32, temperature: 0, seed: 0 },
    view: { columns: ['base', 'reverse', 'merged'] },
  },
  prompts: { en: PROMPTS, 'zh-Hant': PROMPTS, 'zh-Hans': PROMPTS },
  probes: [
    { set: 'interference-test', class: 'repeat', lang: 'en', measure: 'right' },
    { set: 'interference-test', class: 'reverse', lang: 'en', measure: 'right' },
    { set: 'interference-test', class: 'translate', lang: 'en', measure: 'right' },
    { set: 'interference-test', class: 'list', lang: 'en', measure: 'right' },
  ],
  steps: [
    {
      id: 'look',
      check: [
        { kind: 'answer', column: 'reverse', class: 'reverse', measure: 'right', expect: 'lamp, goat, camera.' },
        { kind: 'answer', column: 'merged', class: 'reverse', measure: 'right', expect: 'lamp, goat, camera.' },
      ],
      highlight: ['column-reverse', 'column-merged'],
    },
    {
      id: 'sum',
      predict: { options: ['fine', 'breaks'], answer: 'breaks' },
      move: [{ kind: 'formula', text: SUM(1) }],
      check: [
        { kind: 'answer-not', column: 'merged', class: 'reverse', measure: 'right', expect: 'lamp, goat, camera.' },
      ],
      highlight: ['formula', 'column-merged'],
    },
    {
      id: 'conflict',
      check: [],
      highlight: ['microscope'],
    },
    {
      id: 'ties',
      move: [{ kind: 'formula', text: TIES }],
      check: [{ kind: 'answer', column: 'merged', class: 'reverse', measure: 'right', expect: 'lamp, goat, camera.' }],
      highlight: ['formula', 'column-merged'],
    },
    {
      id: 'less',
      predict: { options: ['fine', 'breaks'], answer: 'fine' },
      move: [{ kind: 'formula', text: SUM(0.2) }],
      check: [{ kind: 'answer', column: 'merged', class: 'reverse', measure: 'right', expect: 'lamp, goat, camera.' }],
      highlight: ['formula', 'column-merged'],
    },
    {
      id: 'dare',
      predict: { options: ['fine', 'breaks'], answer: 'breaks' },
      move: [{ kind: 'formula', text: DARE }],
      check: [
        { kind: 'answer-not', column: 'merged', class: 'reverse', measure: 'right', expect: 'lamp, goat, camera.' },
      ],
      highlight: ['formula', 'column-merged'],
    },
    {
      id: 'count',
      start: [{ kind: 'own' }],
      check: SKILLS.map((skill) => ({
        kind: 'rate' as const,
        column: 'merged',
        question: { set: 'interference-test', class: skill, lang: 'en' as const, measure: 'right' as const },
        atLeast: 0.9,
      })),
      highlight: ['rates'],
    },
    { id: 'size', check: [] },
    { id: 'real', check: [] },
  ],
  figures: [
    {
      id: 'eight',
      paper: 'Tang et al., FusionBench, 2024',
      url: 'https://tanganke.github.io/fusion_bench/modelpool/clip_vit/',
      place: 'CLIP-ViT-B/32, 8 tasks',
      better: 'higher',
      bars: [
        { id: 'average', value: 66.5 },
        { id: 'sum', value: 68 },
        { id: 'ties', value: 72.2 },
        { id: 'separate', value: 90.3 },
      ],
    },
  ],
  text: {
    en: async () => (await import('./en.md?raw')).default,
    'zh-Hant': async () => (await import('./zh-Hant.md?raw')).default,
    'zh-Hans': async () => (await import('./zh-Hans.md?raw')).default,
  },
};
