import { toPlainError, type PlainError } from '../core/errors';
import { benchAt } from '../core/lesson/play';
import { parseScript } from '../core/lesson/script';
import type { Lesson, LessonLanguage, Step } from '../core/lesson/types';
import { errors } from './errors.svelte';
import type { Lab } from './lab.svelte';
import { offline } from './offline.svelte';
import type { Recorded } from './recorded';
import { Rehearsal } from './rehearsal';
import { recall, remember } from './choices';

/** Where a lesson and what was recorded of it come from. */
export interface LessonSource {
  lesson(id: string): Promise<Lesson | null>;
  recorded(id: string): Promise<readonly Recorded[]>;
}

/** What the rehearsal found of one step. Times in milliseconds; null where nothing new had to be run. */
export interface StepReport {
  lesson: string;
  id: string;
  title: string;
  state: 'waiting' | 'running' | 'ready' | 'slow' | 'failed';
  firstMs: number | null;
  totalMs: number | null;
  claims: { held: number; count: number };
  /** Whether a recorded answer can stand in for a late one. */
  recorded: boolean;
  error: PlainError | null;
}

const KEY = 'late-limit';
const USUAL_LIMIT_MS = 4000;
export const LIMITS_S = { min: 1, max: 60 } as const;

/** The check before a class: everything on this device, and every step of the lesson run once. The bench is left alone. */
class Preflight {
  stage = $state<'idle' | 'keeping' | 'rehearsing' | 'done' | 'cancelled'>('idle');
  rows = $state.raw<readonly StepReport[]>([]);
  /** Why the lessons could not be put on this device. The rehearsal goes on. */
  problem = $state.raw<PlainError | null>(null);
  /** Why there was no rehearsal. */
  failure = $state.raw<PlainError | null>(null);
  rehearsalMs = $state(0);
  /** A merged answer without a token after this long is late. */
  limitMs = $state(USUAL_LIMIT_MS);
  #controller: AbortController | null = null;

  constructor() {
    const stored = Number(recall(KEY));
    if (stored >= LIMITS_S.min * 1000 && stored <= LIMITS_S.max * 1000) this.limitMs = stored;
  }

  setLimit(seconds: number): void {
    if (!Number.isFinite(seconds)) return;
    this.limitMs = Math.round(Math.min(LIMITS_S.max, Math.max(LIMITS_S.min, seconds)) * 1000);
    remember(KEY, String(this.limitMs));
  }

  get busy(): boolean {
    return this.stage === 'keeping' || this.stage === 'rehearsing';
  }

  /** @returns whether a lesson works without a connection, as far as this page knows. */
  fliesWith(id: string): boolean {
    return offline.state === 'ready' && offline.lessons[id]?.state === 'ready';
  }

  cancel(): void {
    this.#controller?.abort();
  }

  /** Puts lessons on this device and runs each of their steps as the class will see it. */
  async run(lab: Lab, ids: readonly string[], lang: LessonLanguage, source: LessonSource): Promise<void> {
    this.cancel();
    const controller = new AbortController();
    this.#controller = controller;
    const { signal } = controller;
    this.problem = null;
    this.failure = null;
    this.rows = [];
    this.stage = 'keeping';
    try {
      await offline.prepare(ids, signal).catch((error: unknown) => {
        if (!signal.aborted) this.problem = toPlainError(error);
      });
      if (!signal.aborted) await this.#rehearse(lab, ids, lang, source, signal);
    } catch (error) {
      if (!signal.aborted) this.failure = toPlainError(error);
    }
    if (this.#controller !== controller) return;
    this.#controller = null;
    this.stage = signal.aborted ? 'cancelled' : 'done';
  }

  async #rehearse(
    lab: Lab,
    ids: readonly string[],
    lang: LessonLanguage,
    source: LessonSource,
    signal: AbortSignal,
  ): Promise<void> {
    const lessons = (await Promise.all(ids.map((id) => source.lesson(id)))).filter((lesson) => lesson !== null);
    const recorded = new Map<string, readonly Recorded[]>();
    for (const { id, neurons } of lessons)
      recorded.set(id, neurons ? [] : [...(await source.recorded(id)), ...(await source.recorded(`${id}-steps`))]);
    const titles = new Map<string, string>();
    for (const lesson of lessons)
      for (const { id, title } of parseScript(await lesson.text[lang]()).steps) titles.set(`${lesson.id} ${id}`, title);
    this.rows = lessons.flatMap((lesson) =>
      lesson.steps.map((step): StepReport => ({
        lesson: lesson.id,
        id: step.id,
        title: titles.get(`${lesson.id} ${step.id}`) ?? step.id,
        state: 'waiting',
        firstMs: null,
        totalMs: null,
        claims: { held: 0, count: step.check.length },
        recorded: false,
        error: null,
      })),
    );
    this.stage = 'rehearsing';
    const begun = performance.now();
    await lab.runner.settled();
    const done = await lab.runner.job('run', false, async (runtime, jobSignal) => {
      signal.addEventListener('abort', () => jobSignal.aborted || lab.cancel());
      for (const lesson of lessons) {
        const rehearsal = new Rehearsal(
          lesson,
          recorded.get(lesson.id) ?? [],
          runtime,
          lab.runner.onProgress,
          jobSignal,
        );
        for (const [at, step] of lesson.steps.entries()) {
          await this.#try(lesson, step, () => rehearsal.step(benchAt(lesson, lang, at, true), step));
          if (jobSignal.aborted) return false;
        }
      }
      return true;
    });
    this.rehearsalMs = performance.now() - begun;
    if (done === null && lab.runner.state === 'error') this.failure = errors.list[0]?.error ?? null;
    else if (done !== true) this.cancel();
  }

  #set(lesson: Lesson, { id }: Step, change: Partial<StepReport>): void {
    this.rows = this.rows.map((row) => (row.lesson === lesson.id && row.id === id ? { ...row, ...change } : row));
  }

  async #try(lesson: Lesson, step: Step, run: () => ReturnType<Rehearsal['step']>): Promise<void> {
    this.#set(lesson, step, { state: 'running' });
    try {
      const { firstMs, totalMs, held, recorded } = await run();
      const fails = held < step.check.length;
      const state = fails ? 'failed' : (firstMs ?? 0) > this.limitMs ? 'slow' : 'ready';
      this.#set(lesson, step, { state, firstMs, totalMs, claims: { held, count: step.check.length }, recorded });
    } catch (error) {
      const plain = toPlainError(error);
      this.#set(lesson, step, plain.code === 'aborted' ? { state: 'waiting' } : { state: 'failed', error: plain });
    }
  }
}

export const preflight = new Preflight();
