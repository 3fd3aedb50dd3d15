import type { ProbeQuestion } from '../core/probe/measure';
import type { Recipe } from '../core/recipe/types';
import { MERGED, weightsKey } from './keys';
import type { Lab } from './lab.svelte';
import { loadProbes, measure, type Rates } from './measuring';

interface Measured {
  /** What the model of the column was; other weights have other rates. */
  weights: string;
  rates: Rates;
}
type ByColumn = Readonly<Record<string, Measured>>;

/** How often the columns of the open lesson do what it is about: as recorded, and as measured here. */
class RateBook {
  questions = $state.raw<readonly ProbeQuestion[]>([]);
  progress = $state.raw<{ done: number; total: number } | null>(null);
  #recorded = $state.raw<ByColumn>({});
  #live = $state.raw<ByColumn>({});

  /** Another bench: its questions, and nothing known of them yet. */
  open(questions: readonly ProbeQuestion[]): void {
    this.questions = questions;
    this.#recorded = {};
    this.#live = {};
  }

  /** What `npm run record` measured, with the recipe that it measured. */
  showRecorded(recipe: Recipe, rates: Readonly<Record<string, Rates>>): void {
    this.#recorded = Object.fromEntries(
      Object.entries(rates).map(([alias, of]) => [alias, { weights: weightsKey(recipe, alias), rates: of }]),
    );
  }

  /** @returns the rates of a column, those of its present weights where there are any; null where nothing was measured. */
  of(recipe: Recipe, alias: string): { source: 'recorded' | 'live' | 'stale'; rates: Rates } | null {
    const weights = weightsKey(recipe, alias);
    const live = this.#live[alias];
    const recorded = this.#recorded[alias];
    if (live?.weights === weights) return { source: 'live', rates: live.rates };
    if (recorded?.weights === weights) return { source: 'recorded', rates: recorded.rates };
    const old = live ?? recorded;
    return old ? { source: 'stale', rates: old.rates } : null;
  }

  /** Measures the merge of now with the page's own engine. A change of the recipe while it runs makes the result stale. */
  async measure(lab: Lab): Promise<void> {
    const { recipe } = lab;
    const { questions } = this;
    const rates = await lab.runner.job('run', false, async (runtime, signal) => {
      const count = (done: number, total: number): void => {
        if (!signal.aborted) this.progress = { done, total };
      };
      count(0, 0);
      const sets = await loadProbes(questions, signal);
      return measure(
        runtime,
        recipe,
        MERGED,
        questions,
        sets,
        count,
        (column, progress) => {
          // Answers are counted above; the status line names the stage, without a count of each answer's tokens.
          const { stage, unit } = progress;
          if (signal.aborted || (stage === 'generate' && lab.runner.progress?.stage === stage)) return;
          lab.runner.onProgress(stage === 'generate' ? { stage, unit, done: 0, total: 0 } : progress, column);
        },
        signal,
      );
    });
    this.progress = null;
    if (rates && this.questions === questions)
      this.#live = { ...this.#live, [MERGED]: { weights: weightsKey(recipe, MERGED), rates } };
  }
}

export const rateBook = new RateBook();
