/** A share of words with its 95 % interval. */
export type Interval = readonly [value: number, lo: number, hi: number];

/** Word error rates measured in training, on recordings that do not ship (`npm run record` copies them from its report). */
export interface HeardTable {
  readonly lambda: number;
  /** Which words and whose voices, in the order of the rates of `rows`. */
  readonly rowSets: readonly string[];
  /** Words said in each of them. */
  readonly words: readonly number[];
  /** The built-in models and what they are compared with. */
  readonly rows: readonly { readonly id: string; readonly rates: readonly number[] }[];
  /** In the order of all other rates. */
  readonly sets: readonly string[];
  /** c + lambda*(b - a), by lambda. */
  readonly curve: readonly { readonly lambda: number; readonly rates: readonly number[] }[];
  /** c + lambda times a random vector as long as b - a. */
  readonly random: readonly number[];
  /** Trainings in all: target words, synthesisers and seeds. */
  readonly runs: number;
  /** Of all target words together, then of each choice of them: C, merged and the mean of B and C. */
  readonly folds: readonly { readonly id: string; readonly rates: readonly (readonly Interval[])[] }[];
}
