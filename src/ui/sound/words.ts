import { sound as en } from '../../i18n/en/sound';
import { sound as hans } from '../../i18n/zh-Hans/sound';
import { sound as hant } from '../../i18n/zh-Hant/sound';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });

/** @returns the message of a key that data make; `otherwise` where there is none */
export const sayIf = (key: string, otherwise: string): string =>
  Object.hasOwn(en, key) ? say(key as keyof typeof en) : otherwise;
