export const LANGUAGES = ['en', 'zh-Hant', 'zh-Hans'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The best of our languages for a list of BCP 47 tags, as `navigator.languages` gives them. */
export function pickLanguage(tags: readonly string[]): Language {
  for (const tag of tags) {
    const lower = tag.toLowerCase();
    if (/^zh\b.*\b(hans|cn|sg|my)\b/.test(lower)) return 'zh-Hans';
    if (lower === 'zh' || /^zh\b/.test(lower)) return 'zh-Hant';
    if (/^en\b/.test(lower)) return 'en';
  }
  return 'en';
}

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T =>
  (list as readonly unknown[]).includes(value);

/** A choice of this device. */
export function recall(key: string): string | null {
  // Storage may be forbidden (private windows, sandboxed frames); the lab works without it.
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

/** Choices of this device, never part of a recipe or link. */
class Settings {
  lang = $state<Language>('en');
  theme = $state<Theme>('system');

  /** Order of precedence: the address, what was chosen here before, the browser. */
  load(fromAddress: string | null, browser: readonly string[]): void {
    const lang = [fromAddress, recall('lang')].find((value) => isOneOf(LANGUAGES, value));
    this.lang = isOneOf(LANGUAGES, lang) ? lang : pickLanguage(browser);
    const theme = recall('theme');
    if (isOneOf(THEMES, theme)) this.theme = theme;
  }

  setLang(value: string): void {
    if (!isOneOf(LANGUAGES, value)) return;
    this.lang = value;
    remember('lang', value);
  }

  setTheme(value: string): void {
    if (!isOneOf(THEMES, value)) return;
    this.theme = value;
    remember('theme', value);
  }
}

export const settings = new Settings();
