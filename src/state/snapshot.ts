import { canonicalJson } from '../core/recipe/canonical';
import { mergeToFormula } from '../core/recipe/formula-merge';
import { mixedModels } from '../core/recipe/modules';
import type { MergeDoc, Recipe } from '../core/recipe/types';
import { differenceOf } from '../core/recipe/weights';
import { answers } from './answers';
import { columnKey, MERGED } from './keys';
import type { Lab } from './lab.svelte';
import type { Neuron } from './neuron.svelte';
import { recordings } from './recorded';
import { results } from './results.svelte';

/** All that the bench is, to come back to it. Nothing of it is ever changed in place. */
export interface Bench {
  readonly recipe: Recipe;
  readonly lesson: string | null;
  readonly edited: boolean;
  readonly rack: readonly string[];
  readonly muted: Readonly<Record<string, number>>;
  /** What was typed for models that are a few numbers each; null where the models are files. */
  readonly numbers: Pick<Neuron, 'example' | 'weights' | 'tasks' | 'outcome'> | null;
}

export function benchOf(lab: Lab): Bench {
  const { recipe, lesson, edited, rack, numeric } = lab;
  const { example, weights, tasks, outcome } = lab.neuron;
  return {
    recipe,
    lesson,
    edited,
    rack,
    muted: lab.mixer.muted,
    numbers: numeric ? { example, weights, tasks, outcome } : null,
  };
}

/** Puts a bench back, with the answers that are known of it; the merged column follows where it can. */
export function restore(lab: Lab, bench: Bench): void {
  lab.drop();
  lab.resetFormula();
  const sameModels = JSON.stringify(bench.recipe.models) === JSON.stringify(lab.recipe.models);
  // An alias of another bench is another model: its answers must not stay as old ones of this.
  if (!sameModels || bench.lesson !== lab.lesson) results.clear();
  lab.recipe = bench.recipe;
  lab.lesson = bench.lesson;
  // The address of a bench without a lesson is its link, whatever it was when it was opened.
  lab.edited = bench.edited || bench.lesson === null;
  lab.rack = bench.rack;
  lab.mixer.muted = bench.muted;
  results.position = null;
  answers.show(lab.columns.map((alias) => [alias, columnKey(bench.recipe, alias)]));
  lab.runner.recipeChanged(bench.recipe);
  if (bench.numbers) Object.assign(lab.neuron, bench.numbers);
  lab.catchUp();
  recordings.show(lab);
}

/** What a step of the history changed; `alias` for a weight. */
export interface Change {
  readonly kind: 'open' | 'models' | 'weight' | 'method' | 'settings' | 'prompt' | 'columns' | 'numbers' | 'several';
  readonly alias?: string;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const single = (recipe: Recipe): MergeDoc | null => (Array.isArray(recipe.merge) ? null : recipe.merge);

const weightsIn = (doc: MergeDoc): Record<string, string> =>
  Object.fromEntries(
    (mixedModels(doc) ?? []).map(({ model, parameters }) => [model, JSON.stringify(parameters?.weight)]),
  );

function mergeChange(a: Recipe, b: Recipe): Change {
  const [before, after] = [single(a), single(b)];
  if (!before || !after) return { kind: 'settings' };
  const [old, now] = [weightsIn(before), weightsIn(after)];
  const [alias, ...others] = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (model) => old[model] !== now[model],
  );
  const coupled = differenceOf(before) && differenceOf(after) ? others.length <= 1 : others.length === 0;
  if (alias !== undefined && coupled && before.base_model === after.base_model) return { kind: 'weight', alias };
  if (alias !== undefined) return { kind: 'several' };
  return { kind: before.merge_method === after.merge_method ? 'settings' : 'method' };
}

/** @returns what parts the two; null where they are the same bench to those who look at it. */
export function changeBetween(a: Bench, b: Bench): Change | null {
  if (a.lesson !== b.lesson) return { kind: 'open' };
  const changes: Change[] = [];
  const numeric = a.numbers !== null && b.numbers !== null;
  if (numeric && !same([a.numbers.weights, a.numbers.tasks], [b.numbers.weights, b.numbers.tasks]))
    changes.push({ kind: 'numbers' });
  // Sources of typed numbers follow from the numbers, a moment later.
  const models = ({ models: of }: Recipe): unknown => (numeric ? Object.keys(of) : of);
  if (!same(models(a.recipe), models(b.recipe))) changes.push({ kind: 'models' });
  if (!same(a.recipe.merge, b.recipe.merge)) changes.push(mergeChange(a.recipe, b.recipe));
  if (!same(a.recipe.run, b.recipe.run)) changes.push({ kind: 'prompt' });
  if (!same(a.recipe.view, b.recipe.view)) changes.push({ kind: 'columns' });
  const [first = null, ...others] = changes;
  // A new model comes with its column.
  if (others.every(({ kind }) => kind === 'columns') && first?.kind === 'models') return first;
  return others.length === 0 ? first : { kind: 'several' };
}

/** What the merged answer of a bench depends on, as a comparable string. */
export const runKey = ({ recipe, numbers }: Bench): string =>
  numbers ? canonicalJson([recipe.merge, numbers.weights, numbers.tasks]) : columnKey(recipe, MERGED);

export const formulaOf = ({ recipe }: Pick<Bench, 'recipe'>): string => mergeToFormula(recipe.merge).text;
