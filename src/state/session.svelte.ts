import type { History } from './history.svelte';
import { isBuiltIn } from './keys';
import type { Lab } from './lab.svelte';
import { NEURON } from './neuron.svelte';
import type { Runs } from './runs.svelte';
import { readSession, writeSession, type Saved } from './session-format';
import { formulaOf } from './snapshot';
import type { Tour } from './tour.svelte';

const KEY = 'session';
const DISMISSED = 'session.dismissed';
const SAVE_DELAY_MS = 1000;

/** What is kept between visits; `localStorage`, or anything that can be asked the same. */
export type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** The last own bench on this device, offered again on a plain visit. Storage that fails is as good as none. */
export class Session {
  /** What can be restored, null where there is nothing to offer. */
  offer = $state.raw<Saved | null>(null);
  /** Aliases of restored models whose files have to be dropped again. */
  missing = $state.raw<readonly string[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pending = false;
  readonly #lab: Lab;
  readonly #tour: Tour;
  readonly #history: History;
  readonly #runs: Runs;
  readonly #store: () => Store;

  constructor(lab: Lab, tour: Tour, history: History, runs: Runs, store: () => Store = () => localStorage) {
    this.#lab = lab;
    this.#tour = tour;
    this.#history = history;
    this.#runs = runs;
    this.#store = store;
  }

  get formula(): string {
    return this.offer ? formulaOf({ recipe: this.offer.recipe }) : '';
  }

  /** Looks for a session to offer. To be called once, before anything is saved. */
  look(): void {
    const saved = readSession(this.#get(KEY));
    if (saved && String(saved.time) !== this.#get(DISMISSED)) this.offer = saved;
  }

  dismiss(): void {
    if (this.offer) this.#set(DISMISSED, String(this.offer.time));
    this.offer = null;
  }

  /** To be called from an effect: saves what the person has made, a little later. */
  follow(): void {
    const { edited } = this.#lab;
    void this.#history.here;
    void this.#runs.list;
    if (!edited) return;
    this.#pending = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_DELAY_MS);
  }

  /** Saves at once what still waits, as when the page is left. */
  flush(): void {
    clearTimeout(this.#timer);
    if (!this.#pending || !this.#lab.edited) return;
    this.#pending = false;
    const { bench } = this.#history.here;
    const { list } = this.#runs;
    this.#set(KEY, writeSession({ bench, place: String(this.#tour.at), runs: list, time: Date.now() }));
  }

  /**
   * Puts the offered session on the bench; what it replaces can be had back by undo.
   * @param openLesson opens a lesson at a step, so that its panel and its numbers are there
   */
  async restore(openLesson: (id: string, at: number) => Promise<boolean>): Promise<void> {
    const saved = this.offer;
    if (!saved) return;
    this.offer = null;
    const lab = this.#lab;
    const history = this.#history;
    const numeric = saved.recipe.view?.panel === NEURON;
    const lesson = numeric ? NEURON : saved.lesson;
    // What was made before the restoring is one step of its own.
    history.follow();
    const opened = lesson !== null && (await openLesson(lesson, Number(saved.place) || 0));
    const { place } = history.here;
    if (numeric) lab.neuron.opened(saved.recipe);
    const { example, weights, tasks } = lab.neuron;
    const numbers = numeric ? { example, weights, tasks, ...saved.numbers, outcome: null } : null;
    const lessonOf = (of: string | null): string | null => (opened && of === lesson ? of : null);
    for (const run of saved.runs) this.#runs.enterSaved(run, lessonOf(run.lesson), place);
    const { recipe, rack } = saved;
    const bench = { recipe, lesson: lessonOf(saved.lesson), edited: true, rack, muted: {}, numbers };
    history.goTo({ bench, place });
    const sources = Object.entries(saved.recipe.models);
    this.missing = numeric ? [] : sources.filter(([, { src }]) => src.startsWith('file:')).map(([alias]) => alias);
    if (!numeric && isBuiltIn(saved.recipe.models)) void lab.run();
  }

  #get(key: string): string | null {
    // Storage may be forbidden (private windows, sandboxed frames); the lab works without it.
    try {
      return this.#store().getItem(key);
    } catch {
      return null;
    }
  }

  #set(key: string, value: string): void {
    try {
      this.#store().setItem(key, value);
    } catch {
      return;
    }
  }
}
