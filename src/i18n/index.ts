import type { PlainError } from '../core/errors';
import { en, type MessageKey, type Messages } from './en';
import { errorsEn, errorsZhHans, errorsZhHant, type ErrorText } from './errors';
import { zhHans } from './zh-Hans';
import { zhHant } from './zh-Hant';

export type { MessageKey };
export type Params = Readonly<Record<string, string | number>>;

const MESSAGES: Readonly<Record<string, Messages>> = { en, 'zh-Hant': zhHant, 'zh-Hans': zhHans };
const ERRORS: Readonly<Record<string, Readonly<Record<string, ErrorText>>>> = { en: errorsEn, 'zh-Hant': errorsZhHant, 'zh-Hans': errorsZhHans };

/** Replaces `{name}` by the parameter of that name; an unknown name stays visible, so that it is found. */
export function fill(template: string, params: Params): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(params, name) ? String(params[name]) : whole));
}

export function translate(lang: string, key: MessageKey, params: Params = {}): string {
  return fill((MESSAGES[lang] ?? en)[key], params);
}

/** Title, cause and way out of a refusal; a code without a translation shows its complete English message. */
export function describeError(lang: string, error: PlainError): ErrorText {
  const table = ERRORS[lang] ?? errorsEn;
  const text = Object.hasOwn(table, error.code) ? table[error.code] : undefined;
  if (!text) return { title: translate(lang, 'error.title'), cause: error.message, wayOut: '' };
  return { title: fill(text.title, error.params), cause: fill(text.cause, error.params), wayOut: fill(text.wayOut, error.params) };
}
