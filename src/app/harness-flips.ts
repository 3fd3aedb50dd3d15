import { findFlips } from '../core/analyze/flips';
import { openSum } from '../core/recipe/open-sum';
import type { MergeDoc, Recipe } from '../core/recipe/types';
import { setWeight } from '../core/recipe/weights';
import type { GenerateRequest } from '../engine/api';
import type { LabRuntime } from '../runtime/types';
import { RANGE } from '../state/flips.svelte';

const never = new AbortController().signal;

export interface FlipTimes {
  search: number[];
  recreated: number[];
  /** Answers in one search. */
  asked: number;
}

/**
 * Milliseconds of a whole search for flip points along a sum's first slider, its last one moved between rounds, and of the
 * same answers by the merged model, whose session is made anew for each.
 */
export async function flipTimes(
  runtime: LabRuntime,
  recipe: Recipe,
  request: GenerateRequest,
  merged: (recipe: Recipe) => Promise<unknown>,
  rounds: number,
): Promise<FlipTimes> {
  const { base, vectors, coefficients } = openSum(recipe)!;
  const mix = (at: readonly number[]) => runtime.mix(recipe, base, vectors, at, request, never);
  await runtime.open(recipe, () => undefined, never);
  await mix(coefficients);
  const times: FlipTimes = { search: [], recreated: [], asked: 0 };
  for (let round = 0; round < rounds; round++) {
    const moved = coefficients.with(-1, 1 + round / 100);
    const asked: (readonly number[])[] = [];
    let started = performance.now();
    await findFlips(async (first) => {
      asked.push(moved.with(0, first));
      return (await mix(asked.at(-1)!)).text;
    }, RANGE);
    times.search.push(performance.now() - started);
    started = performance.now();
    for (const at of asked) {
      const doc = vectors.reduce((merge, alias, i) => setWeight(merge, alias, at[i]!), recipe.merge as MergeDoc);
      await merged({ ...recipe, merge: doc });
    }
    times.recreated.push(performance.now() - started);
    times.asked = asked.length;
  }
  return times;
}
