import { untrack } from 'svelte';
import type { Lesson } from '../core/lesson/types';
import type { Lab } from './lab.svelte';
import { rateBook } from './rates.svelte';
import { benchOf, changeBetween, restore, type Bench, type Change } from './snapshot';
import type { Tour } from './tour.svelte';

/** How many steps can be taken back. */
export const HISTORY_LIMIT = 200;
/** Changes of the same thing that follow each other faster than this are one step. */
const PAUSE_MS = 1000;
/** The same after the pointer was let go: time for the second click of a double-click. */
const CLICK_MS = 400;

/** Where a lesson stood, so that its panel follows the bench. */
type Place = Pick<Tour, 'lesson' | 'script' | 'at' | 'left'>;
export interface Entry {
  readonly bench: Bench;
  readonly place: Place | null;
}
/** A bench to go to, and the change that lies between it and the one beside it. */
interface Step extends Entry {
  readonly change: Change;
}

/**
 * Undo and redo of every change of the bench. It watches rather than being told, so that no way of changing the recipe can
 * forget it: `follow` in an effect sees what one event did as one change.
 */
export class History {
  /** A pointer is down: what it drags is one step, however long it takes. */
  held = $state(false);
  #past = $state.raw<readonly Step[]>([]);
  #future = $state.raw<readonly Step[]>([]);
  #present: Entry | null = null;
  /** Another lesson has come back: what was recorded of it can be fetched. */
  reopened: (lesson: Lesson) => void = () => undefined;
  /** What is being changed, and until when a further change of it belongs to the same step. */
  #gesture = '';
  #until = 0;
  readonly #lab: Lab;
  readonly #tour: Tour | null;

  constructor(lab: Lab, tour: Tour | null = null) {
    this.#lab = lab;
    this.#tour = tour;
  }

  /** What undo would take back; null where there is nothing. */
  get undoable(): Change | null {
    return this.#past.at(-1)?.change ?? null;
  }

  get redoable(): Change | null {
    return this.#future.at(-1)?.change ?? null;
  }

  get depth(): number {
    return this.#past.length;
  }

  /** To be called from an effect: enters what has changed. @param now in ms, of any clock that only goes forward */
  follow(now = performance.now()): void {
    const { here } = this;
    const typing = this.#lab.draft !== null;
    untrack(() => this.#enter(here, typing, now));
  }

  hold(now = performance.now()): void {
    if (now > this.#until) this.#gesture = '';
    this.held = true;
  }

  letGo(now = performance.now()): void {
    this.held = false;
    this.#until = now + CLICK_MS;
  }

  undo(): boolean {
    this.follow();
    const step = this.#past.at(-1);
    if (!step || !this.#present) return false;
    this.#future = [...this.#future, { ...this.#present, change: step.change }];
    this.#past = this.#past.slice(0, -1);
    this.#go(step);
    return true;
  }

  redo(): boolean {
    this.follow();
    const step = this.#future.at(-1);
    if (!step || !this.#present) return false;
    this.#past = [...this.#past, { ...this.#present, change: step.change }];
    this.#future = this.#future.slice(0, -1);
    this.#go(step);
    return true;
  }

  #enter(here: Entry, typing: boolean, now: number): void {
    const before = this.#present;
    this.#present = here;
    if (!typing && this.#gesture === 'formula') this.#gesture = '';
    const change = before && changeBetween(before.bench, here.bench);
    if (!before || !change) return;
    // A link that arrives at the untouched first lesson takes nothing away from anybody.
    if (change.kind === 'open' && here.bench.lesson === null && !before.bench.edited && this.#past.length === 0) return;
    const gesture = typing ? 'formula' : `${change.kind} ${change.alias ?? ''}`;
    const goesOn = gesture === this.#gesture && (typing || this.held || now <= this.#until) && change.kind !== 'open';
    this.#gesture = gesture;
    this.#until = now + PAUSE_MS;
    const last = this.#past.at(-1);
    // Also what a refusal gave back: a change that was taken back by itself was none.
    const returned = last && changeBetween(last.bench, here.bench) === null;
    if (returned && (goesOn || last.bench.recipe === here.bench.recipe)) {
      this.#past = this.#past.slice(0, -1);
      this.#gesture = '';
      return;
    }
    this.#future = [];
    if (goesOn && last) {
      const whole = changeBetween(last.bench, here.bench) ?? change;
      this.#past = [...this.#past.slice(0, -1), { ...last, change: whole }];
    } else this.#past = [...this.#past, { ...before, change }].slice(-HISTORY_LIMIT);
  }

  /** The bench of now, with its place in a lesson. */
  get here(): Entry {
    return { bench: benchOf(this.#lab), place: this.#place() };
  }

  #place(): Place | null {
    if (!this.#tour) return null;
    const { lesson, script, at, left } = this.#tour;
    return { lesson, script, at, left };
  }

  /** Goes to a bench that is no neighbour, such as a run of before; as any change it can be undone. */
  goTo(entry: Entry): void {
    this.follow();
    const change = this.#present && changeBetween(this.#present.bench, entry.bench);
    if (this.#present && change) {
      this.#past = [...this.#past, { ...this.#present, change }].slice(-HISTORY_LIMIT);
      this.#future = [];
    }
    this.#go(entry);
  }

  #go({ bench, place }: Entry): void {
    this.#present = { bench, place };
    this.#gesture = '';
    const other = this.#tour && place && place.lesson !== this.#tour.lesson ? place.lesson : null;
    if (other) rateBook.open(other.probes ?? []);
    if (this.#tour && place) Object.assign(this.#tour, place);
    restore(this.#lab, bench);
    if (other) this.reopened(other);
  }
}
