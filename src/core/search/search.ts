import { LabError } from '../errors';
import type { Rate } from '../probe/rates';
import { tunablesOf, withTunable } from '../recipe/tunables';
import type { MergeDoc, Recipe } from '../recipe/types';
import { cmaEs } from './cma-es';
import { coordinate } from './coordinate';
import { goalLoss, weighted, type Goal } from './goals';
import { grid, gridPoints } from './grid';
import type { Optimizer } from './optimizer';

export const SEARCH_METHODS = ['grid', 'coordinate', 'cma-es'] as const;
export type SearchMethod = (typeof SEARCH_METHODS)[number];
const OPTIMIZERS: Readonly<Record<SearchMethod, Optimizer<unknown>>> = {
  grid: grid as Optimizer<unknown>,
  coordinate: coordinate as Optimizer<unknown>,
  'cma-es': cmaEs as Optimizer<unknown>,
};

/** One number of the recipe that is searched, and where. */
export interface SearchAxis {
  /** See `tunablesOf`. */
  readonly id: string;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

export interface SearchSettings {
  /** The bench that it began with; one merge document. */
  readonly recipe: Recipe;
  readonly axes: readonly SearchAxis[];
  readonly goals: readonly Goal[];
  readonly method: SearchMethod;
  /** Points at most, besides the one it begins with. */
  readonly evaluations: number;
  /** Questions of each class and language that are asked at each point. */
  readonly prompts: number;
  readonly seed: number;
}

/** One point and how the merge did there. */
export interface Evaluation {
  /** One number an axis. */
  readonly values: readonly number[];
  /** One rate a goal. */
  readonly rates: readonly Rate[];
}

export const SEARCH_LIMITS = { axes: 8, goals: 8, evaluations: 1000, prompts: 400 } as const;
/** Steps below a five-hundredth of a range change no rate of some dozens of answers. */
const SETTLED = 1 / 500;
/** Told of a point that cannot be merged; worse than any loss, and a number that JSON can write. */
const WORST = 2;
/** Points in a row that a method may ask again before it is taken to have settled. */
const REPEATS = 500;

/** @returns how many decimals a searched number has: at least a thousand steps within its range */
export function decimals({ min, max }: Pick<SearchAxis, 'min' | 'max'>): number {
  let digits = 0;
  while (digits < 12 && 10 ** -digits > (max - min) / 1000) digits++;
  return digits;
}

function onAxis(axis: SearchAxis, unit: number): number {
  const value = axis.min + unit * (axis.max - axis.min);
  return Number(value.toFixed(axis.integer ? 0 : decimals(axis))) + 0;
}

/** @throws LabError search/no-axis, search/no-goal, search/range, search/test-set, search/numbers, search/goals,
 * search/points, search/questions */
export function checkSettings({ axes, goals, method, evaluations, prompts }: SearchSettings): void {
  if (axes.length === 0)
    throw new LabError('search/no-axis', 'Nothing is to be searched. Choose at least one number of the recipe.');
  if (goals.length === 0 || goals.every(({ importance }) => importance === 0))
    throw new LabError('search/no-goal', 'Nothing is wanted. Choose at least one goal that counts.');
  const held = goals.find(({ set }) => !set.endsWith('-dev'));
  if (held)
    throw new LabError(
      'search/test-set',
      `The questions of ${held.set} are kept for the end: what was tuned on them cannot be tested with them. Search with a set whose name ends in "-dev".`,
      { set: held.set },
    );
  const empty = axes.find(({ min, max }) => !(Number.isFinite(min) && Number.isFinite(max) && min < max));
  if (empty)
    throw new LabError(
      'search/range',
      `The range of ${empty.id} goes from ${empty.min} to ${empty.max}. Let it begin below its end.`,
      { id: empty.id, min: String(empty.min), max: String(empty.max) },
    );
  const limit = (code: string, what: string, found: number, least: number, most: number): void => {
    if (Number.isInteger(found) && found >= least && found <= most) return;
    throw new LabError(code, `The number of ${what} is ${found}. Give one from ${least} to ${most}.`, {
      found: String(found),
      least,
      most,
    });
  };
  limit('search/numbers', 'numbers to search', axes.length, 1, SEARCH_LIMITS.axes);
  limit('search/goals', 'goals', goals.length, 1, SEARCH_LIMITS.goals);
  limit('search/points', 'points', evaluations, method === 'grid' ? 2 ** axes.length : 1, SEARCH_LIMITS.evaluations);
  limit('search/questions', 'questions of each kind', prompts, 1, SEARCH_LIMITS.prompts);
}

/** @returns the merge document of a search */
export const docOf = ({ recipe }: Pick<SearchSettings, 'recipe'>): MergeDoc => recipe.merge as MergeDoc;

/** @returns the recipe at a point: that of the search with each searched number set */
export function recipeAt({ recipe, axes }: SearchSettings, values: readonly number[]): Recipe {
  const merge = axes.reduce((doc, { id }, i) => withTunable(doc, id, values[i]!), docOf({ recipe }));
  return { ...recipe, merge };
}

/** @returns how many points a search asks at most, the one it begins with included */
export const mostPoints = ({ axes, evaluations, method }: SearchSettings): number =>
  1 + (method === 'grid' ? gridPoints(axes.length, evaluations) ** axes.length : evaluations);

/**
 * A search as it stands: which point is next follows from the settings and what was found so far, so these two are all that
 * is ever kept of it.
 */
export class Search {
  readonly #method: Optimizer<unknown>;
  readonly #evaluations: Evaluation[] = [];
  readonly #refused: (readonly number[])[] = [];
  readonly #known = new Map<string, number>();
  readonly #begin: readonly number[];
  #state: unknown;

  /**
   * @param evaluations of an earlier search with the same settings, which goes on
   * @param refused its points that could not be merged
   * @throws LabError those of {@link checkSettings}, recipe/not-tunable
   */
  constructor(
    readonly settings: SearchSettings,
    evaluations: readonly Evaluation[] = [],
    refused: readonly (readonly number[])[] = [],
  ) {
    checkSettings(settings);
    const { axes, evaluations: budget, seed } = settings;
    const known = new Map(tunables(settings).map(({ id, value }) => [id, value]));
    this.#begin = axes.map(({ id }) => {
      const value = known.get(id);
      if (value !== undefined) return value;
      throw new LabError('recipe/not-tunable', `The merge has no number "${id}" that could be searched.`, {
        id,
        value: '',
      });
    });
    this.#method = OPTIMIZERS[settings.method];
    const start = axes.map(({ min, max }, i) => Math.min(1, Math.max(0, (this.#begin[i]! - min) / (max - min))));
    this.#state = this.#method.start({ start, budget, seed, tolerance: SETTLED });
    for (const values of refused) this.refuse(values);
    for (const evaluation of evaluations) {
      this.next();
      this.tell(evaluation);
    }
  }

  get evaluations(): readonly Evaluation[] {
    return this.#evaluations;
  }

  get refused(): readonly (readonly number[])[] {
    return this.#refused;
  }

  /** @returns the point to try next, first the one the search begins with; null when it is over */
  next(): readonly number[] | null {
    if (this.#evaluations.length === 0) return this.#begin;
    if (this.#evaluations.length + this.#refused.length >= mostPoints(this.settings)) return null;
    for (let again = 0; again < REPEATS; again++) {
      const unit = this.#method.ask(this.#state);
      if (!unit) return null;
      const values = this.settings.axes.map((axis, i) => onAxis(axis, unit[i]!));
      const loss = this.#known.get(values.join());
      if (loss === undefined) return values;
      this.#state = this.#method.tell(this.#state, loss);
    }
    return null;
  }

  /** Enters that the point cannot be merged (a density that leaves no chance, for instance): it is tried no more. */
  refuse(values: readonly number[]): void {
    this.#known.set(values.join(), WORST);
    this.#refused.push(values);
  }

  /** Enters what was found at the point that {@link next} gave. */
  tell(evaluation: Evaluation): void {
    const loss = lossOf(this.settings.goals, evaluation);
    this.#known.set(evaluation.values.join(), loss);
    // The point it begins with was nobody's question: a method that asks it hears of it then.
    if (this.#evaluations.length > 0) this.#state = this.#method.tell(this.#state, loss);
    this.#evaluations.push(evaluation);
  }
}

const tunables = (settings: SearchSettings) => {
  // A pair that is searched as one number is one, whatever its weights are now.
  const pair = settings.axes.map(({ id }) => /^weight\/(\w+)-(\w+)$/.exec(id)).find(Boolean);
  return tunablesOf(docOf(settings), pair ? [pair[1]!, pair[2]!] : null);
};

/** @returns the loss of a point: its goals', by what each counts; 0 where all is reached */
export const lossOf = (
  goals: readonly Goal[],
  { rates }: Pick<Evaluation, 'rates'>,
  importances: readonly number[] = goals.map(({ importance }) => importance),
): number =>
  weighted(
    rates.map((rate, i) => goalLoss(goals[i]!, rate)),
    importances,
  );

/**
 * @param importances of the goals, which may have changed since the search
 * @returns the index of the best point; of equals the one whose numbers are nearest to those it began with, each by its
 *   range, and then the earliest; -1 before the first
 */
export function bestOf(
  { axes, goals }: SearchSettings,
  evaluations: readonly Evaluation[],
  importances?: readonly number[],
): number {
  const begin = evaluations[0]?.values ?? [];
  const ranked = evaluations.map((evaluation, at) => ({
    at,
    loss: lossOf(goals, evaluation, importances),
    moved: axes.reduce((sum, { min, max }, i) => sum + ((evaluation.values[i]! - begin[i]!) / (max - min)) ** 2, 0),
  }));
  return ranked.sort((a, b) => a.loss - b.loss || a.moved - b.moved || a.at - b.at)[0]?.at ?? -1;
}
