import { fill, type Params } from '../../i18n';
import { palette as en } from '../../i18n/en/palette';
import { palette as hans } from '../../i18n/zh-Hans/palette';
import { palette as hant } from '../../i18n/zh-Hant/palette';
import type { Language } from '../../state/language';
import { settings } from '../../state/settings.svelte';

export type PaletteKey = keyof typeof en;

const PACKS: Readonly<Record<Language, Readonly<Record<PaletteKey, string>>>> = {
  en,
  'zh-Hant': hant,
  'zh-Hans': hans,
};

/** A message in a language; a parameter that begins with `@` is itself the key of one. */
export function say(key: PaletteKey, params: Params = {}, lang: Language = settings.lang): string {
  const words = PACKS[lang];
  const filled = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'string' && value.startsWith('@') ? words[value.slice(1) as PaletteKey] : value,
  ]);
  return fill(words[key], Object.fromEntries(filled) as Params);
}
