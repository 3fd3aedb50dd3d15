import { lora as en } from '../../i18n/en/lora';
import { lora as hans } from '../../i18n/zh-Hans/lora';
import { lora as hant } from '../../i18n/zh-Hant/lora';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
