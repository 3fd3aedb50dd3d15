import { vocabulary as en } from '../../i18n/en/vocabulary';
import { vocabulary as hans } from '../../i18n/zh-Hans/vocabulary';
import { vocabulary as hant } from '../../i18n/zh-Hant/vocabulary';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
