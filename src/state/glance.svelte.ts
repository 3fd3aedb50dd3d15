import { toPlainError, type PlainError } from '../core/errors';
import { canonicalJson } from '../core/recipe/canonical';
import { MERGED } from '../core/recipe/schema';
import { mergeKey } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import type { Looks, Progress, Seen } from '../engine/api';
import type { Lab } from './lab.svelte';

/** Whether models are open, so that looking at them fetches nothing. @param aliases without one: all of the bench */
export const areOpen = ({ recipe, runner }: Lab, aliases = Object.keys(recipe.models)): boolean =>
  aliases.every(
    (alias) => runner.models[alias] !== undefined && runner.models[alias].src === recipe.models[alias]?.src,
  );

/** Above this many parameters in one model nothing looks at weights unasked. */
const UNASKED_PARAMETERS = 5_000_000;
export const areSmall = ({ runner }: Lab): boolean =>
  Object.values(runner.models).every(({ parameters }) => parameters <= UNASKED_PARAMETERS);

const sources = ({ models }: Recipe) => Object.entries(models).map(([alias, { src }]) => [alias, src]);
const docs = ({ merge }: Recipe) => (Array.isArray(merge) ? merge : [merge]);

/** What of a recipe each look depends on, beside its options. */
const DEPENDS: { [K in keyof Seen]: (recipe: Recipe, options: Looks[K]) => unknown } = {
  kin: (recipe) => [sources(recipe), docs(recipe).map((doc) => doc.base_model ?? '')],
  tensors: (recipe, { models }) => [sources(recipe), models.includes(MERGED) ? mergeKey(recipe) : ''],
  tensor: (recipe, { first, second }) => [
    sources(recipe),
    [first, second].includes(MERGED) ? mergeKey(recipe) : docs(recipe).map((doc) => doc.base_model ?? ''),
  ],
  passage: (recipe) => mergeKey(recipe),
};

/** Looks under way: one at a time by themselves, so that the worker hears a cancel soon. */
let working = $state(0);

/** One look at the weights of a bench: what is seen, what of, and where a look under way stands; newest wins. */
export class Glance<K extends keyof Seen> {
  seen = $state.raw<Seen[K] | null>(null);
  busy = $state(false);
  progress = $state.raw<Progress | null>(null);
  error = $state.raw<PlainError | null>(null);
  #key = $state.raw<string | null>(null);
  /** What could not be seen is tried again only when asked. */
  #failed = $state.raw<string | null>(null);
  #current: AbortController | null = null;

  constructor(private readonly kind: K) {}

  #keyOf(recipe: Recipe, options: Looks[K]): string {
    return canonicalJson([DEPENDS[this.kind](recipe, options), options]);
  }

  /** Whether what is shown is of this recipe. */
  fresh(recipe: Recipe, options: Looks[K]): boolean {
    return this.#key !== null && this.#key === this.#keyOf(recipe, options);
  }

  /** Whether a look may start by itself: it is new, fetches nothing, disturbs nobody and takes a moment. */
  due(lab: Lab, options: Looks[K]): boolean {
    if (lab.runner.busy || working > 0 || !areOpen(lab) || !areSmall(lab)) return false;
    return !this.fresh(lab.recipe, options) && this.#failed !== this.#keyOf(lab.recipe, options);
  }

  /** Looks now, after opening the models where that is still to do. */
  async look(lab: Lab, options: Looks[K]): Promise<void> {
    this.cancel();
    const controller = new AbortController();
    this.#current = controller;
    const { signal } = controller;
    this.error = null;
    this.busy = true;
    working++;
    let key: string | null = null;
    try {
      if (!areOpen(lab)) {
        await lab.check();
        if (signal.aborted || !areOpen(lab)) return;
      }
      const { recipe } = lab;
      key = this.#keyOf(recipe, options);
      const runtime = await lab.runner.runtime();
      if (signal.aborted) return;
      const onProgress = (progress: Progress) => {
        if (!signal.aborted) this.progress = progress;
      };
      const seen = await runtime.look(recipe, this.kind, options, onProgress, signal);
      if (signal.aborted) return;
      this.seen = seen;
      this.#key = key;
    } catch (error) {
      if (signal.aborted) return;
      this.error = toPlainError(error);
      this.#failed = key;
    } finally {
      working--;
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
    this.progress = null;
    this.busy = false;
  }
}

/** What the microscope looks at beside the comparison of all vectors. */
export const kin = new Glance('kin');
export const tensorList = new Glance('tensors');
export const tensorView = new Glance('tensor');
export const passage = new Glance('passage');
export type AnyGlance = typeof kin | typeof tensorList | typeof tensorView | typeof passage;
