import type { PlainError } from '../core/errors';
import type { Messages } from './en';
import type { ErrorText, Pack } from './types';

export type MessageKey = keyof Messages;
export type Params = Readonly<Record<string, string | number>>;

const FILES: Readonly<Record<string, () => Promise<{ pack: Pack }>>> = {
  en: () => import('./en'),
  'zh-Hant': () => import('./zh-Hant'),
  'zh-Hans': () => import('./zh-Hans'),
};
const loaded = new Map<string, Pack>();

/** Fetches a language, once. To be awaited before the page speaks it. */
export async function loadLanguage(lang: string): Promise<void> {
  if (!loaded.has(lang)) loaded.set(lang, (await (FILES[lang] ?? FILES.en)!()).pack);
}

/** Replaces `{name}` by the parameter of that name; an unknown name stays visible, so that it is found. */
export function fill(template: string, params: Params): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : whole,
  );
}

/** @returns the message in `lang`, or its key where the language is not loaded. */
export function translate(lang: string, key: MessageKey, params: Params = {}): string {
  return fill(loaded.get(lang)?.messages[key] ?? key, params);
}

/** An English message says what is wrong in its first sentence, and what to do in the rest. */
function splitMessage(message: string): [cause: string, wayOut: string] {
  const first = /^.*?[.!?)]["”]?(?=\s+["“]?[A-Z])/s.exec(message)?.[0] ?? message;
  return [first, message.slice(first.length).trim()];
}

/** Title, cause and way out of a refusal: by its code, else by its family; `{message}` is the complete English sentence. */
export function describeError(lang: string, error: PlainError): ErrorText {
  const { errors, causes }: Pick<Pack, 'errors' | 'causes'> = loaded.get(lang) ?? { errors: {}, causes: {} };
  const family = error.code.split('/')[0] ?? '';
  const text = Object.hasOwn(errors, error.code)
    ? errors[error.code]
    : Object.hasOwn(errors, family)
      ? errors[family]
      : undefined;
  if (!text) return { title: translate(lang, 'error.title'), cause: error.message, wayOut: '' };
  const params = { ...error.params, message: error.message };
  if (text.cause === '{message}' && lang === 'en') {
    const [cause, wayOut] = splitMessage(error.message);
    return { title: fill(text.title, params), cause, wayOut };
  }
  const cause = (Object.hasOwn(causes, error.code) ? causes[error.code] : undefined) ?? text.cause;
  return { title: fill(text.title, params), cause: fill(cause, params), wayOut: fill(text.wayOut, params) };
}
