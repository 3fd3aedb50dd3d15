import { canonicalJson } from '../core/recipe/canonical';
import { comparisonOf, type VectorAnalysis } from '../core/analyze/vectors';
import { toPlainError, type PlainError } from '../core/errors';
import { sourceKey } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import type { Progress } from '../engine/api';
import { areOpen, areSmall } from './glance.svelte';
import type { Lab } from './lab.svelte';
import { fetchZooJson } from '../runtime/zoo';

/** The part of a recipe that its comparison depends on, as a comparable text; null where there is nothing to compare. */
function keyOf(recipe: Recipe): string | null {
  const comparison = comparisonOf(recipe);
  if (!comparison) return null;
  const { doc, base, vectors } = comparison;
  return canonicalJson([doc, [base, ...vectors].map((alias) => sourceKey(recipe.models, alias))]);
}

/** What `npm run record` writes of the vectors of a lesson. */
interface RecordedVectors {
  recipe: Recipe;
  analysis: VectorAnalysis;
}

/** @returns null where nothing was recorded, or nothing can be fetched: the vectors can still be compared here. */
async function fetchRecorded(lesson: string): Promise<RecordedVectors | null> {
  try {
    return (await fetchZooJson(`recorded/${lesson}-vectors.json`)) as RecordedVectors;
  } catch {
    return null;
  }
}

/** What the microscope shows: figures of the recipe's task vectors, computed while nothing else is to do. */
class Analysis {
  result = $state.raw<VectorAnalysis | null>(null);
  phase = $state<'idle' | 'opening' | 'comparing'>('idle');
  progress = $state.raw<Progress | null>(null);
  error = $state.raw<PlainError | null>(null);
  /** The comparison that the result is of, and the one that failed: that is tried again only when asked. */
  #key = $state.raw<string | null>(null);
  #failed = $state.raw<string | null>(null);
  #current: AbortController | null = null;
  /** The comparison under way. */
  #running = $state.raw<string | null>(null);
  /** The lesson's recording, its comparison, and whether it is what is shown. */
  #recorded: { lesson: string; key: string | null; analysis: VectorAnalysis | null } | null = null;
  #origin = $state<'live' | 'recorded'>('live');

  source(recipe: Recipe): 'live' | 'recorded' | 'stale' {
    return this.#key !== null && this.#key === keyOf(recipe) ? this.#origin : 'stale';
  }

  /** Shows what was recorded of the lesson's vectors, where it is of those of now and nothing newer is shown. */
  async showRecorded(lab: Lab): Promise<void> {
    const { lesson } = lab;
    if (lesson === null || lab.numeric) return;
    if (this.#recorded?.lesson !== lesson) {
      const found = await fetchRecorded(lesson);
      this.#recorded = { lesson, key: found && keyOf(found.recipe), analysis: found?.analysis ?? null };
    }
    const { key, analysis } = this.#recorded;
    if (!analysis || lab.lesson !== lesson || key !== keyOf(lab.recipe) || this.source(lab.recipe) !== 'stale') return;
    this.result = analysis;
    this.#key = key;
    this.#origin = 'recorded';
  }

  /** Whether the models are here, so that comparing them fetches nothing. */
  ready(lab: Lab): boolean {
    const comparison = comparisonOf(lab.recipe);
    return comparison !== null && areOpen(lab, [comparison.base, ...comparison.vectors]);
  }

  /** Whether the comparison may start by itself: it is new, fetches nothing and takes a moment. */
  due(lab: Lab): boolean {
    const { recipe, runner } = lab;
    const key = keyOf(recipe);
    if (runner.busy || !this.ready(lab) || this.source(recipe) === 'live') return false;
    return this.#failed !== key && this.#running !== key && areSmall(lab);
  }

  /** Whether a comparison runs or is about to: what else there is to look at waits for it. */
  wanted(lab: Lab): boolean {
    return this.phase !== 'idle' || this.due(lab);
  }

  /** Compares the vectors of now, after opening their models where that is still to do; newest wins. */
  async compare(lab: Lab): Promise<void> {
    this.cancel();
    this.error = null;
    const controller = new AbortController();
    this.#current = controller;
    const { signal } = controller;
    let key = keyOf(lab.recipe);
    this.#running = key;
    try {
      if (!this.ready(lab)) {
        this.phase = 'opening';
        await lab.check();
        if (signal.aborted || !this.ready(lab)) return;
      }
      this.phase = 'comparing';
      const { recipe } = lab;
      key = keyOf(recipe);
      this.#running = key;
      const runtime = await lab.runner.runtime();
      const result = await runtime.analyze(
        recipe,
        (progress) => {
          if (!signal.aborted) this.progress = progress;
        },
        signal,
      );
      if (signal.aborted) return;
      this.result = result;
      this.#key = key;
      this.#origin = 'live';
    } catch (error) {
      if (signal.aborted) return;
      this.error = toPlainError(error);
      this.#failed = key;
    } finally {
      if (this.#current === controller) this.#end();
    }
  }

  cancel(): void {
    this.#current?.abort();
    this.#failed = null;
    this.#end();
  }

  #end(): void {
    this.#current = null;
    this.#running = null;
    this.progress = null;
    this.phase = 'idle';
  }
}

export const analysis = new Analysis();
