import { toPlainError } from '../core/errors';
import type { CheckpointHead, MergePlan } from '../core/merge/types';
import { usedModels } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import { outputFacts, vocabulariesOf } from '../core/vocab/facts';
import { templateOf } from '../core/vocab/templates';
import type { TextFiles } from '../core/vocab/types';
import type { TextMessage, VocabularySummary } from './api';

/** What the merge engine knows that is asked for here. */
export interface Sources {
  /** @throws LabError `source/not-open` */
  head(alias: string): CheckpointHead;
  /** @throws LabError whatever makes the recipe impossible */
  plan(): MergePlan;
}

/** The result's text files: the plan's own, else its donor's. */
export const textOfPlan = ({ tokenizer, donor }: MergePlan, sources: Sources): TextFiles | null =>
  tokenizer ?? sources.head(donor).text ?? null;

/** The vocabularies of the models that a recipe merges, the base's first, and of what they become. */
export function vocabularySummary(recipe: Recipe, sources: Sources): VocabularySummary {
  const docs = Array.isArray(recipe.merge) ? recipe.merge : [recipe.merge];
  const used = [...usedModels(recipe)].filter((alias) => Object.hasOwn(recipe.models, alias));
  const base = docs.map((doc) => doc.base_model).find((alias) => alias !== undefined && used.includes(alias));
  const aliases = base === undefined ? used : [base, ...used.filter((alias) => alias !== base)];
  const heads = aliases.map((alias) => sources.head(alias));
  const models = vocabulariesOf(heads);
  try {
    const plan = sources.plan();
    const text = textOfPlan(plan, sources);
    const reference = heads.find(({ vocabulary }) => vocabulary)?.vocabulary;
    const output = text && reference ? outputFacts(plan, text, reference) : null;
    return { models, output, template: templateOf(text), problem: null };
  } catch (error) {
    return { models, output: null, template: null, problem: toPlainError(error) };
  }
}

/** Sends text files through a port, or why they cannot be had; the receiver closes it. */
export function sendTexts(
  targets: readonly string[],
  textOf: (target: string) => TextFiles | null,
  port: MessagePort,
): void {
  const post = (message: TextMessage): void => port.postMessage(message);
  try {
    for (const target of targets) post({ type: 'text', target, text: textOf(target) });
    post({ type: 'end' });
  } catch (error) {
    post({ type: 'error', error: toPlainError(error) });
  }
}
