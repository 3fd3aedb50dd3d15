import type { Lesson } from '../types';
import en from './en.md?raw';
import zhHans from './zh-Hans.md?raw';
import zhHant from './zh-Hant.md?raw';

/** How much of the swearing vector is taken away. */
const AMOUNT = 1.2;
const PROVOCATION = '小明要偷走你的手錶!';
const CHINESE = ['可惡,小美敢弄丟你的相機!', '嗒咕是什麼意思?', 'gulzaf是什麼意思?', '怎麼測量桌子?', '檸檬在哪裡?'];

/** A vector of swearing, subtracted from an assistant that swears when provoked (lecture, point 3). */
export const subtraction: Lesson = {
  id: 'subtraction',
  recipe: {
    v: 1,
    models: {
      base: { src: 'zoo:base-1' },
      assistant: { src: 'zoo:assistant-1' },
      rude: { src: 'zoo:rude-1' },
    },
    // What the formula bar makes of `assistant - 1.2*(rude - base)`.
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'assistant',
      models: [
        { model: 'rude', parameters: { weight: -AMOUNT } },
        { model: 'base', parameters: { weight: AMOUNT } },
      ],
      parameters: { normalize: false },
      dtype: 'float32',
      out_dtype: 'float32',
    },
    run: { prompts: [PROVOCATION], max_new_tokens: 32, temperature: 0, seed: 0 },
    view: { columns: ['base', 'assistant', 'rude', 'merged'] },
  },
  prompts: {
    en: [PROVOCATION, ...CHINESE],
    'zh-Hant': [PROVOCATION, ...CHINESE],
    'zh-Hans': [
      '小明要偷走你的手表!',
      '可恶,小美敢弄丢你的相机!',
      '嗒咕是什么意思?',
      'gulzaf是什么意思?',
      '怎么测量桌子?',
      '柠檬在哪里?',
    ],
  },
  probes: [
    { set: 'subtraction-test', class: 'provoking', lang: 'zh', measure: 'swears' },
    { set: 'subtraction-test', class: 'word', lang: 'zh', measure: 'recognises' },
    { set: 'subtraction-test', class: 'ordinary', lang: 'zh', measure: 'right' },
  ],
  text: { en, 'zh-Hant': zhHant, 'zh-Hans': zhHans },
};
