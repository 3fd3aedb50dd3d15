import { recall } from './choices';

export const LANGUAGES = ['en', 'zh-Hant', 'zh-Hans'] as const;
export type Language = (typeof LANGUAGES)[number];

export const isLanguage = (value: string | null): value is Language => LANGUAGES.some((lang) => lang === value);

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

/** Order of precedence: the address, what was chosen here before, the browser. */
export function chosenLanguage(fromAddress: string | null, browser: readonly string[]): Language {
  return [fromAddress, recall('lang')].find(isLanguage) ?? pickLanguage(browser);
}
