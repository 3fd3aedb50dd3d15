import { LabError } from '../errors';
import { canonicalJson } from './canonical';
import { mapReferences } from './references';
import type { MergeDoc, Recipe } from './types';

/** @returns every model and stage that a document names, in order of first appearance. */
export function referencedModels(doc: MergeDoc): string[] {
  const names = new Set<string>();
  mapReferences(doc, '', (name) => {
    names.add(name);
    return name;
  });
  return [...names];
}

/** @returns the model and, where it is an adapter, what it is laid on, down to a whole model. */
function withBases(models: Recipe['models'], alias: string): string[] {
  const base = Object.hasOwn(models, alias) ? models[alias]!.base : undefined;
  return base === undefined ? [alias] : [alias, ...withBases(models, base)];
}

/** What the weights of one model depend on, as a comparable text: its source, and those of what it is laid on. */
export const sourceKey = (models: Recipe['models'], alias: string): string =>
  withBases(models, alias)
    .map((name) => models[name]?.src ?? '')
    .join('+');

/**
 * @returns every alias (and stage) that the merge of a recipe uses, with what adapters among them are laid on; models listed
 *   for extra columns are not among them.
 */
export function usedModels(recipe: Recipe): Set<string> {
  const docs = Array.isArray(recipe.merge) ? recipe.merge : [recipe.merge];
  return new Set(docs.flatMap(referencedModels).flatMap((alias) => withBases(recipe.models, alias)));
}

/** The part of a recipe that the merged weights depend on, as a comparable text: equal keys mean equal bits. */
export function mergeKey(recipe: Recipe): string {
  const used = usedModels(recipe);
  const models = Object.entries(recipe.models).filter(([alias]) => used.has(alias));
  return canonicalJson([models.sort(), recipe.merge]);
}

/**
 * Orders a multi-stage merge so that each stage follows those it uses; the result comes last: the document without a
 * name, else the last written one that no other uses (mergekit-multi leaves that open).
 * @throws LabError recipe/cycle
 */
export function stageOrder(merge: MergeDoc | readonly MergeDoc[]): MergeDoc[] {
  const docs: readonly MergeDoc[] = 'merge_method' in merge ? [merge] : merge;
  const used = new Set(docs.flatMap(referencedModels));
  const isResult = (doc: MergeDoc) => doc.name === undefined || !used.has(doc.name);
  const result = docs.find((doc) => doc.name === undefined) ?? [...docs].reverse().find(isResult);
  const ordered: MergeDoc[] = [];
  const open: MergeDoc[] = [];
  const visit = (doc: MergeDoc): void => {
    if (ordered.includes(doc)) return;
    if (open.includes(doc)) {
      const cycle = [...open.slice(open.indexOf(doc)), doc].map((stage) => stage.name ?? '').join(' -> ');
      throw new LabError('recipe/cycle', `The stages use each other in a circle: ${cycle}. Break it.`, { cycle });
    }
    open.push(doc);
    for (const name of referencedModels(doc)) {
      const stage = docs.find((other) => other.name === name);
      if (stage) visit(stage);
    }
    open.pop();
    ordered.push(doc);
  };
  for (const doc of docs) if (doc !== result) visit(doc);
  if (result) visit(result);
  return ordered;
}
