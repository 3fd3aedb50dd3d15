import { loadLanguage } from '../../i18n';
import { errors } from '../../state/errors.svelte';
import { settings } from '../../state/settings.svelte';

/** Speaks another language as soon as its messages are here. */
export async function chooseLanguage(lang: string): Promise<void> {
  try {
    await loadLanguage(lang);
    settings.setLang(lang);
  } catch (error) {
    errors.report('open', error);
  }
}
