import { search as en } from '../../i18n/en/search';
import { search as hans } from '../../i18n/zh-Hans/search';
import { search as hant } from '../../i18n/zh-Hant/search';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
