import { parseRecipe } from '../core/recipe/validate';
import type { View } from './address';
import type { History } from './history.svelte';
import type { Run, Runs } from './runs.svelte';
import type { Store } from './session.svelte';
import { isText, isTime, listOf, readNumbers, readSession, writeSession } from './session-format';
import type { Progress, Tour } from './tour.svelte';

const KEY = 'tab';
type ByLesson = Readonly<Record<string, Progress>>;

/**
 * What was tried, guessed and seen, from one page of this tab to the next: the way to the projector is a page of its own.
 * Guesses and ticks are kept for each view by itself: a class is not shown what its lecturer guessed before.
 */
export class TabMemory {
  #progress: Readonly<Record<string, ByLesson>> = {};
  readonly #tour: Tour;
  readonly #history: History;
  readonly #runs: Runs;
  readonly #store: () => Store;

  constructor(tour: Tour, history: History, runs: Runs, store: () => Store = () => sessionStorage) {
    this.#tour = tour;
    this.#history = history;
    this.#runs = runs;
    this.#store = store;
  }

  /** Before the first lesson opens. */
  take(view: View): void {
    let text: string | null;
    try {
      // Storage may be forbidden; the lab works without it.
      text = this.#store().getItem(KEY);
    } catch {
      return;
    }
    const kept = read(text);
    if (!kept) return;
    this.#progress = kept.progress;
    this.#tour.resume(kept.progress[view] ?? {});
    for (const run of readSession(kept.session)?.runs ?? []) this.#runs.enterSaved(run, run.lesson, null);
    for (const run of kept.numeric) this.#runs.enter(run);
    for (const run of this.#runs.list) if (kept.pins.includes(run.key)) this.#runs.pin(run);
  }

  /** When the page is left. */
  keep(view: View): void {
    const { list: runs, pins } = this.#runs;
    const { bench } = this.#history.here;
    const session = writeSession({ bench, place: String(this.#tour.at), runs, time: Date.now() });
    const progress = { ...this.#progress, [view]: this.#tour.progress };
    // A session holds answers in words; what was tried with typed numbers is small. Its outcome is computed again.
    const numeric = runs.flatMap((run) =>
      run.bench.numbers
        ? [{ ...run, place: null, bench: { ...run.bench, numbers: { ...run.bench.numbers, outcome: null } } }]
        : [],
    );
    try {
      this.#store().setItem(KEY, JSON.stringify({ session, numeric, progress, pins: pins.map(({ key }) => key) }));
    } catch {
      return;
    }
  }
}

interface Kept {
  session: string;
  numeric: readonly Run[];
  progress: Record<string, ByLesson>;
  pins: readonly string[];
}
type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** @returns null for anything that `keep` did not write: it is storage, which anybody on this device may have changed. */
function read(text: string | null): Kept | null {
  try {
    const json: unknown = JSON.parse(text ?? 'null');
    if (!isObject(json) || typeof json.session !== 'string' || !isObject(json.progress)) return null;
    const progress: Record<string, ByLesson> = {};
    for (const [view, lessons] of Object.entries(json.progress))
      progress[view] = Object.fromEntries(Object.entries(isObject(lessons) ? lessons : {}).map(readProgress));
    return {
      session: json.session,
      numeric: listOf(json.numeric).filter(isNumericRun),
      progress,
      pins: listOf(json.pins).filter(isText),
    };
  } catch {
    return null;
  }
}

function isNumericRun(value: unknown): value is Run {
  if (!isObject(value) || !isObject(value.bench) || !isObject(value.bench.numbers)) return false;
  const { bench, key, formula, prompt, answer } = value;
  const { numbers } = bench as { numbers: Json };
  parseRecipe(bench.recipe);
  const hasTexts = [key, formula, prompt, answer].every(isText) && isTime(value.time);
  return hasTexts && readNumbers(numbers) !== null && isObject(numbers.example);
}

function readProgress([id, value]: [string, unknown]): [string, Progress] {
  const { guesses, seen } = isObject(value) ? value : {};
  const given = Object.entries(isObject(guesses) ? guesses : {});
  return [
    id,
    {
      guesses: Object.fromEntries(given.filter((guess): guess is [string, string] => isText(guess[1]))),
      seen: listOf(seen).filter((at): at is number => Number.isInteger(at)),
    },
  ];
}
