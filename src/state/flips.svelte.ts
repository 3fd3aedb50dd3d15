import { findFlips, type Flip } from '../core/analyze/flips';
import { openSum } from '../core/recipe/open-sum';
import type { Recipe } from '../core/recipe/types';
import { toPlainError } from '../core/errors';
import { toRequest } from './keys';
import type { Lab } from './lab.svelte';
import { rests } from './rest';

/** The slider's own range; found to the step of its finest key. */
const RANGE = { min: -2, max: 2, step: 0.1, precision: 0.01 };

interface Search {
  done: number;
  total: number;
  flips: readonly Flip[];
}

/** Where, on each vector's slider, the merged model's answer to the present question changes. Found while nothing else runs. */
class Flips {
  #known = $state.raw<Readonly<Record<string, readonly Flip[]>>>({});
  /** Searches that failed are not tried again by themselves. */
  #failed = $state.raw<ReadonlySet<string>>(new Set());
  #search = $state.raw<(Search & { key: string }) | null>(null);

  /** What a slider's flip points depend on: everything but its own coefficient. */
  #key(recipe: Recipe, alias: string): string | null {
    const sum = openSum(recipe);
    if (!sum || !sum.vectors.includes(alias)) return null;
    const others = sum.vectors.map((other, i) => [
      recipe.models[other]?.src,
      other === alias ? null : sum.coefficients[i],
    ]);
    return JSON.stringify([toRequest(recipe), sum.base && recipe.models[sum.base]?.src, others]);
  }

  /** @returns what is known of a slider, and how far its search is; null where it cannot be searched. */
  of(recipe: Recipe, alias: string): { flips: readonly Flip[]; search: Search | null } | null {
    const key = this.#key(recipe, alias);
    if (key === null) return null;
    const search = this.#search?.key === key ? this.#search : null;
    return { flips: this.#known[key] ?? search?.flips ?? [], search };
  }

  /** The next slider to search, while the bench rests and its merged answer is live; null where there is none. */
  due(lab: Lab): string | null {
    const { recipe } = lab;
    if (!rests(lab)) return null;
    if ((recipe.run?.temperature ?? 0) > 0) return null;
    const wanted = lab.rack.find((alias) => {
      const key = this.#key(recipe, alias);
      return key !== null && !(key in this.#known) && !this.#failed.has(key);
    });
    return wanted ?? null;
  }

  /** Searches one slider. It gives way after at most one answer when `signal` is aborted; what was found is then forgotten. */
  async search(lab: Lab, alias: string, signal: AbortSignal): Promise<void> {
    const { recipe } = lab;
    const sum = openSum(recipe);
    const key = this.#key(recipe, alias);
    if (!sum || key === null) return;
    const request = toRequest(recipe);
    const at = sum.vectors.indexOf(alias);
    try {
      const runtime = await lab.runner.runtime();
      const flips = await findFlips(
        async (coefficient) => {
          const coefficients = sum.coefficients.with(at, coefficient);
          return (await runtime.mix(recipe, sum.base, sum.vectors, coefficients, request, signal)).text.trim();
        },
        RANGE,
        (done, total, found) => {
          if (!signal.aborted) this.#search = { key, done, total, flips: [...found] };
        },
      );
      this.#known = { ...this.#known, [key]: flips };
    } catch (error) {
      if (!signal.aborted && toPlainError(error).code !== 'aborted') this.#failed = new Set([...this.#failed, key]);
    } finally {
      if (this.#search?.key === key) this.#search = null;
    }
  }
}

export const flips = new Flips();
