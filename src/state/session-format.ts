import { parseRecipe } from '../core/recipe/validate';
import type { NumericTask } from '../core/probe/numeric';
import type { Recipe } from '../core/recipe/types';
import { columnKey, MERGED } from './keys';
import type { ColumnResult } from './results.svelte';
import type { Run } from './runs.svelte';
import type { Bench } from './snapshot';
import type { Token } from './tokens';

const VERSION = 1;
/** Browsers give a page about 5 MB for everything; characters here, which are at most two bytes each. */
export const SESSION_LIMIT = 500_000;
const MAX_RUNS = 50;
const MAX_TOKENS = 4096;
const MAX_TEXT = 65_536;

export interface SavedRun {
  readonly recipe: Recipe;
  readonly lesson: string | null;
  readonly rack: readonly string[];
  readonly time: number;
  readonly columns: Readonly<Record<string, ColumnResult>>;
}
/** A session as it comes back: answers are recorded ones, since this page has not computed them. */
export interface Saved {
  readonly time: number;
  readonly recipe: Recipe;
  readonly lesson: string | null;
  /** Where in the lesson, in the lesson's own words. */
  readonly place: string;
  readonly rack: readonly string[];
  readonly numbers: { weights: Readonly<Record<string, readonly number[]>>; tasks: readonly NumericTask[] } | null;
  readonly runs: readonly SavedRun[];
}

/** Token: piece, own text, and the top five where there is room. */
type TokenTuple = [string, string, [string, number][]?];
interface AnswerJson {
  text: string;
  tokens: TokenTuple[];
}

/**
 * A session as text of at most SESSION_LIMIT characters. Each answer is written once, however many runs share it; where it
 * is too much, first the distributions stay behind, then the oldest runs.
 */
export function writeSession(session: { bench: Bench; place: string; runs: readonly Run[]; time: number }): string {
  const { bench, place, time } = session;
  // Runs of typed numbers have no answers of their own to keep.
  let runs = session.runs.filter(({ bench: { numbers } }) => numbers === null);
  for (const distributions of [true, false]) {
    const text = write(bench, place, time, runs, distributions);
    if (text.length <= SESSION_LIMIT) return text;
  }
  while (runs.length > 0) {
    runs = runs.slice(Math.ceil(runs.length / 4));
    const text = write(bench, place, time, runs, false);
    if (text.length <= SESSION_LIMIT) return text;
  }
  return write(bench, place, time, [], false);
}

function write(bench: Bench, place: string, time: number, runs: readonly Run[], distributions: boolean): string {
  const list: AnswerJson[] = [];
  const indices = new Map<string, number>();
  const indexOf = ({ key, text, tokens }: ColumnResult): number => {
    const index = indices.get(key) ?? list.length;
    indices.set(key, index);
    if (index === list.length) {
      const tuples = tokens.map(({ piece, text: own, top5 }): TokenTuple =>
        distributions
          ? [piece, own, top5.map(({ text: other, p }) => [other, Number(p.toPrecision(4))])]
          : [piece, own],
      );
      list.push({ text, tokens: tuples });
    }
    return index;
  };
  const { recipe, lesson, rack, numbers } = bench;
  return JSON.stringify({
    v: VERSION,
    time,
    recipe,
    lesson,
    place,
    rack,
    numbers: numbers && { weights: numbers.weights, tasks: numbers.tasks },
    runs: runs.map((run) => ({
      recipe: run.bench.recipe,
      lesson: run.bench.lesson,
      rack: run.bench.rack,
      time: run.time,
      columns: Object.fromEntries(Object.entries(run.columns).map(([alias, column]) => [alias, indexOf(column)])),
    })),
    answers: list,
  });
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_TEXT;
export const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 8.64e15;
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(Number.isFinite);

/** @returns null for anything that this version did not write: it is storage, which anybody on this device may have changed. */
export function readSession(text: string | null): Saved | null {
  if (text === null || text.length > SESSION_LIMIT) return null;
  try {
    const json: unknown = JSON.parse(text);
    if (!isObject(json) || json.v !== VERSION || !isTime(json.time)) return null;
    const { recipe } = parseRecipe(json.recipe);
    const answers = listOf(json.answers).map(readAnswer);
    return {
      time: json.time,
      recipe,
      lesson: isText(json.lesson) ? json.lesson : null,
      place: isText(json.place) ? json.place : '',
      rack: readRack(json.rack, recipe),
      numbers: readNumbers(json.numbers),
      runs: listOf(json.runs)
        .slice(-MAX_RUNS)
        .flatMap((run) => readRun(run, answers)),
    };
  } catch {
    return null;
  }
}

const readRack = (value: unknown, { models }: Recipe): string[] => [
  ...new Set(listOf(value).filter((alias): alias is string => isText(alias) && Object.hasOwn(models, alias))),
];

export function readNumbers(value: unknown): Saved['numbers'] {
  if (!isObject(value) || !isObject(value.weights)) return null;
  const rows = Object.entries(value.weights);
  if (!rows.every((row): row is [string, number[]] => isNumbers(row[1]))) return null;
  const tasks = listOf(value.tasks).flatMap((task): NumericTask[] => {
    if (!isObject(task)) return [];
    const { id, owner, inputs, target } = task;
    if (!isText(id) || !isText(owner) || !isNumbers(inputs) || !Number.isFinite(target)) return [];
    return [{ id, owner, inputs, target: target as number }];
  });
  return { weights: Object.fromEntries(rows), tasks };
}

function readAnswer(value: unknown): Pick<ColumnResult, 'text' | 'tokens'> | null {
  if (!isObject(value) || !isText(value.text) || !Array.isArray(value.tokens)) return null;
  const tokens: Token[] = [];
  for (const token of value.tokens.slice(0, MAX_TOKENS)) {
    const [piece, own, top = []] = listOf(token);
    if (!isText(piece) || !isText(own)) return null;
    const top5 = listOf(top).flatMap((choice) => {
      const [text, p] = listOf(choice);
      return isText(text) && typeof p === 'number' && p >= 0 && p <= 1 ? [{ text, p }] : [];
    });
    tokens.push({ piece, text: own, top5: top5.slice(0, 5) });
  }
  return { text: value.text, tokens };
}

/** One run, or none where it is damaged: the others are worth keeping. */
function readRun(value: unknown, answers: readonly ReturnType<typeof readAnswer>[]): SavedRun[] {
  if (!isObject(value) || !isObject(value.columns) || !isTime(value.time)) return [];
  try {
    const { recipe } = parseRecipe(value.recipe);
    const columns: Record<string, ColumnResult> = {};
    for (const [alias, index] of Object.entries(value.columns)) {
      const answer = typeof index === 'number' ? answers[index] : null;
      if (!answer || (alias !== MERGED && !Object.hasOwn(recipe.models, alias))) continue;
      columns[alias] = {
        ...answer,
        key: columnKey(recipe, alias),
        origin: 'recorded',
        phase: 'done',
        unknown: [],
        error: null,
        finish: 'stop',
        firstTokenMs: null,
      };
    }
    if (!columns[MERGED]) return [];
    const lesson = isText(value.lesson) ? value.lesson : null;
    return [{ recipe, lesson, rack: readRack(value.rack, recipe), time: value.time, columns }];
  } catch {
    return [];
  }
}
