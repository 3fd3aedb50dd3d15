import { toPlainError, type PlainError } from '../core/errors';
import { canonicalJson } from '../core/recipe/canonical';
import { mergeKey, usedModels } from '../core/recipe/stages';
import type { PlanRow, PlanSummary } from '../engine/api';
import { areOpen } from './glance.svelte';
import type { Lab } from './lab.svelte';

export type { PlanRow, PlanSummary };

/** A moved slider changes the plan; it is made anew when the hand rests. */
const REST_MS = 250;

/** What the plan panel shows: what the merge on the bench would do to every tensor. Only headers are read for it. */
class Plans {
  summary = $state.raw<PlanSummary | null>(null);
  busy = $state(false);
  problem = $state.raw<PlainError | null>(null);
  /** What is shown, or was refused, is of this merge. */
  #key = $state.raw<string | null>(null);
  #current: AbortController | null = null;

  #keyOf = ({ recipe }: Lab): string => canonicalJson([mergeKey(recipe)]);

  fresh(lab: Lab): boolean {
    return this.#key === this.#keyOf(lab);
  }

  #open(lab: Lab): boolean {
    const used = usedModels(lab.recipe);
    return areOpen(
      lab,
      Object.keys(lab.recipe.models).filter((alias) => used.has(alias)),
    );
  }

  /** Whether planning fetches nothing and disturbs nobody. */
  due(lab: Lab): boolean {
    return !lab.runner.busy && !this.fresh(lab) && this.#open(lab);
  }

  /** For an effect: keeps the plan up to what is on the bench, where that costs nothing. @returns what ends it */
  follow(lab: Lab): () => void {
    if (!this.due(lab)) return () => undefined;
    void lab.recipe.merge;
    const timer = setTimeout(() => void this.look(lab), this.summary ? REST_MS : 0);
    return () => clearTimeout(timer);
  }

  /** Plans the merge of now; opens the models where that is still to do. Newest wins. */
  async look(lab: Lab): Promise<void> {
    this.#current?.abort();
    const controller = new AbortController();
    this.#current = controller;
    const { signal } = controller;
    const key = this.#keyOf(lab);
    const { recipe } = lab;
    this.busy = true;
    try {
      if (!this.#open(lab)) {
        await lab.check();
        if (signal.aborted || !this.#open(lab)) return;
      }
      const summary = await (await lab.runner.runtime()).plan(recipe, signal);
      if (signal.aborted) return;
      this.summary = summary;
      this.problem = null;
      this.#key = key;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = toPlainError(error);
      this.#key = key;
    } finally {
      if (this.#current === controller) {
        this.#current = null;
        this.busy = false;
      }
    }
  }
}

export const plans = new Plans();
