import { canonicalJson } from '../core/recipe/canonical';
import { toPlainError, type PlainError } from '../core/errors';
import { MERGED } from '../core/recipe/schema';
import { mergeKey, usedModels } from '../core/recipe/stages';
import type { Rendered, VocabularySummary } from '../engine/api';
import { areOpen } from './glance.svelte';
import type { Lab } from './lab.svelte';

/** What the vocabulary panel shows: vocabularies of the bench's models and of their merge, and the prompt as each reads it. */
class Vocabularies {
  summary = $state.raw<VocabularySummary | null>(null);
  rendered = $state.raw<readonly Rendered[]>([]);
  busy = $state(false);
  error = $state.raw<PlainError | null>(null);
  /** What is shown, or was refused, is of this bench. */
  #key = $state.raw<string | null>(null);
  #current: AbortController | null = null;

  #keyOf({ recipe, prompt }: Lab): string {
    return canonicalJson([mergeKey(recipe), prompt]);
  }

  fresh(lab: Lab): boolean {
    return this.#key === this.#keyOf(lab);
  }

  /** Whether looking fetches nothing and disturbs nobody. */
  due(lab: Lab): boolean {
    return !lab.runner.busy && !this.fresh(lab) && areOpen(lab, this.#targets(lab).slice(1));
  }

  /** The merged model, then those that it is made of. */
  #targets({ recipe }: Lab): string[] {
    const used = usedModels(recipe);
    return [MERGED, ...Object.keys(recipe.models).filter((alias) => used.has(alias))];
  }

  /** Looks at the bench of now; opens the models where that is still to do. Newest wins. */
  async look(lab: Lab): Promise<void> {
    this.#current?.abort();
    const controller = new AbortController();
    this.#current = controller;
    const { signal } = controller;
    const key = this.#keyOf(lab);
    const { recipe, prompt } = lab;
    const [merged, ...models] = this.#targets(lab);
    this.busy = true;
    this.error = null;
    try {
      if (!areOpen(lab, models)) {
        await lab.check();
        if (signal.aborted || !areOpen(lab, models)) return;
      }
      const runtime = await lab.runner.runtime();
      const summary = await runtime.vocabulary(recipe, signal);
      const targets = summary.problem ? models : [merged!, ...models];
      const rendered = await runtime.render(recipe, targets, prompt, signal);
      if (signal.aborted) return;
      this.summary = summary;
      this.rendered = rendered;
      this.#key = key;
    } catch (error) {
      if (signal.aborted) return;
      this.error = toPlainError(error);
      this.#key = key;
    } finally {
      if (this.#current === controller) {
        this.#current = null;
        this.busy = false;
      }
    }
  }

  cancel(): void {
    this.#current?.abort();
    this.#current = null;
    this.busy = false;
  }
}

export const vocabularies = new Vocabularies();
