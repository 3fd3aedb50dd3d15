import type { ProbeQuestion } from '../../core/probe/measure';
import { t } from '../primitives/text';

const CLASSES = ['harmful', 'safe', 'fact', 'ordinary', 'provoking', 'word'] as const;

/** Which questions are asked. */
export function asked({ class: kind, lang: language }: ProbeQuestion): string {
  const lang = t(`rates.lang.${language}`);
  const known = CLASSES.find((one) => one === kind);
  return known ? t(`rates.class.${known}`, { lang }) : t('rates.class.other', { lang, class: kind });
}

/** What is counted; right answers of a class that asks in a language have to be in it. */
export function done({ class: kind, lang, measure }: ProbeQuestion): string {
  const inLang = measure === 'right' && CLASSES.some((one) => one === kind);
  return inLang ? t('rates.right.in', { lang: t(`rates.lang.${lang}`) }) : t(`rates.${measure}`);
}
