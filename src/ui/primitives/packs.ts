import { fill, type Params } from '../../i18n';
import type { Language } from '../../state/language';
import { settings } from '../../state/settings.svelte';

/** @returns how a panel that is fetched late says its own messages, in the language of the page. */
export function speaker<K extends string>(packs: Readonly<Record<Language, Readonly<Record<K, string>>>>) {
  return (key: K, params: Params = {}): string => fill(packs[settings.lang][key], params);
}
