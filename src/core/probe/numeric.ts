import type { Recipe } from '../recipe/types';

/** Two numbers that look alike at the three decimals the page shows are equal. */
const TOLERANCE = 0.0005;

/** One thing that a model which takes numbers should be able to do. */
export interface NumericTask {
  readonly id: string;
  /** The alias that learned it. */
  readonly owner: string;
  readonly inputs: readonly number[];
  readonly target: number;
}

/** Models of a few weights that are written down instead of downloaded, and what they should be able to do. */
export interface NeuronExample {
  readonly id: string;
  /** Its models' sources are the fingerprints (C4) of `weights`, so that it is a recipe like any other. */
  readonly recipe: Recipe;
  /** By alias: the row of the float32 tensor `weight`, [1, n]. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly tasks: readonly NumericTask[];
}

/** @returns whether an output is the target, to three decimals. */
export function isRight(output: number, target: number): boolean {
  return Math.abs(output - target) < TOLERANCE;
}
