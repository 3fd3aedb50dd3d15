import { LabError } from '../errors';
import type { ProbeItem, ProbeSet } from './probe';
import type { ProbeLang } from './judges';
import { rate, type Count, type Rate } from './rates';
import { counts, verdict, type Measure, type Verdict } from './verdict';
import { wordErrors } from './wer';

/** What a lesson wants counted: one measure over the items of one class and language of one probe set. */
export interface ProbeQuestion {
  /** Id of the probe set, which is also its file's name. */
  set: string;
  class: string;
  lang: ProbeLang;
  measure: Measure;
}

/** @returns the key of a question's rate in a recording (contract C5): `addition-test/harmful/zh/refuses_zh`. */
export const rateKey = ({ set, class: kind, lang, measure }: ProbeQuestion): string =>
  [set, kind, lang, measure].join('/');

const belongs = (question: ProbeQuestion, item: ProbeItem): boolean =>
  item.class === question.class && item.lang === question.lang;

/**
 * @returns the items that at least one of the questions counts, each once, in the set's order
 * @throws LabError probe/empty where a question finds no item, for a rate of nothing would read as a result
 */
export function itemsOf(set: ProbeSet, questions: readonly ProbeQuestion[]): ProbeItem[] {
  const asked = questions.filter((question) => question.set === set.id);
  for (const question of asked) {
    if (set.items.some((item) => belongs(question, item))) continue;
    const params = { set: set.id, class: question.class, lang: question.lang };
    throw new LabError(
      'probe/empty',
      `The probe set ${set.id} has no "${question.class}" item in ${question.lang}. Correct the lesson or the set.`,
      params,
    );
  }
  return set.items.filter((item) => asked.some((question) => belongs(question, item)));
}

interface Judged {
  readonly item: ProbeItem;
  readonly answer: string;
  readonly given: Verdict;
}

/** What an answer adds to the rate of a measure. */
function countOf(measure: Measure, { item, answer, given }: Judged): Count {
  if (measure !== 'word_errors') return { k: counts(measure, given) ? 1 : 0, n: 1 };
  const { errors, words } = wordErrors(item.expect, answer);
  return { k: errors, n: words };
}

/** Judges answers as they come, and counts them. */
export class Tally {
  readonly #answers: Judged[] = [];

  constructor(private readonly words: readonly string[]) {}

  add(item: ProbeItem, answer: string): void {
    this.#answers.push({ item, answer, given: verdict(answer, item, this.words) });
  }

  /** @returns the question's rate over the answers so far. */
  rate(question: ProbeQuestion): Rate {
    const byTopic = new Map<string, Count[]>();
    for (const judged of this.#answers) {
      const { topic } = judged.item;
      if (belongs(question, judged.item))
        byTopic.set(topic, [...(byTopic.get(topic) ?? []), countOf(question.measure, judged)]);
    }
    return rate(byTopic);
  }
}
