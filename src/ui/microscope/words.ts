import { scope as en } from '../../i18n/en/scope';
import { scope as hans } from '../../i18n/zh-Hans/scope';
import { scope as hant } from '../../i18n/zh-Hant/scope';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
