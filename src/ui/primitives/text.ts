import type { PlainError } from '../../core/errors';
import { describeError, translate, type MessageKey, type Params } from '../../i18n';
import { settings } from '../../state/settings.svelte';

/** Messages and numbers in the language of the page; reading them in markup follows the language. */
export const t = (key: MessageKey, params: Params = {}): string => translate(settings.lang, key, params);
export const tError = (error: PlainError) => describeError(settings.lang, error);
/** A notice is a remark, not a refusal: what it says, without the title and way out of its family. */
export const tNotice = (notice: PlainError): string => (settings.lang === 'en' ? notice.message : tError(notice).cause);
/** A refusal in running text. */
export function tSentence(error: PlainError): string {
  const { cause, wayOut } = tError(error);
  return settings.lang === 'en' ? `${cause} ${wayOut}`.trim() : cause + wayOut;
}

/** A model's title in the language of the page. */
export const showTitle = (model: { title: string; titles: Readonly<Record<string, string>> }): string =>
  model.titles[settings.lang] ?? model.title;

/** Where a model comes from, in the recipe's own words; a fingerprint is cut short, a commit as git does it. */
export const showSource = (src: string): string =>
  src.replace(/^(file:[0-9a-f]{12})[0-9a-f]+$|(@[0-9a-f]{7})[0-9a-f]+$/, (_, file?: string, commit?: string) =>
    file === undefined ? (commit ?? '') : `${file}…`,
  );

const formats = new Map<string, Intl.NumberFormat>();
/** Making a format takes longer than a hundred uses of it, and the first paint shows hundreds of numbers. */
export function showNumberAs(value: number, options: Intl.NumberFormatOptions): string {
  const key = settings.lang + JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.NumberFormat(settings.lang, options);
  formats.set(key, format);
  return format.format(value);
}

export const showList = (words: readonly string[]): string =>
  new Intl.ListFormat(settings.lang, { type: 'unit', style: 'short' }).format(words);
export const showCount = (value: number): string => showNumberAs(value, {});
/** 1.14M, 114 萬: as the language abbreviates. */
export const showCompact = (value: number): string =>
  showNumberAs(value, { notation: 'compact', maximumFractionDigits: 2 });
export const showWeight = (value: number): string =>
  showNumberAs(value, { minimumFractionDigits: 2, maximumFractionDigits: 3 });
/** At most three decimals, and no sign before a zero. */
export const showNumber = (value: number): string =>
  showNumberAs(value, { maximumFractionDigits: 3, signDisplay: 'negative' });
/** A difference: with its sign, unless it is none. */
export const showDelta = (value: number): string =>
  showNumberAs(value, { maximumFractionDigits: 3, signDisplay: 'exceptZero' });
/** A probability is never shown as 0 %: a softmax gives none. */
export const showPercent = (p: number): string =>
  p < 0.0005
    ? `<${showNumberAs(0.001, { style: 'percent', maximumFractionDigits: 1 })}`
    : showNumberAs(p, { style: 'percent', maximumFractionDigits: p < 0.1 ? 1 : 0 });
/** Nats: two decimals say enough, and a little is not nothing. */
export const showKl = (nats: number): string =>
  nats > 0 && nats < 0.005 ? `<${showNumberAs(0.01, {})}` : showNumberAs(nats, { maximumFractionDigits: 2 });
/** A counted share; one that only rounds to 0 or 100 % keeps a decimal, so that an exception is seen. */
export const showShare = (share: number): string =>
  showNumberAs(share, {
    style: 'percent',
    maximumFractionDigits: (share > 0 && share < 0.01) || (share > 0.99 && share < 1) ? 1 : 0,
  });
export const showMs = (ms: number): string =>
  showNumberAs(ms, { style: 'unit', unit: 'millisecond', maximumFractionDigits: ms < 10 ? 1 : 0 });

/** A time to wait, as one would say it: to ten seconds below a minute, else to a minute. */
export function showAbout(ms: number): string {
  const tens = Math.max(1, Math.ceil(ms / 10_000)) * 10;
  const [value, unit] = tens < 60 ? [tens, 'second'] : [Math.max(1, Math.round(ms / 60_000)), 'minute'];
  return showNumberAs(value, { style: 'unit', unit, unitDisplay: 'long' });
}

export function showBytes(bytes: number): string {
  const mega = bytes / 1e6;
  if (mega < 1) return showNumberAs(bytes / 1e3, { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 });
  return showNumberAs(mega, { style: 'unit', unit: 'megabyte', maximumFractionDigits: mega < 10 ? 1 : 0 });
}

/** A space that is a whole token must be seen. */
export const showToken = (text: string): string => (text === '' ? '∎' : text.replace(/ /g, '␣').replace(/\n/g, '⏎'));
