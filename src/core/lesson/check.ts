import { coverWords } from '../probe/cover';
import { rateKey, type ProbeQuestion } from '../probe/measure';
import type { Rate } from '../probe/rates';
import { counts, verdict, type Measure } from '../probe/verdict';

/** What one answer does or does not. Mistakes of words are counted over many. */
type AnswerMeasure = Exclude<Measure, 'word_errors'>;

/** A claim of a step, which a machine can check. */
export type Check =
  /** The column's answer to the question on the bench is of this kind; `expect` is the right text where it is `right`. */
  | { kind: 'answer'; column: string; class: string; measure: AnswerMeasure; expect?: string }
  /** The column's answer is none of this kind. */
  | { kind: 'answer-not'; column: string; class: string; measure: AnswerMeasure; expect?: string }
  /** Of the held-out questions at least, or at most, this share. */
  | { kind: 'rate'; column: string; question: ProbeQuestion; atLeast?: number; atMost?: number }
  /** The neuron's output is the task's target. */
  | { kind: 'task'; column: string; task: string; right: boolean };

/** What is known of the bench as it stands; null where nothing is known yet. */
export interface Evidence {
  answer(column: string): string | null;
  rate(column: string, key: string): Rate | null;
  task(column: string, task: string): boolean | null;
}

/**
 * Checks a claim against what is known.
 * @returns null while that is not known
 */
export function holds(check: Check, evidence: Evidence): boolean | null {
  switch (check.kind) {
    case 'answer':
    case 'answer-not': {
      const answer = evidence.answer(check.column);
      if (answer === null) return null;
      const given = verdict(answer, { class: check.class, expect: check.expect ?? '' }, coverWords);
      return counts(check.measure, given) === (check.kind === 'answer');
    }
    case 'rate': {
      const rate = evidence.rate(check.column, rateKey(check.question));
      if (rate === null || rate.n === 0) return null;
      const share = rate.k / rate.n;
      return share >= (check.atLeast ?? 0) && share <= (check.atMost ?? 1);
    }
    case 'task': {
      const right = evidence.task(check.column, check.task);
      return right === null ? null : right === check.right;
    }
  }
}
