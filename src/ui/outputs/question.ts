import type { ProbeQuestion } from '../../core/probe/measure';
import { t } from '../primitives/text';

/** What parts the replies of a pair. */
const PAIRS = ['correct', 'style', 'trade'] as const;
const CLASSES = ['harmful', 'safe', 'fact', 'ordinary', 'provoking', 'word'] as const;

/** Which words are said in a clip. */
const CLIPS = ['target', 'pure', 'general', 'synthetic'] as const;

/** Which questions are asked. */
export function asked({ set, class: kind, lang: language, measure }: ProbeQuestion): string {
  if (measure === 'prefers' && set.includes('-facts-')) return t('rates.pairs.own');
  const pair = measure === 'prefers' && PAIRS.find((one) => one === kind);
  if (pair) return t(`rates.pairs.${pair}`);
  const clip = measure === 'word_errors' && CLIPS.find((one) => one === kind);
  if (clip) return t(`rates.clips.${clip}`);
  const lang = t(`rates.lang.${language}`);
  const known = CLASSES.find((one) => one === kind);
  return known ? t(`rates.class.${known}`, { lang }) : t('rates.class.other', { lang, class: kind });
}

/** What is counted; right answers of a class that asks in a language have to be in it. */
export function done({ class: kind, lang, measure }: ProbeQuestion): string {
  const inLang = measure === 'right' && CLASSES.some((one) => one === kind);
  return inLang ? t('rates.right.in', { lang: t(`rates.lang.${lang}`) }) : t(`rates.${measure}`);
}
