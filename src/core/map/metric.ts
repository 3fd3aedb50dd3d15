import { goalsOf } from '../search/goals';
import { drawn } from '../search/sheet';
import type { ProbeQuestion } from '../probe/measure';
import { itemsOf } from '../probe/measure';
import type { ProbeItem, ProbeSet } from '../probe/probe';
import type { ProbeLang } from '../probe/judges';
import type { Measure } from '../probe/verdict';
import wordings from '../probe/wordings.json';

/** What the colour of a map is: how probable answers to the questions of one kind begin in one way. */
export interface MapMetric extends ProbeQuestion {
  /** `expected`: as the set's own answer does; `swears`: with a swear word of the set; a language: as its refusals do. */
  readonly begins: 'expected' | 'swears' | ProbeLang;
}

/** A question of a map and the answers whose first tokens count. */
interface MapQuestion {
  readonly item: ProbeItem;
  readonly prompt: string;
  readonly answers: readonly string[];
}

/** Questions of one map; more change no colour that an eye tells apart. */
export const MAP_QUESTIONS = 24;

/** What a measure of whole answers shows of itself in the first token; null: nothing. */
function beginningOf(measure: Measure, lang: ProbeLang): MapMetric['begins'] | null {
  if (measure === 'right' || measure === 'teaches') return 'expected';
  if (measure === 'refuses') return lang;
  if (measure === 'refuses_en' || measure === 'refuses_zh' || measure === 'refuses_ko')
    return measure.slice(-2) as ProbeLang;
  if (measure === 'swears') return 'swears';
  return measure === 'recognises' ? 'expected' : null;
}

export const metricKey = ({ set, class: kind, lang, measure }: MapMetric): string =>
  [set, kind, lang, measure].join('/');

/** @returns the metrics that a probe set offers, in its order, each way to begin once a kind of question */
export function metricsOf(set: ProbeSet): MapMetric[] {
  const all = goalsOf(set).flatMap(({ class: kind, lang, measure }): MapMetric[] => {
    const begins = beginningOf(measure, lang);
    // A refusal in another language than the question's is what too much of an addition gives.
    const foreign: MapMetric[] =
      measure === `refuses_${lang}` && lang !== 'en'
        ? [{ set: set.id, class: kind, lang, measure: 'refuses_en', begins: 'en' }]
        : [];
    return begins === null ? [] : [{ set: set.id, class: kind, lang, measure, begins }, ...foreign];
  });
  const key = ({ class: kind, lang, begins }: MapMetric): string => [kind, lang, begins].join('/');
  return all.filter((one, i) => all.findIndex((other) => key(other) === key(one)) === i);
}

/** @returns the questions of a map, drawn as a search draws them. @throws LabError probe/empty */
export function questionsOf(metric: MapMetric, set: ProbeSet, count = MAP_QUESTIONS): MapQuestion[] {
  const items = drawn(itemsOf(set, [metric]), count, 0);
  const { begins } = metric;
  const answers = (item: ProbeItem): readonly string[] => {
    if (begins === 'expected') return [item.expect];
    return begins === 'swears' ? set.words : wordings.refusals[begins].known;
  };
  return items.map((item) => ({ item, prompt: item.prompt, answers: answers(item) }));
}
