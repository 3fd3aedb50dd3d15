import { toPlainError, type PlainError } from '../core/errors';
import type { ProbeSet } from '../core/probe/probe';
import { openSum } from '../core/recipe/open-sum';
import { usedModels } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import { onTest } from '../core/search/goals';
import { readRecord, writeRecord, type SearchRecord } from '../core/search/record';
import { bestOf, docOf, mostPoints, recipeAt, Search, type SearchSettings } from '../core/search/search';
import { Sheet } from '../core/search/sheet';
import type { LabRuntime } from '../runtime/types';
import { givingWay } from './giving-way';
import { MERGED, sameModels } from './keys';
import type { Lab } from './lab.svelte';
import { loadProbes, MAX_NEW_TOKENS } from './measuring';
import { small } from './rest';
import { SEARCH_KEY } from './search-kept';
import type { Store } from './session.svelte';

/** The probe sets that are there to be tuned on. */
export const DEV_SETS = ['addition-dev', 'subtraction-dev', 'interference-dev', 'korean-dev'] as const;
/** How far a search, or a check on the test set, is. */
interface Progress {
  readonly kind: 'search' | 'test';
  /** Points of a search, in part the one that is being asked; answers of a check. */
  readonly done: number;
  /** At most: a search that has settled ends before. */
  readonly total: number;
  /** From now; null until it is known how long one takes. */
  readonly leftMs: number | null;
}

/** @returns the sets of these names, for what can be asked of them. @throws LabError zoo/unreachable, zoo/missing-file, probe/… */
export const loadSets = (ids: readonly string[], signal: AbortSignal): Promise<ProbeSet[]> =>
  loadProbes(
    ids.map((set) => ({ set })),
    signal,
  );

const searchOf = ({ settings, evaluations, refused }: SearchRecord): Search =>
  new Search(settings, evaluations, refused);

/** Whether a merge cannot be made with the numbers of a point, rather than anything having failed. */
const isRefusal = ({ code }: PlainError): boolean => /^(merge|recipe)\//.test(code);

/** One model's answers to many questions, as far as they are there: ended midway, it goes on where it was. */
class Answering {
  readonly answers: string[] = [];

  constructor(
    private readonly recipe: Recipe,
    private readonly prompts: readonly string[],
  ) {}

  /** @param onAnswer called with the answers there. @throws LabError of the first answer that fails, `aborted` */
  async go(lab: Lab, runtime: LabRuntime, onAnswer: (done: number) => void, signal: AbortSignal): Promise<void> {
    const { recipe, prompts, answers } = this;
    // The sum keeps all its models in memory, which large ones have no room for.
    const sum = small(lab) ? openSum(recipe) : null;
    while (answers.length < prompts.length) {
      const prompt = prompts[answers.length]!;
      const request = { prompt, maxNewTokens: MAX_NEW_TOKENS, temperature: 0, seed: 0 };
      const { text } = await (sum
        ? runtime.mix(recipe, sum.base, sum.vectors, sum.coefficients, request, signal)
        : runtime.answer(recipe, request, signal));
      signal.throwIfAborted();
      answers.push(text);
      onAnswer(answers.length);
    }
  }
}

/** The search of coefficients: one at a time, kept for the tab, giving way to whatever else is to run. */
export class Searching {
  record = $state.raw<SearchRecord | null>(null);
  progress = $state.raw<Progress | null>(null);
  /** Why the last start was refused. */
  error = $state.raw<PlainError | null>(null);
  /** Why the last point that could not be merged could not. */
  refusal = $state.raw<PlainError | null>(null);
  /** Nothing is left to try. */
  finished = $state(false);
  /** The point that is looked at; null follows the best. */
  picked = $state<number | null>(null);
  /** What each goal counts when points are compared; as the search had it until it is changed. */
  importances = $state.raw<readonly number[]>([]);
  #stop: AbortController | null = null;
  readonly #store: () => Store;

  constructor(store: () => Store = () => sessionStorage) {
    this.#store = store;
  }

  /** Takes up what this tab has kept; to be called once. */
  look(): void {
    if (this.record) return;
    const record = readRecord(this.#stored());
    if (record) this.#show(record, searchOf(record));
  }

  #show(record: SearchRecord, search: Search): void {
    this.record = record;
    this.picked = null;
    this.importances = record.settings.goals.map(({ importance }) => importance);
    this.finished = search.next() === null;
  }

  /** Whether the bench has the models that were searched over: else neither its points nor its formulas mean anything there. */
  fits({ recipe, doc }: Lab): boolean {
    const searched = this.record?.settings.recipe;
    return doc !== null && (searched === undefined || sameModels(searched, recipe));
  }

  get best(): number {
    return this.record ? bestOf(this.record.settings, this.record.evaluations, this.importances) : -1;
  }

  /** The point that is looked at; -1 before the first. */
  get at(): number {
    return this.picked ?? this.best;
  }

  /** Begins a search over the bench as it is, in place of the one before. */
  async start(lab: Lab, wanted: Omit<SearchSettings, 'recipe'>): Promise<void> {
    this.stop();
    this.error = null;
    this.refusal = null;
    const { models, merge } = lab.recipe;
    const used = usedModels(lab.recipe);
    const recipe: Recipe = {
      v: 1,
      models: Object.fromEntries(Object.entries(models).filter(([alias]) => used.has(alias))),
      merge,
    };
    try {
      const settings = { ...wanted, recipe };
      const search = new Search(settings);
      this.#show({ settings, evaluations: [], refused: [], checks: [] }, search);
      this.#keep();
      await this.#search(lab, search);
    } catch (error) {
      this.error = toPlainError(error);
    }
  }

  /** Goes on with a search that was stopped. */
  async resume(lab: Lab): Promise<void> {
    if (!this.record || this.progress || !this.fits(lab)) return;
    await this.#search(lab, searchOf(this.record));
  }

  async #search(lab: Lab, search: Search): Promise<void> {
    const { settings } = search;
    const { goals } = settings;
    const total = mostPoints(settings);
    let point = search.next();
    let sheet: Sheet | null = null;
    let answering: Answering | null = null;
    let begun: { at: number; done: number } | null = null;
    const tell = (part: number): void => {
      const done = search.evaluations.length + search.refused.length + part;
      // The first answer waits for its models, and is no measure.
      begun ??= { at: performance.now(), done };
      const each = done > begun.done ? (performance.now() - begun.at) / (done - begun.done) : null;
      this.progress = { kind: 'search', done, total, leftMs: each === null ? null : each * (total - done) };
    };
    await this.#run(
      lab,
      { kind: 'search', done: search.evaluations.length, total, leftMs: null },
      async (runtime, signal) => {
        sheet ??= new Sheet(goals, await loadProbes(goals, signal), settings.prompts, settings.seed);
        while (point) {
          const { prompts } = sheet;
          answering ??= new Answering(recipeAt(settings, point), prompts);
          try {
            await answering.go(lab, runtime, (done) => done < prompts.length && tell(done / prompts.length), signal);
            search.tell({ values: point, rates: sheet.rates(answering.answers) });
          } catch (error) {
            const failure = toPlainError(error);
            // The bench itself has to be fit to be merged, or nothing is.
            if (signal.aborted || !isRefusal(failure) || search.evaluations.length === 0) throw error;
            search.refuse(point);
            this.refusal = failure;
          }
          this.record = { ...this.record!, evaluations: [...search.evaluations], refused: [...search.refused] };
          this.#keep();
          answering = null;
          point = search.next();
          tell(0);
        }
        this.finished = true;
      },
    );
  }

  /** Puts the point that is looked at on the bench. */
  use(lab: Lab): void {
    const evaluation = this.record?.evaluations[this.at];
    if (!this.record || !evaluation || !this.fits(lab)) return;
    lab.change(docOf({ recipe: recipeAt(this.record.settings, evaluation.values) }));
    lab.release();
  }

  /** Counts the point that is looked at on all questions that are kept for the end. */
  async check(lab: Lab): Promise<void> {
    const { record } = this;
    const evaluation = record?.evaluations[this.at];
    if (!record || !evaluation || this.progress || !this.fits(lab)) return;
    const goals = record.settings.goals.map(onTest);
    let sheet: Sheet | null = null;
    let answering: Answering | null = null;
    await this.#run(lab, { kind: 'test', done: 0, total: 0, leftMs: null }, async (runtime, signal) => {
      sheet ??= new Sheet(goals, await loadProbes(goals, signal), Infinity, 0);
      answering ??= new Answering(recipeAt(record.settings, evaluation.values), sheet.prompts);
      const total = sheet.prompts.length;
      const from = { done: answering.answers.length, at: performance.now() };
      const tell = (done: number): void => {
        // The first answer waits for its model, and is no measure.
        if (done === from.done + 1) from.at = performance.now();
        const each = done > from.done + 1 ? (performance.now() - from.at) / (done - from.done - 1) : null;
        this.progress = { kind: 'test', done, total, leftMs: each === null ? null : each * (total - done) };
      };
      tell(from.done);
      await answering.go(lab, runtime, tell, signal);
      const check = { ...evaluation, test: sheet.rates(answering.answers) };
      this.record = { ...this.record!, checks: [...this.record!.checks, check] };
      this.#keep();
    });
  }

  async #run(
    lab: Lab,
    progress: Progress,
    work: (runtime: LabRuntime, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController();
    this.#stop?.abort();
    this.#stop = stop;
    this.progress = progress;
    const { recipe } = this.record!.settings;
    await givingWay(
      lab,
      async (runtime, signal) => {
        if (!this.fits(lab)) return stop.abort();
        lab.runner.learn(await runtime.open(recipe, lab.runner.onProgress, signal));
        lab.runner.onProgress({ stage: 'generate', unit: 'tokens', done: 0, total: 0 }, MERGED);
        await work(runtime, signal);
      },
      stop.signal,
    );
    if (this.#stop === stop) this.stop();
  }

  /** Stops what runs, or waits to; what was found is kept, and it can go on. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.progress = null;
  }

  /** Stops once the bench has other models: to be called from an effect. */
  follow(lab: Lab): void {
    if (this.progress && !this.fits(lab)) this.stop();
  }

  /** Forgets the search. */
  clear(): void {
    this.stop();
    this.record = null;
    this.error = null;
    this.finished = false;
    this.#set('');
  }

  #keep(): void {
    if (this.record) this.#set(writeRecord(this.record));
  }

  // Storage may be forbidden, or full; the search works without it.
  #set(text: string): void {
    try {
      this.#store().setItem(SEARCH_KEY, text);
    } catch {
      return;
    }
  }

  #stored(): string | null {
    try {
      return this.#store().getItem(SEARCH_KEY);
    } catch {
      return null;
    }
  }
}

export const searching = new Searching();
