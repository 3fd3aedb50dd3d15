import { untrack } from 'svelte';
import { answers } from './answers';
import type { Entry, History } from './history.svelte';
import { columnKey, MERGED, sameModels } from './keys';
import type { Lab } from './lab.svelte';
import { results, type ColumnResult } from './results.svelte';
import type { SavedRun } from './session-format';
import { formulaOf, runKey } from './snapshot';

/** How many runs are kept; the oldest go first. */
export const RUNS_LIMIT = 50;
export const PINS_LIMIT = 2;
/** A slider that rests this long has arrived; what it passed through is no run of its own. */
const SETTLE_MS = 500;
/** The same for what is typed: a formula or number on the way to another one is no run of its own. */
const TYPED_MS = 2000;

/** A finished live run, with all it takes to come back to it. */
export interface Run extends Entry {
  readonly id: number;
  /** What its merged answer depends on: the same configuration is the same run. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly formula: string;
  readonly prompt: string;
  /** What the merged model answered; numbers for a model that gives numbers. */
  readonly answer: string;
  /** By alias, with the merged model as `merged`. */
  readonly columns: Readonly<Record<string, ColumnResult>>;
}

/** The runs of this page, and the one or two of them that are kept beside the live answers. */
export class Runs {
  list = $state.raw<readonly Run[]>([]);
  pins = $state.raw<readonly Run[]>([]);
  #next = 1;
  #seen = 0;
  /** The job under way was asked for, rather than following a slider. */
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #lab: Lab;
  readonly #history: History;

  constructor(lab: Lab, history: History) {
    this.#lab = lab;
    this.#history = history;
  }

  /** The runs with the models of the bench; those with others come back with theirs. */
  get shown(): readonly Run[] {
    const { numeric, recipe } = this.#lab;
    const isHere = ({ bench }: Run): boolean => sameModels(bench.recipe, recipe);
    // Typed numbers are models of their own at every change.
    return this.list.filter((run) =>
      numeric ? run.bench.numbers !== null : run.bench.numbers === null && isHere(run),
    );
  }

  /** The run whose configuration is on the bench, null where it has not been run. */
  get current(): Run | null {
    const key = runKey(this.#history.here.bench);
    return this.list.find((run) => run.key === key) ?? null;
  }

  /** To be called from an effect: what was answered is remembered. */
  keepAnswers(): void {
    answers.keep(Object.values(results.columns));
  }

  /** To be called from an effect: enters a run that has finished, once the bench rests. */
  follow(): void {
    const { finished, busy, quiet } = this.#lab.runner;
    const { held } = this.#history;
    const { draft, problem } = this.#lab;
    const typing = draft !== null || this.#lab.typing;
    void this.#lab.recipe;
    untrack(() => {
      clearTimeout(this.#timer);
      if (busy) {
        this.#asked = !quiet;
        return;
      }
      // The count rises a moment after the job has ended.
      if (finished === this.#seen) return;
      // Numbers are put on the bench after their run has been counted.
      if (typing) {
        if (problem === null) this.#timer = setTimeout(() => this.add(), TYPED_MS);
      } else if (this.#asked && !this.#lab.numeric) this.add();
      else if (!held) this.#timer = setTimeout(() => this.add(), SETTLE_MS);
    });
  }

  /** Enters the bench as a run, if what it shows was computed here. The same configuration again only renews its run. */
  add(): void {
    const lab = this.#lab;
    this.#seen = lab.runner.finished;
    const made = this.#here();
    if (!made || !(lab.numeric ? lab.neuron.live : lab.source(MERGED) === 'live')) return;
    this.enter(made);
  }

  /** Enters a run that is known already: one of before, or of the last session. */
  enter(made: Omit<Run, 'id'>): void {
    const old = this.list.find(({ key }) => key === made.key);
    const run: Run = { ...made, id: old?.id ?? this.#next++ };
    this.list = old ? this.list.map((other) => (other === old ? run : other)) : [...this.list, run].slice(-RUNS_LIMIT);
  }

  /** Enters a run of another page: its answers are known, and were not computed by this one. */
  enterSaved({ recipe, rack, time, columns }: SavedRun, lesson: string | null, place: Run['place']): void {
    answers.keep(Object.values(columns));
    this.enter({
      bench: { recipe, lesson, edited: true, rack, muted: {}, numbers: null },
      place,
      key: columnKey(recipe, MERGED),
      time,
      formula: formulaOf({ recipe }),
      prompt: recipe.run?.prompts?.[0] ?? '',
      answer: columns[MERGED]?.text ?? '',
      columns,
    });
  }

  /** Goes back to a run: its bench, with its answers at once. */
  goTo(run: Run): void {
    answers.keep(Object.values(run.columns));
    this.#history.goTo(run);
  }

  /** Forgets what is shown; the runs of other benches stay theirs. */
  clear(): void {
    const { shown } = this;
    this.list = this.list.filter((run) => !shown.includes(run));
  }

  /** The merged answer of now can be kept beside the next ones. */
  get pinnable(): boolean {
    return this.pins.length < PINS_LIMIT && !this.#lab.numeric && this.#lab.source(MERGED) !== 'stale';
  }

  isPinned(key: string): boolean {
    return this.pins.some((pin) => pin.key === key);
  }

  /** @param run a run of before; without one the merged answer of now */
  pin(run?: Run): void {
    const made = run ?? this.#here();
    if (!made || this.pins.length >= PINS_LIMIT || this.isPinned(made.key)) return;
    this.pins = [...this.pins, { ...made, id: this.#next++ }];
  }

  unpin(key: string): void {
    this.pins = this.pins.filter((pin) => pin.key !== key);
  }

  #here(): Omit<Run, 'id'> | null {
    const lab = this.#lab;
    const { here } = this.#history;
    const shown = lab.columns.flatMap((alias) => {
      const column = results.columns[alias];
      return column?.phase === 'done' && column.key === columnKey(lab.recipe, alias) ? [[alias, column] as const] : [];
    });
    const columns = Object.fromEntries(shown);
    const merged = columns[MERGED];
    if (!lab.numeric && !merged) return null;
    return {
      ...here,
      key: runKey(here.bench),
      time: Date.now(),
      formula: formulaOf(here.bench),
      prompt: lab.prompt,
      answer: merged?.text ?? (lab.neuron.outcome?.readings[MERGED]?.outputs ?? []).map((y) => y.toFixed(2)).join(', '),
      columns,
    };
  }
}
