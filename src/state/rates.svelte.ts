import type { ProbeQuestion } from '../core/probe/measure';
import type { Rate } from '../core/probe/rates';
import { mergeToFormula } from '../core/recipe/formula-merge';
import type { Recipe } from '../core/recipe/types';
import { MERGED, weightsKey } from './keys';
import type { Lab } from './lab.svelte';
import { givingWay } from './giving-way';
import type { ColumnCount, Rates } from './measuring';

export interface KnownRate {
  source: 'recorded' | 'live' | 'stale';
  rate: Rate;
  /** Of a rate that was counted here: whether the same was recorded; null where nothing was. */
  same?: boolean | null;
}
/** What is known of one column, by the key of the question (contract C5). */
export type KnownRates = Readonly<Record<string, KnownRate>>;
/** What is to be counted of a column. */
export interface Wanted {
  column: string;
  questions: readonly ProbeQuestion[];
}
interface Counting {
  column: string;
  /** Answers of all columns together; `total` is 0 while unknown. */
  done: number;
  total: number;
  /** How long it will take from now; null until some answers have been timed. */
  leftMs: number | null;
}
/** How counting ended: `answers` were counted, and of `figures` that had been recorded `same` came out alike. */
export interface Counted {
  stopped: boolean;
  answers: number;
  figures: number;
  same: number;
}

/** Answers after which the pace is told. The first of a column wait for its model, and are no measure. */
const TIMED = 10;

/** Rates belong to weights, whichever column shows them: other weights have other rates. */
type ByWeights = Readonly<Record<string, Rates>>;
const merge = (known: ByWeights, weights: string, rates: Rates): ByWeights => ({
  ...known,
  [weights]: { ...known[weights], ...rates },
});

const isSame = (a: Rate, b: Rate): boolean => a.k === b.k && a.n === b.n;

/** How often the columns of the open lesson do what it is about: as recorded, and as measured here. */
class RateBook {
  questions = $state.raw<readonly ProbeQuestion[]>([]);
  progress = $state.raw<Counting | null>(null);
  /** What came of the last counting; null before, and while it goes on. */
  outcome = $state.raw<Counted | null>(null);
  #recorded = $state.raw<ByWeights>({});
  #live = $state.raw<ByWeights>({});
  /** The weights that a column last had rates of; shown as stale where those of now have none. */
  #latest = $state.raw<Readonly<Record<string, string>>>({});
  /** What weights are called. */
  #names = $state.raw<Readonly<Record<string, string>>>({});
  /** Milliseconds an answer takes on this machine. */
  #pace = $state<number | null>(null);
  #counting: AbortController | null = null;
  #tally = { answers: 0, figures: 0, same: 0 };

  /** Another bench: its questions, and nothing known of them yet. */
  open(questions: readonly ProbeQuestion[]): void {
    this.questions = questions;
    this.#recorded = {};
    this.#live = {};
    this.#latest = {};
    this.#names = {};
    this.outcome = null;
  }

  /** What `npm run record` measured, with the recipe that it measured; each recipe adds to what others showed. */
  showRecorded(recipe: Recipe, rates: Readonly<Record<string, Rates>>): void {
    for (const [alias, of] of Object.entries(rates)) {
      const weights = weightsKey(recipe, alias);
      this.#recorded = merge(this.#recorded, weights, of);
      this.#name(recipe, alias);
      if (!(alias in this.#latest)) this.#latest = { ...this.#latest, [alias]: weights };
    }
  }

  #name(recipe: Recipe, alias: string): void {
    const name = alias === MERGED ? mergeToFormula(recipe.merge).text : (recipe.models[alias]?.src ?? '');
    this.#names = { ...this.#names, [weightsKey(recipe, alias)]: name };
  }

  /**
   * @returns what is known of a column, question by question: measured here before recorded, and what only other
   * weights are known to do as stale; null where nothing is known.
   */
  of(recipe: Recipe, alias: string): KnownRates | null {
    const weights = weightsKey(recipe, alias);
    const latest = this.#latest[alias] ?? '';
    const recorded = this.#recorded[weights] ?? {};
    const known: Record<string, KnownRate> = {};
    for (const rates of [this.#recorded[latest], this.#live[latest]])
      for (const [key, rate] of Object.entries(rates ?? {})) known[key] = { source: 'stale', rate };
    for (const [key, rate] of Object.entries(recorded)) known[key] = { source: 'recorded', rate };
    for (const [key, rate] of Object.entries(this.#live[weights] ?? {})) {
      const before = recorded[key];
      known[key] = { source: 'live', rate, same: before ? isSame(before, rate) : null };
    }
    return Object.keys(known).length > 0 ? known : null;
  }

  /** @returns what the weights of a column's stale rates are called. */
  staleName(alias: string): string {
    return this.#names[this.#latest[alias] ?? ''] ?? '';
  }

  /**
   * What counting would take, as far as it is known beforehand.
   * @returns the answers, null where no such question has been counted yet; and the time, null before anything was timed
   */
  estimate(wanted: readonly Wanted[]): { answers: number | null; ms: number | null } {
    const sizes = new Map<string, number>();
    for (const rates of [...Object.values(this.#recorded), ...Object.values(this.#live)])
      for (const [key, { n }] of Object.entries(rates))
        // Mistakes are counted in words, of which a clip has several.
        if (!key.endsWith('/word_errors')) sizes.set(groupOf(key), n);
    let answers = 0;
    for (const { questions } of wanted) {
      const groups = new Set(questions.map(({ set, class: kind, lang }) => groupOf([set, kind, lang].join('/'))));
      for (const group of groups) {
        const size = sizes.get(group);
        if (size === undefined) return { answers: null, ms: null };
        answers += size;
      }
    }
    return { answers, ms: this.#pace === null ? null : answers * this.#pace };
  }

  /** Counts the same questions of several columns, see {@link count}. */
  measureQuestions(lab: Lab, columns: readonly string[], questions: readonly ProbeQuestion[]): Promise<void> {
    return this.count(
      lab,
      columns.map((column) => ({ column, questions })),
    );
  }

  /**
   * Counts with the page's own engine, column by column, once what runs has ended. Whatever else is to run meanwhile goes
   * first, and counting goes on afterwards. A finished column is kept whatever becomes of the next. The rates are those of
   * the weights it began with: a recipe changed meanwhile does not get them.
   */
  async count(lab: Lab, wanted: readonly Wanted[]): Promise<void> {
    this.#counting?.abort();
    const controller = new AbortController();
    this.#counting = controller;
    const { recipe, lesson } = lab;
    const { questions } = this;
    this.outcome = null;
    this.progress = { column: wanted[0]?.column ?? '', done: 0, total: 0, leftMs: null };
    let counts: ColumnCount[] | null = null;
    this.#tally = { answers: 0, figures: 0, same: 0 };
    const work = async (runtime: Parameters<ColumnCount['go']>[0], signal: AbortSignal): Promise<void> => {
      if (!counts) {
        // What counts is fetched by the first who counts.
        const { ColumnCount, loadProbes } = await import('./measuring');
        const sets = await loadProbes(
          wanted.flatMap((one) => one.questions),
          signal,
        );
        counts = wanted.map((one) => new ColumnCount(one.questions, sets));
      }
      const total = counts.reduce((sum, one) => sum + one.total, 0);
      for (const [i, one] of wanted.entries()) {
        const count = counts[i]!;
        const before = counts.slice(0, i).reduce((sum, { total: of }) => sum + of, 0);
        if (count.done === count.total) continue;
        const clock = { from: count.done, at: performance.now() };
        const rates = await count.go(
          runtime,
          recipe,
          one.column,
          (done) => {
            if (lab.lesson !== lesson || this.questions !== questions) return controller.abort();
            if (done === clock.from + 1) clock.at = performance.now();
            if (done > clock.from + TIMED) this.#pace = (performance.now() - clock.at) / (done - clock.from - 1);
            const left = total - before - done;
            const leftMs = this.#pace === null ? null : left * this.#pace;
            if (this.#counting === controller)
              this.progress = { column: one.column, done: before + done, total, leftMs };
          },
          (column, progress) => {
            // Answers are counted above; the status line names the stage, without a count of each answer's tokens.
            const { stage, unit } = progress;
            if (signal.aborted || (stage === 'generate' && lab.runner.progress?.stage === stage)) return;
            lab.runner.onProgress(stage === 'generate' ? { stage, unit, done: 0, total: 0 } : progress, column);
          },
          signal,
        );
        if (signal.aborted) break;
        this.#keep(recipe, one.column, rates);
        this.#tally.answers += count.total;
      }
    };
    const complete = await givingWay(lab, work, controller.signal);
    if (this.#counting !== controller) return;
    const asked = this.questions === questions && lab.lesson === lesson;
    this.#end(asked ? { ...this.#tally, stopped: !complete } : null);
  }

  #keep(recipe: Recipe, column: string, rates: Rates): void {
    const weights = weightsKey(recipe, column);
    this.#live = merge(this.#live, weights, rates);
    this.#latest = { ...this.#latest, [column]: weights };
    this.#name(recipe, column);
    for (const [key, rate] of Object.entries(rates)) {
      const recorded = this.#recorded[weights]?.[key];
      if (!recorded) continue;
      this.#tally.figures++;
      if (isSame(recorded, rate)) this.#tally.same++;
    }
  }

  #end(outcome: Counted | null): void {
    this.#counting = null;
    this.progress = null;
    this.outcome = outcome;
  }

  /** Stops counting, or waiting for it; a run that it waits for goes on. */
  cancel(): void {
    this.#counting?.abort();
    if (this.#counting) this.#end({ ...this.#tally, stopped: true });
  }
}

/** The part of a question's key that says which items it asks. */
const groupOf = (key: string): string => key.split('/').slice(0, 3).join('/');

export const rateBook = new RateBook();
