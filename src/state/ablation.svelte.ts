import { toPlainError } from '../core/errors';
import { setCoupled, weightOf } from '../core/recipe/weights';
import type { Recipe } from '../core/recipe/types';
import { columnKey, MERGED, toRequest } from './keys';
import type { Lab } from './lab.svelte';
import { rests } from './rest';
import { results } from './results.svelte';
import { firstSplit, tokensOf, type Token } from './tokens';

/** What the merged model would have said without one of its terms. */
export interface Ablation {
  tokens: readonly Token[];
  /** Where it parts from what the merged model says; null: it says the same. */
  split: number | null;
  /** Stale: of other weights or another question, shown until that of now is known. */
  source: 'live' | 'stale';
}

/** A term means the same only among the same models. */
const term = ({ models }: Recipe, alias: string): string => JSON.stringify([alias, models]);

/** The answers of the merge without each of its terms. Found while nothing else runs. */
class Ablations {
  #known = $state.raw<Readonly<Record<string, readonly Token[]>>>({});
  /** The answer last found of each term of a bench with these models, by its key. */
  #latest = $state.raw<Readonly<Record<string, string>>>({});
  /** Some merges cannot do without a term (nothing is left to divide by); they are not tried again. */
  #failed = $state.raw<ReadonlySet<string>>(new Set());

  /** The recipe with one vector left out; null where its weight is 0 already, or is not one number. */
  #without(lab: Lab, alias: string): { recipe: Recipe; key: string } | null {
    const { recipe } = lab;
    if (Array.isArray(recipe.merge) || !weightOf(recipe.merge, alias)) return null;
    const { v, models, run } = recipe;
    const without: Recipe = {
      v,
      models,
      merge: setCoupled(recipe.merge, alias, 0, lab.partner(alias)),
      ...(run ? { run } : {}),
    };
    return { recipe: without, key: columnKey(without, MERGED) };
  }

  of(lab: Lab, alias: string): Ablation | null {
    const without = this.#without(lab, alias);
    const merged = results.columns[MERGED];
    if (!without || merged?.origin !== 'live') return null;
    const { key } = without;
    const tokens = this.#known[key] ?? this.#known[this.#latest[term(lab.recipe, alias)] ?? ''];
    if (!tokens) return null;
    const live = key in this.#known && lab.source(MERGED) === 'live' && merged.phase === 'done';
    return { tokens, split: firstSplit(merged.tokens, tokens), source: live ? 'live' : 'stale' };
  }

  /** The next term to leave out, while the bench rests; null where there is none. */
  due(lab: Lab): string | null {
    if (!rests(lab)) return null;
    const wanted = lab.rack.find((alias) => {
      const without = this.#without(lab, alias);
      return without && !(without.key in this.#known) && !this.#failed.has(without.key);
    });
    return wanted ?? null;
  }

  /** Asks the merge without one term; nothing is kept where `signal` is aborted. */
  async ask(lab: Lab, alias: string, signal: AbortSignal): Promise<void> {
    const without = this.#without(lab, alias);
    if (!without) return;
    const { key, recipe } = without;
    try {
      const runtime = await lab.runner.runtime();
      const { text, steps, finish } = await runtime.answer(recipe, toRequest(recipe), signal);
      if (signal.aborted || finish === 'cancelled') return;
      this.#known = { ...this.#known, [key]: tokensOf(steps, text) };
      this.#latest = { ...this.#latest, [term(lab.recipe, alias)]: key };
    } catch (error) {
      if (!signal.aborted && toPlainError(error).code !== 'aborted') this.#failed = new Set([...this.#failed, key]);
    }
  }
}

export const ablations = new Ablations();
