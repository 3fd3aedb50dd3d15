import type { CheckpointSummary, PlanSummary, Progress } from '../engine/api';
import type { Recipe } from '../core/recipe/types';
import type { LabRuntime, RunHandlers } from '../runtime/types';
import { errors, type Topic } from './errors.svelte';
import { columnKey, MERGED, mergeKey, toRequest } from './keys';
import { results } from './results.svelte';

export type RunState = 'idle' | 'loading' | 'merging' | 'running' | 'error';
export type FingerprintState = 'none' | 'computing' | 'new' | 'match' | 'differs';

const STAGE_STATE: Record<Progress['stage'], RunState> = {
  download: 'loading',
  read: 'loading',
  session: 'loading',
  hash: 'loading',
  write: 'loading',
  merge: 'merging',
  generate: 'running',
};

/** Above this many parameters a moved slider merges on release, not while dragging (design section 7). */
const LIVE_PARAMETERS = 5_000_000;
/** Quiet time after a run before the fingerprint is computed, so that it never competes with a drag. */
const FINGERPRINT_DELAY_MS = 500;

/** Drives the runtime: one thing at a time, newest wins. Holds what the page knows of the models, never a weight. */
export class Runner {
  state = $state<RunState>('idle');
  /** Jobs begun on this page: another number is another job. */
  started = 0;
  /** Finished live runs of this page load (contract C6). */
  finished = $state(0);
  progress = $state.raw<(Progress & { column: string | null }) | null>(null);
  /** A re-run that follows a slider: the status stays calm. */
  quiet = $state(false);
  models = $state.raw<Readonly<Record<string, CheckpointSummary>>>({});
  plan = $state.raw<PlanSummary | null>(null);
  fingerprint = $state.raw<{ state: FingerprintState; sha256: string }>({ state: 'none', sha256: '' });

  readonly #load: () => Promise<LabRuntime>;
  #runtime: Promise<LabRuntime> | null = null;
  #current: AbortController | null = null;
  #ended: Promise<void> = Promise.resolve();
  #yields = false;
  #hashing: AbortController | null = null;
  #hashTimer: ReturnType<typeof setTimeout> | undefined;
  /** The recipe whose weights have run, so that their fingerprint is wanted as soon as nothing else is to do. */
  #toHash: Recipe | null = null;

  constructor(load: () => Promise<LabRuntime>) {
    this.#load = load;
  }

  get busy(): boolean {
    return this.state === 'loading' || this.state === 'merging' || this.state === 'running';
  }

  /** Busy with something that a change of the bench does not end by itself. */
  get occupied(): boolean {
    return this.busy && !this.#yields;
  }

  runtime(): Promise<LabRuntime> {
    this.#runtime ??= this.#load().catch((error: unknown) => {
      this.#runtime = null;
      throw error;
    });
    return this.#runtime;
  }

  cancel(): void {
    this.#current?.abort();
  }

  /** Resolves when no job runs any more: what would end a running one can wait for it. */
  async settled(): Promise<void> {
    while (this.#current) await this.#ended;
  }

  /**
   * Runs one job, ending whatever ran before. The state leaves `idle` before this returns to its caller.
   * @param yields whatever else is to run ends it, for it can be taken up again
   * @returns the job's value, or null when it failed (a card says why) or was cancelled.
   */
  async job<T>(
    topic: Topic,
    quiet: boolean,
    work: (runtime: LabRuntime, signal: AbortSignal) => Promise<T>,
    yields = false,
  ): Promise<T | null> {
    this.#current?.abort();
    this.started++;
    this.#yields = yields;
    this.#pauseFingerprint();
    errors.clear(topic);
    const controller = new AbortController();
    this.#current = controller;
    let end: () => void = () => undefined;
    this.#ended = new Promise((resolve) => (end = resolve));
    this.quiet = quiet;
    this.state = 'loading';
    this.progress = null;
    let failed = false;
    try {
      const value = await work(await this.runtime(), controller.signal);
      return this.#current === controller && !controller.signal.aborted ? value : null;
    } catch (error) {
      if (this.#current === controller && !controller.signal.aborted) failed = errors.report(topic, error);
      return null;
    } finally {
      if (this.#current === controller) {
        this.#current = null;
        this.progress = null;
        this.quiet = false;
        this.state = failed ? 'error' : 'idle';
        results.settle();
        this.#scheduleFingerprint();
      }
      end();
    }
  }

  onProgress = (progress: Progress, column: string | null = null): void => {
    this.progress = { ...progress, column };
    this.state = STAGE_STATE[progress.stage];
  };

  /** Opens and runs `columns`; `onFirstStep` lets a newer slider value take over once the first token is there. */
  async run(
    recipe: Recipe,
    columns: readonly string[],
    quiet: boolean,
    onFirstStep: () => void = () => {},
  ): Promise<'done' | 'failed' | 'cancelled'> {
    for (const alias of columns) results.wait(alias);
    let failures = 0;
    const ended = await this.job('run', quiet, async (runtime, signal) => {
      if (!quiet) await this.open(runtime, recipe, signal);
      const handlers = this.#handlers(recipe, signal, onFirstStep, () => failures++);
      await runtime.run(recipe, columns, toRequest(recipe), handlers, signal);
      return true;
    });
    if (ended === null) return this.state === 'error' ? 'failed' : 'cancelled';
    this.finished++;
    if (failures === 0) {
      this.#toHash = recipe;
      this.#scheduleFingerprint();
      return 'done';
    }
    this.state = 'error';
    return 'failed';
  }

  /**
   * A run of models that take numbers. @param work gives the recipe it ran, whose fingerprint is then wanted.
   * @returns null when it failed (a card says why) or was cancelled.
   */
  async compute<T>(
    quiet: boolean,
    work: (runtime: LabRuntime, signal: AbortSignal) => Promise<{ recipe: Recipe; value: T }>,
  ): Promise<T | null> {
    const done = await this.job('run', quiet, work);
    if (!done) return null;
    this.finished++;
    this.#toHash = done.recipe;
    this.#scheduleFingerprint();
    return done.value;
  }

  #handlers(recipe: Recipe, signal: AbortSignal, onFirstStep: () => void, onFailure: () => void): RunHandlers {
    // Late messages of a cancelled run must not reach the columns of its successor.
    const alive = () => !signal.aborted;
    return {
      onProgress: (column, progress) => alive() && this.onProgress(progress, column),
      onEvent: (column, event) => {
        if (!alive()) return;
        this.state = 'running';
        if (event.type === 'prompt') results.start(column, columnKey(recipe, column), event.unknown);
        else {
          results.step(column, event.step, event.textSoFar);
          onFirstStep();
        }
      },
      onDone: (column, result) => alive() && results.done(column, columnKey(recipe, column), result),
      onFailed: (column, error) => {
        if (!alive()) return;
        onFailure();
        results.fail(column, error);
        errors.report('run', { ...error, params: { ...error.params, column } });
      },
    };
  }

  /** Opens the models and plans the merge, inside a job: the page then knows both. */
  async open(runtime: LabRuntime, recipe: Recipe, signal: AbortSignal): Promise<void> {
    this.learn(await runtime.open(recipe, this.onProgress, signal));
    this.plan = await runtime.plan(recipe, signal);
  }

  learn(summaries: readonly CheckpointSummary[]): void {
    this.models = { ...this.models, ...Object.fromEntries(summaries.map((summary) => [summary.alias, summary])) };
  }

  /** Small, already loaded models follow a slider while it moves. */
  canFollow(recipe: Recipe): boolean {
    const merged = results.columns[MERGED];
    const known = Object.keys(recipe.models).map((alias) => this.models[alias]?.parameters ?? Infinity);
    return merged?.origin === 'live' && Math.max(0, ...known) <= LIVE_PARAMETERS;
  }

  /** Forgets the fingerprint when the weights it was of are no longer on the bench. */
  recipeChanged(recipe: Recipe): void {
    if (this.#toHash && mergeKey(this.#toHash) === mergeKey(recipe)) return;
    this.forgetFingerprint();
  }

  /** Another bench: its fingerprint is computed anew, so that a link's claim is never met by an older result. */
  forgetFingerprint(): void {
    this.#toHash = null;
    this.#pauseFingerprint();
    this.fingerprint = { state: 'none', sha256: '' };
  }

  /** @returns a way back to the fingerprint of now. */
  snapshot(): () => void {
    const { fingerprint } = this;
    const toHash = this.#toHash;
    return () => {
      this.#toHash = toHash;
      this.fingerprint = fingerprint;
      this.#scheduleFingerprint();
    };
  }

  #pauseFingerprint(): void {
    clearTimeout(this.#hashTimer);
    this.#hashing?.abort();
    this.#hashing = null;
    if (this.fingerprint.state === 'computing') this.fingerprint = { state: 'none', sha256: '' };
  }

  #scheduleFingerprint(): void {
    const recipe = this.#toHash;
    clearTimeout(this.#hashTimer);
    if (!recipe || this.fingerprint.state !== 'none') return;
    this.#hashTimer = setTimeout(() => void this.#computeFingerprint(recipe), FINGERPRINT_DELAY_MS);
  }

  async #computeFingerprint(recipe: Recipe): Promise<void> {
    const controller = new AbortController();
    this.#hashing = controller;
    this.fingerprint = { state: 'computing', sha256: '' };
    try {
      const { sha256 } = await (await this.runtime()).fingerprint(recipe, () => {}, controller.signal);
      if (controller.signal.aborted) return;
      const expected = recipe.expect?.weights;
      this.fingerprint = { state: expected === undefined ? 'new' : expected === sha256 ? 'match' : 'differs', sha256 };
    } catch (error) {
      if (controller.signal.aborted) return;
      this.forgetFingerprint();
      errors.report('run', error);
    }
  }
}
