import { toPlainError, type PlainError } from '../core/errors';
import { bordersOf, type Border } from '../core/map/borders';
import { cellAt, fillOrder, placeOf, valueAt, type Cell, type MapAxis } from '../core/map/grid';
import { MAP_QUESTIONS, metricKey, questionsOf, type MapMetric } from '../core/map/metric';
import type { Rate } from '../core/probe/rates';
import { openSum, type OpenSum } from '../core/recipe/open-sum';
import { tunablesOf, withTunable, type Tunable } from '../core/recipe/tunables';
import type { MergeDoc, Recipe } from '../core/recipe/types';
import { Sheet } from '../core/search/sheet';
import type { LabRuntime } from '../runtime/types';
import { givingWay } from './giving-way';
import { toRequest } from './keys';
import type { Lab } from './lab.svelte';
import { loadProbes, MAX_NEW_TOKENS } from './measuring';
import { rests, small } from './rest';

/** What a map shows: two numbers of the recipe, how many points of each, and what colours them. */
export interface MapSettings {
  readonly x: MapAxis;
  readonly y: MapAxis;
  readonly size: number;
  readonly metric: MapMetric;
}

/** What is known of one point. */
export interface MapPoint {
  /** How probable answers begin as the metric says, the mean over its questions; null: not known, or refused. */
  readonly share: number | null;
  /** What is answered there to the question of the bench, greedily; null: not known. */
  readonly text: string | null;
  /** The metric counted on whole answers, where that was asked for. */
  readonly exact: Rate | null;
  /** Why there is no merge with these numbers. */
  readonly refusal: PlainError | null;
}
const UNKNOWN: MapPoint = { share: null, text: null, exact: null, refusal: null };

/** Maps that are remembered: going back to one is no work. */
const KEPT = 8;

interface Filling {
  readonly what: 'shares' | 'texts' | 'exact';
  readonly done: number;
  readonly total: number;
}

/** The numbers a map may have as axes. Weights that a bench holds opposite are two numbers here: their line is the diagonal. */
export const axesOf = ({ doc }: Pick<Lab, 'doc'>): Tunable[] => (doc ? tunablesOf(doc, null) : []);

/** @returns a range for an axis that has the present value in it */
export function rangeOf({ value, range: [min, max], parameter }: Tunable): [number, number] {
  if (parameter !== 'weight') return [Math.min(min, value), Math.max(max, value)];
  return value < 0 ? [Math.min(-2, value), 0] : [0, Math.max(2, value)];
}

/** Whether a merge cannot be made with the numbers of a point, rather than anything having failed. */
const isRefusal = ({ code }: PlainError): boolean => /^(merge|recipe)\/|^model\/not-finite/.test(code);

/** The map of the bench: filled while nothing else runs, and always a view of the recipe. */
export class CoefficientMap {
  settings = $state.raw<MapSettings | null>(null);
  filling = $state.raw<Filling | null>(null);
  /** Stopped by hand. */
  paused = $state(false);
  error = $state.raw<PlainError | null>(null);
  #points = $state.raw<ReadonlyMap<string, readonly MapPoint[]>>(new Map());
  #stop: AbortController | null = null;

  /** What the points depend on: all of the merge but the two numbers themselves, and for the texts the question. */
  #key({ recipe, doc }: Lab, settings: MapSettings): string | null {
    const merge = doc && this.#at(doc, settings, [0, 0]);
    if (!merge) return null;
    const { x, y, size, metric } = settings;
    const { prompt, maxNewTokens } = toRequest(recipe);
    return JSON.stringify([recipe.models, merge, x, y, size, metricKey(metric), prompt, maxNewTokens]);
  }

  #at(doc: MergeDoc, { x, y, size }: MapSettings, [column, row]: Cell): MergeDoc | null {
    try {
      const across = withTunable(doc, x.id, valueAt(x, column, size));
      return withTunable(across, y.id, valueAt(y, row, size));
    } catch {
      // The bench has no such number any more.
      return null;
    }
  }

  /** @returns the points row by row from the lowest; empty where the bench has no such map. */
  points(lab: Lab): readonly MapPoint[] {
    const { settings } = this;
    const key = settings && this.#key(lab, settings);
    if (!settings || key === null) return [];
    return this.#points.get(key) ?? Array.from({ length: settings.size ** 2 }, () => UNKNOWN);
  }

  #set(key: string, size: number, at: number, known: Partial<MapPoint>): void {
    const before = this.#points.get(key) ?? Array.from({ length: size ** 2 }, () => UNKNOWN);
    const points = before.with(at, { ...before[at]!, ...known });
    const others = [...this.#points].filter(([other]) => other !== key).slice(1 - KEPT);
    this.#points = new Map([...others, [key, points]]);
  }

  /** Lines between points whose texts differ. */
  borders(lab: Lab): Border[] {
    const points = this.points(lab);
    return bordersOf(
      points.map(({ text }) => text),
      this.settings?.size ?? 0,
    );
  }

  /** Where the bench is on the map, in cells, not rounded; null where one of its numbers is none. */
  place({ doc }: { doc: MergeDoc | null }): readonly [number, number] | null {
    const { settings } = this;
    if (!settings || !doc) return null;
    const { x, y, size } = settings;
    const tunables = tunablesOf(doc, null);
    const of = (axis: MapAxis): number | null => {
      const found = tunables.find(({ id }) => id === axis.id);
      return found ? placeOf(axis, found.value, size) : null;
    };
    const [column, row] = [of(x), of(y)];
    return column === null || row === null ? null : [column, row];
  }

  /** Whether points come from sums in the graph; else each is a merge and a session. */
  quick(lab: Lab): boolean {
    return openSum(lab.recipe) !== null && small(lab);
  }

  complete(lab: Lab): boolean {
    const points = this.points(lab);
    return (
      points.length > 0 && points.every(({ share, text, refusal }) => refusal || (share !== null && text !== null))
    );
  }

  /** Whether the map may be filled unasked: the bench rests, and its points are cheap. */
  due(lab: Lab): boolean {
    return (
      this.settings !== null && !this.paused && !this.error && this.quick(lab) && rests(lab) && !this.complete(lab)
    );
  }

  /** Fills what is missing, until `signal` is aborted; what was found is kept. */
  async fillQuietly(lab: Lab, signal: AbortSignal): Promise<void> {
    try {
      await this.#fill(lab, await lab.runner.runtime(), signal);
    } catch (error) {
      if (!signal.aborted && toPlainError(error).code !== 'aborted') this.error = toPlainError(error);
    } finally {
      this.filling = null;
    }
  }

  /** Fills the map because somebody asked for it, whatever it costs; it gives way to all else. */
  async fill(lab: Lab): Promise<void> {
    await this.#asked(lab, (runtime, signal) => this.#fill(lab, runtime, signal));
  }

  /** Counts the metric on whole answers at one point. */
  async count(lab: Lab, at: number): Promise<void> {
    const { settings } = this;
    const doc =
      lab.doc && settings && this.#at(lab.doc, settings, [at % settings.size, Math.floor(at / settings.size)]);
    const key = settings && this.#key(lab, settings);
    if (!settings || !doc || key === null) return;
    const answers: string[] = [];
    const recipe = { ...lab.recipe, merge: doc };
    await this.#asked(lab, async (runtime, signal) => {
      const sheet = new Sheet([settings.metric], await loadProbes([settings.metric], signal), MAP_QUESTIONS, 0);
      const { prompts } = sheet;
      while (answers.length < prompts.length) {
        this.filling = { what: 'exact', done: answers.length, total: prompts.length };
        const request = { prompt: prompts[answers.length]!, maxNewTokens: MAX_NEW_TOKENS };
        answers.push(await this.#text(lab, runtime, recipe, request, signal));
      }
      this.#set(key, settings.size, at, { exact: sheet.rates(answers)[0]! });
    });
  }

  async #asked(lab: Lab, work: (runtime: LabRuntime, signal: AbortSignal) => Promise<void>): Promise<void> {
    this.stop();
    this.error = null;
    this.paused = false;
    const stop = (this.#stop = new AbortController());
    const { models } = lab.recipe;
    await givingWay(
      lab,
      async (runtime, signal) => {
        if (lab.recipe.models !== models) return stop.abort();
        lab.runner.learn(await runtime.open(lab.recipe, lab.runner.onProgress, signal));
        await work(runtime, signal);
      },
      stop.signal,
    );
    if (this.#stop === stop) this.stop();
  }

  /** Stops what was asked for, or what runs by itself. */
  pause(): void {
    this.paused = true;
    this.stop();
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.filling = null;
  }

  async #fill(lab: Lab, runtime: LabRuntime, signal: AbortSignal): Promise<void> {
    const { settings } = this;
    const { doc } = lab;
    const key = settings && this.#key(lab, settings);
    if (!settings || !doc || key === null) return;
    const { size, metric } = settings;
    const [set] = await loadProbes([metric], signal);
    const questions = questionsOf(metric, set!).map(({ prompt, answers }) => ({ prompt, answers }));
    const order = fillOrder(size, this.place(lab) ?? [(size - 1) / 2, (size - 1) / 2]);
    const quick = this.quick(lab);
    const known = (at: number): MapPoint => this.#points.get(key)?.[at] ?? UNKNOWN;

    const visit = async (cell: Cell, what: readonly ('share' | 'text')[]): Promise<void> => {
      const at = cell[1] * size + cell[0];
      if (known(at).refusal || what.every((one) => known(at)[one] !== null)) return;
      const recipe: Recipe = { ...lab.recipe, merge: this.#at(doc, settings, cell)! };
      try {
        if (what.includes('share')) {
          const tokens = await runtime.firstTokens(recipe, this.#sum(quick, recipe), questions, signal);
          const share = tokens.reduce((sum, one) => sum + one.share, 0) / tokens.length;
          this.#set(key, size, at, { share });
        }
        if (what.includes('text'))
          this.#set(key, size, at, { text: await this.#text(lab, runtime, recipe, toRequest(recipe), signal) });
      } catch (error) {
        const refusal = toPlainError(error);
        if (signal.aborted || !isRefusal(refusal)) throw error;
        this.#set(key, size, at, { refusal });
      }
    };
    // Where a point is a merge, all is asked of it at once; else colours are there long before texts.
    const passes = quick ? ([['share'], ['text']] as const) : ([['share', 'text']] as const);
    for (const what of passes) {
      for (const [done, cell] of order.entries()) {
        if (signal.aborted) return;
        this.filling = { what: what[0] === 'share' ? 'shares' : 'texts', done, total: order.length };
        await visit(cell, what);
      }
    }
  }

  #sum(quick: boolean, recipe: Recipe): OpenSum | null {
    return quick ? openSum(recipe) : null;
  }

  async #text(
    lab: Lab,
    runtime: LabRuntime,
    recipe: Recipe,
    { prompt, maxNewTokens }: { prompt: string; maxNewTokens: number },
    signal: AbortSignal,
  ): Promise<string> {
    const request = { prompt, maxNewTokens, temperature: 0, seed: 0 };
    const sum = this.#sum(this.quick(lab), recipe);
    const { text } = await (sum
      ? runtime.mix(recipe, sum.base, sum.vectors, sum.coefficients, request, signal)
      : runtime.answer(recipe, request, signal));
    return text.trim();
  }

  /** Puts a point on the bench: formula and sliders follow. */
  go(lab: Lab, cell: Cell): void {
    const { settings } = this;
    const doc = lab.doc && settings && this.#at(lab.doc, settings, cell);
    if (!settings || !doc) return;
    for (const { id, alias } of axesOf(lab))
      if (alias !== null && (id === settings.x.id || id === settings.y.id)) lab.mixer.forget(alias);
    lab.change(doc);
    lab.release();
  }

  /** The cell that the bench is in, or nearest to. */
  here(lab: Lab): Cell {
    const place = this.place(lab);
    const size = this.settings?.size ?? 1;
    return place ? cellAt(place[0], place[1], size) : [0, 0];
  }
}

export const coefficientMap = new CoefficientMap();
