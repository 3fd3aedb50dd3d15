import { LabError } from '../core/errors';
import { applyAdapter } from '../core/lora/apply';
import type { Recipe } from '../core/recipe/types';
import { headOf, type Checkpoint } from './checkpoint';

/**
 * A model of a recipe as it takes part: a whole checkpoint as it is, an adapter laid on its base. Of its text files the
 * adapter's own come first: a fine-tune may bring a chat template or tokens of its own.
 * @param sourceOf the opened folder of an alias.
 * @throws LabError lora/no-base, lora/not-an-adapter, those of applyAdapter, and what `sourceOf` throws.
 */
export function adapted(recipe: Recipe, alias: string, sourceOf: (alias: string) => Checkpoint): Checkpoint {
  const own = sourceOf(alias);
  const baseAlias = recipe.models[alias]?.base;
  if (baseAlias === undefined) {
    if (!own.adapter) return own;
    const trained = own.adapter.config.baseName === null ? '' : ` It was trained on "${own.adapter.config.baseName}".`;
    throw new LabError(
      'lora/no-base',
      `"${alias}" is a LoRA adapter, no whole model, and the recipe does not say what it is laid on.${trained} Add "base": the alias of that model; in YAML write model+adapter.`,
      { model: alias },
    );
  }
  if (!own.adapter)
    throw new LabError(
      'lora/not-an-adapter',
      `"${alias}" is a whole model, not an adapter, so it cannot be laid on "${baseAlias}". Leave out its base.`,
      { model: alias, base: baseAlias },
    );
  const base = adapted(recipe, baseAlias, sourceOf);
  const { index, config } = applyAdapter(headOf(baseAlias, base), own.adapter);
  const { text, vocabulary } = own.text ? own : base;
  const files = new Map([...base.files, ...(own.text ? own.files : [])]);
  return { ...own, index, config, text, vocabulary, files, adapter: null };
}
