import { toPlainError, type PlainError } from '../core/errors';
import type { Recipe } from '../core/recipe/types';
import type { AdapterSize, CheckpointSummary } from '../engine/api';
import { nextLocalAlias } from './keys';
import type { Lab } from './lab.svelte';

/** A model of the bench as a base of an adapter. */
export interface Fit {
  readonly base: string;
  /** Why the adapter does not fit; null: it does. */
  readonly error: PlainError | null;
  /** Its change beside the weights; null where it does not fit. */
  readonly size: AdapterSize | null;
}

const bare = (name: string): string => (name.split('/').at(-1) ?? name).toLowerCase();

/** What a model is called: by its alias, its title, and its source's own name with and without its version. */
function names(alias: string, src: string, title: string): string[] {
  const own = src.replace(/^(zoo|hub|file):/, '').replace(/@.*$/, '');
  return [alias, title, own, own.replace(/-\d+$/, '')].map(bare);
}

/** The bench with the adapter laid on one of its models. */
export function withAdapter(lab: Lab, src: string, base: string): { recipe: Recipe; alias: string } {
  const { recipe } = lab;
  const alias = nextLocalAlias(Object.keys(recipe.models));
  return { alias, recipe: { ...recipe, models: { ...recipe.models, [alias]: { src, base } } } };
}

/**
 * Tries an adapter on every model of the bench, from headers; where it fits, measures it.
 * @returns null when it was cancelled or the bench's models cannot be opened (a card says why)
 */
export function fitsOf(lab: Lab, { src }: CheckpointSummary): Promise<Fit[] | null> {
  return lab.runner.job('files', false, async (runtime, signal) => {
    lab.runner.learn(await runtime.open(lab.recipe, lab.runner.onProgress, signal));
    const fits: Fit[] = [];
    for (const base of Object.keys(lab.recipe.models)) {
      const { recipe, alias } = withAdapter(lab, src, base);
      try {
        fits.push({ base, error: null, size: await runtime.adapterSize(recipe, alias, signal) });
      } catch (error) {
        signal.throwIfAborted();
        fits.push({ base, error: toPlainError(error), size: null });
      }
    }
    return fits;
  });
}

/** The model to offer first: of those that fit the one that the adapter's file names, else the base of the merge. */
export function likelyBase(lab: Lab, { adapter }: CheckpointSummary, fits: readonly Fit[]): string | null {
  const fitting = fits.filter(({ error }) => error === null).map(({ base }) => base);
  const named = adapter?.baseName == null ? null : bare(adapter.baseName);
  const called = (base: string): boolean =>
    names(base, lab.recipe.models[base]!.src, lab.runner.models[base]?.title ?? '').includes(named ?? '');
  const usual = lab.doc?.base_model;
  return fitting.find(called) ?? fitting.find((base) => base === usual) ?? fitting[0] ?? null;
}

/** Takes the adapter onto the bench, as a model of its own. */
export async function lay(lab: Lab, { src }: CheckpointSummary, base: string): Promise<void> {
  const { alias } = withAdapter(lab, src, base);
  lab.addModel(alias, src, base);
  await lab.check();
}
