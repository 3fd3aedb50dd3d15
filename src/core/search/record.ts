import { PROBE_LANGS } from '../probe/judges';
import type { Rate } from '../probe/rates';
import { MEASURES } from '../probe/verdict';
import { parseRecipe } from '../recipe/validate';
import type { Goal } from './goals';
import { checkSettings, SEARCH_METHODS, type Evaluation, type SearchAxis, type SearchSettings } from './search';

/** A point that was counted on the questions kept for the end. */
export interface TestCheck extends Evaluation {
  /** Those of its goals, on the test sets. */
  readonly test: readonly Rate[];
}

/** A search as it is kept: everything else follows from it. */
export interface SearchRecord {
  readonly settings: SearchSettings;
  readonly evaluations: readonly Evaluation[];
  /** Points that could not be merged. */
  readonly refused: readonly (readonly number[])[];
  readonly checks: readonly TestCheck[];
}

const VERSION = 1;
/** A thousand points of eight numbers and goals are below this. */
const MAX_CHARACTERS = 1_000_000;

export const writeRecord = (record: SearchRecord): string => JSON.stringify({ v: VERSION, ...record });

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isFinite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= 200;

const listOf = <T>(value: unknown, is: (one: unknown) => one is T): T[] | null =>
  Array.isArray(value) && value.every(is) ? value : null;
const isNumbers = (value: unknown): value is number[] => listOf(value, isFinite) !== null;
const isRate = (value: unknown): value is Rate =>
  isObject(value) &&
  [value.n, value.k, value.lo, value.hi].every(isFinite) &&
  (value.n as number) > 0 &&
  (value.k as number) <= (value.n as number);
const isAxis = (value: unknown): value is SearchAxis =>
  isObject(value) &&
  isName(value.id) &&
  isFinite(value.min) &&
  isFinite(value.max) &&
  typeof value.integer === 'boolean';
const isGoal = (value: unknown): value is Goal =>
  isObject(value) &&
  [value.set, value.class].every(isName) &&
  PROBE_LANGS.some((lang) => lang === value.lang) &&
  typeof value.measure === 'string' &&
  Object.hasOwn(MEASURES, value.measure) &&
  (value.want === 'more' || value.want === 'less') &&
  isFinite(value.importance) &&
  value.importance >= 0;
const isEvaluation = (value: unknown): value is Evaluation =>
  isObject(value) && isNumbers(value.values) && listOf(value.rates, isRate) !== null;
const isCheck = (value: unknown): value is TestCheck =>
  isEvaluation(value) && listOf((value as unknown as Json).test, isRate) !== null;

/** @returns null for anything that {@link writeRecord} did not write: it comes from storage, which anybody on this device may have changed */
export function readRecord(text: string | null): SearchRecord | null {
  if (text === null || text.length > MAX_CHARACTERS) return null;
  try {
    const json: unknown = JSON.parse(text);
    if (!isObject(json) || json.v !== VERSION || !isObject(json.settings)) return null;
    const {
      recipe: merge,
      axes: onAxes,
      goals: wanted,
      method: named,
      evaluations: most,
      prompts,
      seed,
    } = json.settings;
    const { recipe } = parseRecipe(merge);
    const axes = listOf(onAxes, isAxis);
    const goals = listOf(wanted, isGoal);
    const method = SEARCH_METHODS.find((one) => one === named);
    const evaluations = listOf(json.evaluations, isEvaluation);
    const checks = listOf(json.checks, isCheck);
    const refused = listOf(json.refused, isNumbers);
    if (!axes || !goals || !method || !evaluations || !checks || !refused || Array.isArray(recipe.merge)) return null;
    if (!isFinite(most) || !isFinite(prompts) || !isFinite(seed)) return null;
    const fits = ({ values, rates }: Evaluation): boolean =>
      values.length === axes.length && rates.length === goals.length;
    if (![...evaluations, ...checks].every(fits) || checks.some(({ test }) => test.length !== goals.length))
      return null;
    if (refused.some(({ length }) => length !== axes.length)) return null;
    const settings: SearchSettings = { recipe, axes, goals, method, evaluations: most, prompts, seed };
    checkSettings(settings);
    return { settings, evaluations, refused, checks };
  } catch {
    return null;
  }
}
