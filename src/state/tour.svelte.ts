import { untrack } from 'svelte';
import { holds, type Check, type Evidence } from '../core/lesson/check';
import { benchAt } from '../core/lesson/play';
import type { Script, StepScript } from '../core/lesson/script';
import type { Lesson, LessonLanguage, Step } from '../core/lesson/types';
import { rateKey } from '../core/probe/measure';
import type { Recipe } from '../core/recipe/types';
import { MERGED, mergeKey } from './keys';
import type { Lab } from './lab.svelte';
import { rateBook } from './rates.svelte';
import { recordings } from './recorded';
import { results } from './results.svelte';

/** `open`: not known yet, or the bench is not where the claim is about. */
export type CheckState = 'open' | 'holds' | 'fails';
export interface CheckResult {
  check: Check;
  state: CheckState;
  source: 'live' | 'recorded' | null;
}

/** Where somebody stopped, to go on from there. */
interface Place {
  id: string;
  at: number;
}

/** What somebody has of a lesson: their guesses, and the steps whose claims they saw hold. */
export interface Progress {
  readonly guesses: Readonly<Record<number, string>>;
  readonly seen: readonly number[];
}

/** A lesson under way: its step, the guesses, and what of its claims has been seen to hold. */
export class Tour {
  lesson = $state.raw<Lesson | null>(null);
  script = $state.raw<Script | null>(null);
  at = $state(0);
  left = $state.raw<Place | null>(null);
  #lang: LessonLanguage = 'en';
  #guesses = $state.raw<Readonly<Record<number, string>>>({});
  #seen = $state.raw<ReadonlySet<number>>(new Set());
  /** Of lessons that are not open. */
  #kept: Readonly<Record<string, Progress>> = {};
  /** What the person had made before the lesson, to be given back. */
  #own: Recipe | null = null;
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Whether the bench belongs to the lesson: a link, a file or leaving ends it. */
  get active(): boolean {
    return this.lesson !== null && this.#lab.lesson === this.lesson.id;
  }

  get step(): Step | null {
    return this.active ? (this.lesson?.steps[this.at] ?? null) : null;
  }

  get words(): StepScript | null {
    const id = this.step?.id;
    return this.script?.steps.find((step) => step.id === id) ?? null;
  }

  get count(): number {
    return this.lesson?.steps.length ?? 0;
  }

  get last(): boolean {
    return this.at === this.count - 1;
  }

  get guess(): string | null {
    return this.#guesses[this.at] ?? null;
  }

  /** A question is open; what would answer it stays covered. */
  get asking(): boolean {
    return this.step?.predict !== undefined && this.guess === null;
  }

  /** Whether a guess is still to come in this lesson: what would tell it beforehand is not unfolded by itself. */
  get guessesAhead(): boolean {
    return (
      this.active &&
      !!this.lesson?.steps.some(({ predict }, i) => predict && i >= this.at && this.#guesses[i] === undefined)
    );
  }

  get seen(): boolean {
    return this.#seen.has(this.at);
  }

  isSeen(at: number): boolean {
    return this.#seen.has(at);
  }

  /**
   * Whether a column's answer is covered: until it is guessed, and from then until the bench begins to move, because what
   * merged said before is not the answer to the question.
   */
  veils(alias: string): boolean {
    if (alias !== MERGED || !this.step?.predict) return false;
    return this.asking || (this.#moves && !this.seen && this.#stands(false));
  }

  /** What covers it says what it waits for. */
  get veil(): 'tour.veiled' | 'tour.veiled.hands' {
    return this.asking ? 'tour.veiled' : 'tour.veiled.hands';
  }

  /** Whether the step wants hands. */
  get #moves(): boolean {
    return this.step?.move !== undefined;
  }

  /** Whether the bench is as the step opens it, or as its move leaves it. */
  #stands(moved: boolean): boolean {
    if (!this.lesson || !this.active) return false;
    const target = benchAt(this.lesson, this.#lang, this.at, moved);
    const { recipe } = this.#lab;
    return mergeKey(recipe) === mergeKey(target) && this.#lab.prompt === (target.run?.prompts?.[0] ?? '');
  }

  /** Whether the bench is where the step's claims are about. */
  get arrived(): boolean {
    return this.#stands(true);
  }

  /** Whether the step still waits for something: a guess, or its hands. */
  get waiting(): boolean {
    return this.asking || (this.#moves && !this.arrived && !this.seen);
  }

  /** Coefficients that the step's hands are to reach, by alias. */
  get goals(): Readonly<Record<string, number>> {
    const moves = this.step?.move ?? [];
    return Object.fromEntries(moves.flatMap((move) => (move.kind === 'set' ? [[move.alias, move.weight]] : [])));
  }

  get checks(): readonly CheckResult[] {
    const lab = this.#lab;
    const evidence: Evidence = {
      answer: (column) => {
        const result = results.columns[column];
        return result?.phase === 'done' && lab.source(column) !== 'stale' ? result.text : null;
      },
      rate: (column, key) => {
        const known = rateBook.of(lab.recipe, column)?.[key];
        return known && known.source !== 'stale' ? known.rate : null;
      },
      task: (column, task) => {
        const { neuron } = lab;
        const at = neuron.tasks.findIndex(({ id }) => id === task);
        return neuron.live && at >= 0 ? neuron.isRight(column, at) : null;
      },
    };
    const { arrived } = this;
    // What is claimed of one bench is not borne out by another one.
    const early = this.waiting;
    return (this.step?.check ?? []).map((check): CheckResult => {
      // Which of two replies is the better one hangs on the pair.
      const elsewhere = 'measure' in check && check.measure === 'prefers' && !arrived;
      const held = early || elsewhere ? null : holds(check, evidence);
      const state = held === true ? 'holds' : held === false && arrived ? 'fails' : 'open';
      return { check, state, source: held === null ? null : this.#sourceOf(check) };
    });
  }

  #sourceOf(check: Check): 'live' | 'recorded' {
    const lab = this.#lab;
    if (check.kind === 'task') return 'live';
    const source =
      check.kind === 'rate'
        ? rateBook.of(lab.recipe, check.column)?.[rateKey(check.question)]?.source
        : lab.source(check.column);
    return source === 'live' ? 'live' : 'recorded';
  }

  /** What was guessed and seen, by lesson. */
  get progress(): Readonly<Record<string, Progress>> {
    const { lesson } = this;
    return lesson ? { ...this.#kept, [lesson.id]: { guesses: this.#guesses, seen: [...this.#seen] } } : this.#kept;
  }

  /** Takes up what was guessed and seen on another page; before a lesson opens. */
  resume(progress: Readonly<Record<string, Progress>>): void {
    this.#kept = progress;
  }

  /** Begins a lesson, or comes back to a step of it. What the person had made themselves is kept for when they leave. */
  open(lesson: Lesson, script: Script, lang: LessonLanguage, at = 0): void {
    const lab = this.#lab;
    if (lab.lesson === null && lab.edited) this.#own = lab.recipe;
    if (this.lesson?.id !== lesson.id) {
      this.#kept = this.progress;
      const { guesses = {}, seen = [] } = this.#kept[lesson.id] ?? {};
      this.#guesses = guesses;
      this.#seen = new Set(seen);
    }
    this.lesson = lesson;
    this.#lang = lang;
    this.script = script;
    this.left = null;
    this.at = Math.min(Math.max(0, at), lesson.steps.length - 1);
    lab.open(benchAt(lesson, lang, this.at, this.seen), lesson.id);
    rateBook.open(lesson.probes ?? []);
    recordings.show(lab);
  }

  /** The same step in another language; the bench stays. */
  translate(script: Script, lang: LessonLanguage): void {
    this.script = script;
    this.#lang = lang;
  }

  go(at: number): void {
    if (!this.lesson || at < 0 || at >= this.count) return;
    const lab = this.#lab;
    this.at = at;
    lab.adopt(benchAt(this.lesson, this.#lang, at, this.seen));
    this.#play();
  }

  next(): void {
    this.go(this.at + 1);
  }

  back(): void {
    this.go(this.at - 1);
  }

  /** Uncovers what waits for a guess, without one. */
  reveal(): void {
    if (this.asking) this.answer('');
  }

  /**
   * One press of a clicker: what the step still waits for (a guess, the hands) is done, else the next step opens.
   * @returns whether there was anything to do
   */
  advance(): boolean {
    if (!this.active) return false;
    if (this.waiting) {
      this.reveal();
      if (this.#moves && !this.arrived) this.doIt();
      return true;
    }
    if (this.last) return false;
    this.next();
    return true;
  }

  /** The bench as the step opened it. */
  restart(): void {
    this.#seen = new Set([...this.#seen].filter((at) => at !== this.at));
    this.go(this.at);
  }

  answer(option: string): void {
    this.#guesses = { ...this.#guesses, [this.at]: option };
  }

  /** Does with the bench what the step asks the hands to do. */
  doIt(): void {
    if (!this.lesson) return;
    this.#lab.adopt(benchAt(this.lesson, this.#lang, this.at, true));
    this.#play();
  }

  /** What was recorded of this bench comes first; what is not live yet is then run. */
  #play(): void {
    const lab = this.#lab;
    recordings.show(lab);
    void lab.run();
  }

  /** Ends the lesson: the bench goes back to what the person had before it, else stays as it is, theirs from now on. */
  leave(): void {
    const lab = this.#lab;
    if (!this.lesson) return;
    this.left = { id: this.lesson.id, at: this.at };
    const { recipe } = lab;
    if (this.#own) lab.open(this.#own, null);
    else lab.keep();
    this.#own = null;
    if (lab.recipe !== recipe && !lab.numeric) void lab.run();
  }

  /** To be called from an effect: a step whose claims all hold has been seen, whatever is moved afterwards. */
  follow(): void {
    const { step, checks, at, asking } = this;
    if (!step || asking) return;
    if (checks.some(({ state }) => state !== 'holds')) return;
    untrack(() => {
      if (!this.#seen.has(at)) this.#seen = new Set([...this.#seen, at]);
    });
  }

  /** What was recorded of the bench as it stands, by column, where the live answer does not come in time. */
  fallBack(): boolean {
    return recordings.show(this.#lab, true);
  }
}
