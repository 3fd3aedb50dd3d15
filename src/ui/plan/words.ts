import { plan as en } from '../../i18n/en/plan';
import { plan as hans } from '../../i18n/zh-Hans/plan';
import { plan as hant } from '../../i18n/zh-Hant/plan';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
