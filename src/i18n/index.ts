import type { PlainError } from '../core/errors';
import { causesZhHans, causesZhHant } from './causes';
import { en, type MessageKey, type Messages } from './en';
import { errorsEn, type ErrorText } from './errors';
import { errorsZhHans } from './errors-zh-Hans';
import { errorsZhHant } from './errors-zh-Hant';
import { zhHans } from './zh-Hans';
import { zhHant } from './zh-Hant';

export type { MessageKey };
export type Params = Readonly<Record<string, string | number>>;

const MESSAGES: Readonly<Record<string, Messages>> = { en, 'zh-Hant': zhHant, 'zh-Hans': zhHans };
const ERRORS: Readonly<Record<string, Readonly<Record<string, ErrorText>>>> = {
  en: errorsEn,
  'zh-Hant': errorsZhHant,
  'zh-Hans': errorsZhHans,
};

const CAUSES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'zh-Hant': causesZhHant,
  'zh-Hans': causesZhHans,
};

/** Replaces `{name}` by the parameter of that name; an unknown name stays visible, so that it is found. */
export function fill(template: string, params: Params): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : whole,
  );
}

export function translate(lang: string, key: MessageKey, params: Params = {}): string {
  return fill((MESSAGES[lang] ?? en)[key], params);
}

/** An English message says what is wrong in its first sentence, and what to do in the rest. */
function splitMessage(message: string): [cause: string, wayOut: string] {
  const first = /^.*?[.!?)]["”]?(?=\s+["“]?[A-Z])/s.exec(message)?.[0] ?? message;
  return [first, message.slice(first.length).trim()];
}

/** Title, cause and way out of a refusal: by its code, else by its family; `{message}` is the complete English sentence. */
export function describeError(lang: string, error: PlainError): ErrorText {
  const table = ERRORS[lang] ?? errorsEn;
  const family = error.code.split('/')[0] ?? '';
  const text = Object.hasOwn(table, error.code)
    ? table[error.code]
    : Object.hasOwn(table, family)
      ? table[family]
      : undefined;
  if (!text) return { title: translate(lang, 'error.title'), cause: error.message, wayOut: '' };
  const params = { ...error.params, message: error.message };
  if (text.cause === '{message}' && table === errorsEn) {
    const [cause, wayOut] = splitMessage(error.message);
    return { title: fill(text.title, params), cause, wayOut };
  }
  const causes = CAUSES[lang] ?? {};
  const cause = (Object.hasOwn(causes, error.code) ? causes[error.code] : undefined) ?? text.cause;
  return { title: fill(text.title, params), cause: fill(cause, params), wayOut: fill(text.wayOut, params) };
}
