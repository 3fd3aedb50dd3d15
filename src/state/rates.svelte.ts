import type { ProbeQuestion } from '../core/probe/measure';
import type { Rate } from '../core/probe/rates';
import type { Recipe } from '../core/recipe/types';
import { weightsKey } from './keys';
import type { Lab } from './lab.svelte';
import { answersOf, loadProbes, measure, type Rates } from './measuring';

export interface KnownRate {
  source: 'recorded' | 'live' | 'stale';
  rate: Rate;
}
/** What is known of one column, by the key of the question (contract C5). */
export type KnownRates = Readonly<Record<string, KnownRate>>;
/** What is to be counted of a column. */
export interface Wanted {
  column: string;
  questions: readonly ProbeQuestion[];
}

/** Rates belong to weights, whichever column shows them: other weights have other rates. */
type ByWeights = Readonly<Record<string, Rates>>;
const merge = (known: ByWeights, weights: string, rates: Rates): ByWeights => ({
  ...known,
  [weights]: { ...known[weights], ...rates },
});

/** How often the columns of the open lesson do what it is about: as recorded, and as measured here. */
class RateBook {
  questions = $state.raw<readonly ProbeQuestion[]>([]);
  /** What is being counted: the column, and the answers of all columns together. `total` is 0 while unknown. */
  progress = $state.raw<{ column: string; done: number; total: number } | null>(null);
  #recorded = $state.raw<ByWeights>({});
  #live = $state.raw<ByWeights>({});
  /** The weights that a column last had rates of; shown as stale where those of now have none. */
  #latest = $state.raw<Readonly<Record<string, string>>>({});
  #counting: AbortController | null = null;

  /** Another bench: its questions, and nothing known of them yet. */
  open(questions: readonly ProbeQuestion[]): void {
    this.questions = questions;
    this.#recorded = {};
    this.#live = {};
    this.#latest = {};
  }

  /** What `npm run record` measured, with the recipe that it measured; each recipe adds to what others showed. */
  showRecorded(recipe: Recipe, rates: Readonly<Record<string, Rates>>): void {
    for (const [alias, of] of Object.entries(rates)) {
      const weights = weightsKey(recipe, alias);
      this.#recorded = merge(this.#recorded, weights, of);
      if (!(alias in this.#latest)) this.#latest = { ...this.#latest, [alias]: weights };
    }
  }

  /**
   * @returns what is known of a column, question by question: measured here before recorded, and what only other
   * weights are known to do as stale; null where nothing is known.
   */
  of(recipe: Recipe, alias: string): KnownRates | null {
    const weights = weightsKey(recipe, alias);
    const latest = this.#latest[alias] ?? '';
    const layers = [
      ['stale', this.#recorded[latest]],
      ['stale', this.#live[latest]],
      ['recorded', this.#recorded[weights]],
      ['live', this.#live[weights]],
    ] as const;
    const known: Record<string, KnownRate> = {};
    for (const [source, rates] of layers)
      for (const [key, rate] of Object.entries(rates ?? {})) known[key] = { source, rate };
    return Object.keys(known).length > 0 ? known : null;
  }

  /** Counts the same questions of several columns, see {@link count}. */
  measureQuestions(lab: Lab, columns: readonly string[], questions: readonly ProbeQuestion[]): Promise<void> {
    return this.count(
      lab,
      columns.map((column) => ({ column, questions })),
    );
  }

  /**
   * Counts with the page's own engine, column by column, once what runs has ended. A finished column is kept whatever
   * becomes of the next. The rates are those of the weights of now: a recipe changed meanwhile does not get them.
   */
  async count(lab: Lab, wanted: readonly Wanted[]): Promise<void> {
    this.#counting?.abort();
    const controller = new AbortController();
    this.#counting = controller;
    const { recipe } = lab;
    const { questions } = this;
    const show = (column: string, done: number, total: number): void => {
      if (this.#counting === controller) this.progress = { column, done, total };
    };
    show(wanted[0]?.column ?? '', 0, 0);
    await lab.runner.settled();
    if (!controller.signal.aborted)
      await lab.runner.job('run', false, async (runtime, signal) => {
        controller.signal.addEventListener('abort', () => signal.aborted || lab.cancel());
        const asked = wanted.flatMap((one) => one.questions);
        const sets = await loadProbes(asked, signal);
        const total = wanted.reduce((sum, one) => sum + answersOf(one.questions, sets), 0);
        let before = 0;
        for (const one of wanted) {
          const rates = await measure(
            runtime,
            recipe,
            one.column,
            one.questions,
            sets,
            (done) => show(one.column, before + done, total),
            (column, progress) => {
              // Answers are counted above; the status line names the stage, without a count of each answer's tokens.
              const { stage, unit } = progress;
              if (signal.aborted || (stage === 'generate' && lab.runner.progress?.stage === stage)) return;
              lab.runner.onProgress(stage === 'generate' ? { stage, unit, done: 0, total: 0 } : progress, column);
            },
            signal,
          );
          before += answersOf(one.questions, sets);
          if (signal.aborted || this.questions !== questions) return;
          const weights = weightsKey(recipe, one.column);
          this.#live = merge(this.#live, weights, rates);
          this.#latest = { ...this.#latest, [one.column]: weights };
        }
      });
    if (this.#counting !== controller) return;
    this.#counting = null;
    this.progress = null;
  }

  /** Stops counting, or waiting for it; a run that it waits for goes on. */
  cancel(): void {
    this.#counting?.abort();
    this.#counting = null;
    this.progress = null;
  }
}

export const rateBook = new RateBook();
