import { findFlips, type Flip } from '../core/analyze/flips';
import { openSum, type OpenSum } from '../core/recipe/open-sum';
import { sourceKey } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import { toPlainError } from '../core/errors';
import { toRequest } from './keys';
import type { Lab } from './lab.svelte';
import { rests, small } from './rest';

/** The slider's own range; swept by the step of its arrow keys, found to that of its finest key. */
export const RANGE = { min: -2, max: 2, step: 0.05, precision: 0.01 };

interface Search {
  done: number;
  total: number;
}

/** What is known of one slider. */
export interface FlipPoints {
  flips: readonly Flip[];
  /** Stale: of other weights or another question, or not complete. */
  source: 'live' | 'stale';
  search: Search | null;
}

/** A slider means the same only among the same models. */
const slider = ({ models }: Recipe, alias: string): string => JSON.stringify([alias, models]);

/** Where, on each vector's slider, the merged model's answer to the present question changes. Found while nothing else runs. */
class Flips {
  #known = $state.raw<Readonly<Record<string, readonly Flip[]>>>({});
  /** The key last found of each slider: shown until that of now is known, so that nothing jumps under a moving hand. */
  #latest = $state.raw<Readonly<Record<string, string>>>({});
  /** Searches that failed are not tried again by themselves. */
  #failed = $state.raw<ReadonlySet<string>>(new Set());
  #search = $state.raw<(Search & { key: string; flips: readonly Flip[] }) | null>(null);
  /** What a search that gave way had asked already, by coefficient: its slider may have moved, but not its answers. */
  #asked: { key: string; texts: Map<number, string> } = { key: '', texts: new Map() };

  /** What a slider's flip points depend on: everything but its own coefficient. */
  #key(lab: Lab, sum: OpenSum, alias: string): string {
    const { recipe } = lab;
    const partner = lab.partner(alias);
    const others = sum.vectors.map((other, i) => [
      sourceKey(recipe.models, other),
      other === alias || other === partner ? null : sum.coefficients[i],
    ]);
    return JSON.stringify([partner, toRequest(recipe), sum.base && sourceKey(recipe.models, sum.base), others]);
  }

  /** Why no slider of the bench can be searched; null where they can, or there is none. */
  obstacle(lab: Lab): 'method' | 'size' | 'sampled' | null {
    const { recipe } = lab;
    if (lab.kind !== 'text' || lab.rack.length === 0) return null;
    if (!openSum(recipe)) return 'method';
    if (!small(lab)) return 'size';
    return toRequest(recipe).temperature > 0 ? 'sampled' : null;
  }

  /** @returns what is known of a slider; null where it cannot be searched. */
  of(lab: Lab, alias: string): FlipPoints | null {
    const { recipe } = lab;
    const sum = openSum(recipe);
    if (!sum || lab.kind !== 'text' || !sum.vectors.includes(alias) || this.obstacle(lab)) return null;
    const key = this.#key(lab, sum, alias);
    const search = this.#search?.key === key ? this.#search : null;
    const known = this.#known[key];
    if (known) return { flips: known, source: 'live', search: null };
    const before = this.#known[this.#latest[slider(recipe, alias)] ?? ''];
    return { flips: before ?? search?.flips ?? [], source: 'stale', search };
  }

  /** The next slider to search, while the bench rests and its merged answer is live; null where there is none. */
  due(lab: Lab): string | null {
    const { recipe } = lab;
    const sum = openSum(recipe);
    if (!sum || !rests(lab) || this.obstacle(lab)) return null;
    const wanted = lab.rack.find((alias) => {
      const key = this.#key(lab, sum, alias);
      return sum.vectors.includes(alias) && !(key in this.#known) && !this.#failed.has(key);
    });
    return wanted ?? null;
  }

  /** Searches one slider. It gives way after at most one token when `signal` is aborted, and goes on from there if asked again. */
  async search(lab: Lab, alias: string, signal: AbortSignal): Promise<void> {
    const { recipe } = lab;
    const sum = openSum(recipe);
    if (!sum || !sum.vectors.includes(alias)) return;
    const key = this.#key(lab, sum, alias);
    const request = toRequest(recipe);
    const at = sum.vectors.indexOf(alias);
    const opposite = sum.vectors.indexOf(lab.partner(alias) ?? '');
    if (this.#asked.key !== key) this.#asked = { key, texts: new Map() };
    const { texts } = this.#asked;
    try {
      const runtime = await lab.runner.runtime();
      const flips = await findFlips(
        async (coefficient) => {
          const said = texts.get(coefficient);
          if (said !== undefined) return said;
          const one = sum.coefficients.with(at, coefficient);
          const coefficients = opposite < 0 ? one : one.with(opposite, 0 - coefficient);
          const text = (await runtime.mix(recipe, sum.base, sum.vectors, coefficients, request, signal)).text.trim();
          texts.set(coefficient, text);
          return text;
        },
        RANGE,
        (done, total, found) => {
          if (!signal.aborted) this.#search = { key, done, total, flips: [...found] };
        },
      );
      this.#known = { ...this.#known, [key]: flips };
      this.#latest = { ...this.#latest, [slider(recipe, alias)]: key };
    } catch (error) {
      if (!signal.aborted && toPlainError(error).code !== 'aborted') this.#failed = new Set([...this.#failed, key]);
    } finally {
      if (this.#search?.key === key) this.#search = null;
    }
  }

  /** @returns the weight just across a flip point: pressed again, it leads back. */
  across(weight: number, { at }: Flip): number {
    const unit = Math.round(1 / RANGE.precision);
    return weight < at ? at : (Math.round(at * unit) - 1) / unit;
  }
}

export const flips = new Flips();
