import type { Lesson } from '../types';
import en from './en.md?raw';
import zhHans from './zh-Hans.md?raw';
import zhHant from './zh-Hant.md?raw';

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

/** Four skills in one model: their vectors get into each other's way, and TIES trims them apart (lecture, point 5). */
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
  text: { en, 'zh-Hant': zhHant, 'zh-Hans': zhHans },
};
