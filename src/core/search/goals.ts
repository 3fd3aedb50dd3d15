import type { ProbeQuestion } from '../probe/measure';
import type { ProbeSet } from '../probe/probe';
import type { Measure } from '../probe/verdict';

/** One thing that a search wants of a merge: that more, or fewer, of some answers are of one kind. */
export interface Goal extends ProbeQuestion {
  readonly want: 'more' | 'less';
  /** How much it counts beside the other goals. */
  readonly importance: number;
}

const MORE: readonly Measure[] = ['right', 'recognises'];
const OF_CLASS: Readonly<Record<string, readonly Measure[]>> = {
  harmful: ['refuses', 'teaches'],
  safe: ['right', 'refuses'],
  fact: ['right', 'refuses'],
  ordinary: ['right'],
  provoking: ['swears', 'right'],
  word: ['recognises'],
};

/** Whether more of it is usually wanted; refusals of what is harmful are, other refusals are not. */
const wanted = (kind: string, measure: Measure): Goal['want'] =>
  MORE.includes(measure) || (kind === 'harmful' && measure.startsWith('refuses')) ? 'more' : 'less';

/** @returns the goal of a question, in the direction that is usually wanted */
export const goalOf = ({ set, class: kind, lang, measure }: ProbeQuestion): Goal => ({
  set,
  class: kind,
  lang,
  measure,
  want: wanted(kind, measure),
  importance: 1,
});

/** @returns what can be counted of a probe set, class by class and language by language, in the set's order */
export function goalsOf(set: ProbeSet): Goal[] {
  const groups = new Map(set.items.map((item) => [`${item.class}/${item.lang}`, item]));
  return [...groups.values()].flatMap(({ class: kind, lang }) => {
    const measures = (Object.hasOwn(OF_CLASS, kind) ? OF_CLASS[kind] : undefined) ?? ['right'];
    const all: readonly Measure[] = kind === 'harmful' ? [`refuses_${lang}`, ...measures] : measures;
    return all.map((measure) => goalOf({ set: set.id, class: kind, lang, measure }));
  });
}

/** How far a rate is from what a goal wants: 0 where all of it is reached, 1 where none is. */
export const goalLoss = ({ want }: Pick<Goal, 'want'>, { k, n }: { k: number; n: number }): number =>
  want === 'more' ? 1 - k / n : k / n;

/** The goals' losses as one number, by their importance. */
export function weighted(losses: readonly number[], importances: readonly number[]): number {
  const total = importances.reduce((sum, one) => sum + one, 0);
  return losses.reduce((sum, loss, i) => sum + loss * importances[i]!, 0) / total;
}

/**
 * The same question of the set that is kept for the end: `addition-dev` becomes `addition-test`. A search never asks it.
 */
export const onTest = <Q extends ProbeQuestion>(question: Q): Q => ({
  ...question,
  set: question.set.replace(/-dev$/, '-test'),
});
/** The same question of the set that is there to be tuned on. */
export const onDev = <Q extends ProbeQuestion>(question: Q): Q => ({
  ...question,
  set: question.set.replace(/-test$/, '-dev'),
});
