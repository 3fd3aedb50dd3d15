import type { Rate } from '../probe/rates';

/** Judges that the lesson's models are compared with, as training measured them (`npm run record` copies it from its report). */
export interface ControlTable {
  /** Trainings from another start each, the shipped one first. */
  seeds: readonly number[];
  /** Pairs of each class. */
  n: number;
  /** The same where the trainings are compared. */
  seedPairs: number;
  /** What merging brought in the first class over another judge, in points: one difference a training. */
  gains: readonly { over: string; values: readonly { points: number; lo: number; hi: number }[] }[];
  /** What parts the replies; `own`: of texts, which the text judge learned. */
  classes: readonly string[];
  /** @prop rates of the shipped training, one a class; @prop seeds the share of the first class, one a training */
  rows: readonly { id: string; rates: readonly (Rate | null)[]; seeds: readonly (number | null)[] }[];
  /** Shares of the first class by what is asked about, for the rows named `topicColumns`. */
  topicColumns: readonly string[];
  topics: readonly { topic: string; n: number; shares: readonly number[] }[];
}
