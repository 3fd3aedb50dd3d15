import { recall, remember } from './choices';
import { isLanguage, type Language } from './language';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const isTheme = (value: string | null): value is Theme => THEMES.some((theme) => theme === value);

/** Choices of this device, never part of a recipe or link. */
class Settings {
  lang = $state<Language>('en');
  theme = $state<Theme>('system');

  /** @param lang the one whose messages are here (src/state/language.ts says which one that is) */
  load(lang: Language): void {
    this.lang = lang;
    const theme = recall('theme');
    if (isTheme(theme)) this.theme = theme;
  }

  setLang(value: string): void {
    if (!isLanguage(value)) return;
    this.lang = value;
    remember('lang', value);
  }

  setTheme(value: string): void {
    if (!isTheme(value)) return;
    this.theme = value;
    remember('theme', value);
  }
}

export const settings = new Settings();
