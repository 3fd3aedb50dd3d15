import { map as en } from '../../i18n/en/map';
import { map as hans } from '../../i18n/zh-Hans/map';
import { map as hant } from '../../i18n/zh-Hant/map';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
