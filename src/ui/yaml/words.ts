import { yaml as en } from '../../i18n/en/yaml';
import { yaml as hans } from '../../i18n/zh-Hans/yaml';
import { yaml as hant } from '../../i18n/zh-Hant/yaml';
import { speaker } from '../primitives/packs';

export const say = speaker<keyof typeof en>({ en, 'zh-Hant': hant, 'zh-Hans': hans });
