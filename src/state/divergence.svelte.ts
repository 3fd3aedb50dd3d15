import type { TokenDivergence } from '../core/analyze/divergence';
import { toPlainError } from '../core/errors';
import { weightsKey } from './keys';
import type { Lab } from './lab.svelte';
import { rests } from './rest';
import { results } from './results.svelte';

/** How far each column is from the reference column's model, at each token of its answer. Found while nothing else runs. */
class Divergences {
  #known = $state.raw<Readonly<Record<string, readonly TokenDivergence[]>>>({});
  /** What failed (tokens that cannot be compared, as a rule) is not tried again by itself. */
  #failed = $state.raw<ReadonlySet<string>>(new Set());

  /** What the figures of the answer that a column shows depend on; null where they cannot be had. */
  #key(lab: Lab, alias: string): string | null {
    const shown = results.columns[alias];
    if (alias === lab.reference || shown?.phase !== 'done' || shown.finish === 'cancelled') return null;
    if (shown.tokens.length === 0 || shown.tokens.some(({ id }) => id === undefined)) return null;
    return JSON.stringify([shown.key, weightsKey(lab.recipe, lab.reference)]);
  }

  /** @returns one entry per token that the column shows; null while unknown. */
  of(lab: Lab, alias: string): readonly TokenDivergence[] | null {
    const key = this.#key(lab, alias);
    return key === null ? null : (this.#known[key] ?? null);
  }

  /** The next column to compare, while the bench rests; null where there is none. */
  due(lab: Lab): string | null {
    if (!rests(lab)) return null;
    const wanted = lab.columns.find((alias) => {
      const key = lab.source(alias) === 'live' ? this.#key(lab, alias) : null;
      return key !== null && !(key in this.#known) && !this.#failed.has(key);
    });
    return wanted ?? null;
  }

  /** Compares one column; nothing is kept where `signal` is aborted. */
  async measure(lab: Lab, alias: string, signal: AbortSignal): Promise<void> {
    const { recipe, reference, prompt } = lab;
    const key = this.#key(lab, alias);
    if (key === null) return;
    const tokens = (results.columns[alias]?.tokens ?? []).map(({ id }) => id ?? 0);
    try {
      const runtime = await lab.runner.runtime();
      const found = await runtime.divergence(recipe, alias, reference, prompt, tokens, signal);
      this.#known = { ...this.#known, [key]: found };
    } catch (error) {
      if (!signal.aborted && toPlainError(error).code !== 'aborted') this.#failed = new Set([...this.#failed, key]);
    }
  }
}

export const divergences = new Divergences();
