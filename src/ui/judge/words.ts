import { judge as en } from '../../i18n/en/judge';
import { judge as hans } from '../../i18n/zh-Hans/judge';
import { judge as hant } from '../../i18n/zh-Hant/judge';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });

/** @returns what a word of the models' world means in the language of the page; the word itself where that is not known */
export function meaning(kind: 'attribute' | 'value' | 'class' | 'control', word: string): string {
  const key = `${kind}.${word}`;
  return Object.hasOwn(en, key) ? say(key as keyof typeof en) : word;
}
