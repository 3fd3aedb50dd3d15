import { embed as en } from '../../i18n/en/embed';
import { embed as hans } from '../../i18n/zh-Hans/embed';
import { embed as hant } from '../../i18n/zh-Hant/embed';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
