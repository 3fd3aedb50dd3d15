import { present as en } from '../../i18n/en/present';
import { present as hans } from '../../i18n/zh-Hans/present';
import { present as hant } from '../../i18n/zh-Hant/present';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
