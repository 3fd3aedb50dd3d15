import type { Recipe } from '../core/recipe/types';
import { withInput } from '../core/recipe/weights';
import { errors } from './errors.svelte';
import { MERGED, nextLocalAlias } from './keys';
import { lora } from './lora.svelte';
import type { Lab } from './lab.svelte';
import { withSeedWritten } from '../core/merge/seed';
import { results } from './results.svelte';

export type Dropped = readonly { path: string; file: File }[];

/** Adds checkpoints from this machine as models and, where there is room, as columns. */
export async function addFiles(lab: Lab, groups: readonly Dropped[]): Promise<void> {
  const { runner } = lab;
  for (const files of groups) {
    const alias = nextLocalAlias(Object.keys(lab.recipe.models));
    const summary = await runner.job('files', false, (runtime, signal) =>
      runtime.addFiles(alias, [...files], runner.onProgress, signal),
    );
    if (!summary) return;
    errors.clear('open');
    // The folder that a link or YAML waits for, or one dropped twice: the recipe knows it already, by its bits.
    const known = Object.entries(lab.recipe.models).find(([, { src }]) => src === summary.src)?.[0];
    if (!summary.adapter) runner.learn([{ ...summary, alias: known ?? alias }]);
    if (known !== undefined) continue;
    // An adapter is no model yet: the person says what it is laid on.
    if (summary.adapter) lora.adapters = [...lora.adapters, summary];
    else lab.addModel(alias, summary.src);
  }
}

/**
 * Puts a model into the merge, if it fits. Headers are planned first; then the merge itself is tried, because only
 * its bytes tell of a NaN. What is refused leaves the bench as it was.
 */
export async function addVector(lab: Lab, alias: string): Promise<void> {
  const { runner, recipe: before, doc, rack } = lab;
  const { columns } = results;
  const restoreFingerprint = runner.snapshot();
  if (!doc) return;
  const candidate: Recipe = { ...before, merge: withSeedWritten(withInput(doc, alias)) };
  const plan = await runner.job('merge', false, async (runtime, signal) => {
    runner.learn(await runtime.open(candidate, runner.onProgress, signal));
    return runtime.plan(candidate, signal);
  });
  if (!plan || lab.recipe !== before) return;
  lab.resetFormula();
  lab.edit(candidate);
  if (lab.numeric) return;
  const tried = lab.recipe;
  const done = await runner.run(tried, [MERGED], false);
  if (done === 'failed' && lab.recipe === tried) {
    lab.recipe = before;
    lab.rack = rack;
    results.columns = columns;
    restoreFingerprint();
  }
}

/** Opens a mergekit document in place of the bench; the prompt stays. @returns whether it could be opened. */
export async function importYaml(lab: Lab, text: string): Promise<boolean> {
  const { runner } = lab;
  const recipe = await runner.job('yaml', false, async (runtime, signal) => {
    const { recipe: imported } = await runtime.importYaml(text, signal);
    runner.learn(await runtime.open(imported, runner.onProgress, signal));
    return imported;
  });
  if (!recipe) return false;
  const run = { ...lab.recipe.run, ...recipe.run };
  lab.open({ ...recipe, run }, null);
  lab.edited = true;
  return true;
}
