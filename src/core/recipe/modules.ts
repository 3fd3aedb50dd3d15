import { METHODS } from './schema';
import type { InputModel, MergeDoc, ModuleDoc, Parameters } from './types';

/** What turns a text model's states into words or scores: ours, mergekit counts it to the module that it belongs to. */
export const HEAD_MODULE = 'head';
/** What a formula's sum is of, where a recipe has modules. */
export const TEXT_MODULE = 'text_decoder';
/** Modules in the order in which they are read, whatever the order of the keys, which a link does not keep. */
export const MODULES: readonly string[] = [
  'default',
  'encoder',
  'decoder',
  TEXT_MODULE,
  'vision_tower',
  'multi_modal_projector',
  HEAD_MODULE,
];

/** @returns the modules that a document names, in the order of {@link MODULES}; others come first, by name. */
export const modulesIn = (doc: MergeDoc): [name: string, module: ModuleDoc][] =>
  Object.entries(doc.modules ?? {}).sort(
    ([a], [b]) => MODULES.indexOf(a) - MODULES.indexOf(b) || (a < b ? -1 : a > b ? 1 : 0),
  );

/** What a module says that lists one model and nothing of its own. */
interface Lone {
  readonly model: string;
  readonly base: string | undefined;
  /** The document's. */
  readonly parameters: Parameters | undefined;
}

/** Whether mergekit has all it needs to merge one model of a module, with the base where there is one. */
export function mergesAlone(methodId: string, { model, base, parameters }: Lone): boolean {
  const method = METHODS[methodId];
  if (!method || model === base) return false;
  const based = method.base !== 'ignored' && base !== undefined;
  const inside = (count: number, [min, max]: readonly [number, number]): boolean => count >= min && count <= max;
  const enough = inside(based ? 2 : 1, method.inputs) && inside(1, method.nonBase);
  const given = Object.entries(method.parameters).every(
    ([id, { default: start }]) => start !== null || parameters?.[id] !== undefined,
  );
  return enough && given;
}

/**
 * @returns the model whose module is taken as it is, whatever the method: the only one listed, without any parameters, where
 *   mergekit could not merge it; null for a module that is merged. `head`, which mergekit does not have, is always taken so.
 */
export function takenFrom(doc: MergeDoc, name: string): string | null {
  const module = doc.modules?.[name];
  const [only, ...others] = module?.models ?? [];
  if (!module || !only || others.length > 0 || only.parameters || module.parameters || module.slices?.length)
    return null;
  const lone: Lone = { model: only.model, base: doc.base_model, parameters: doc.parameters };
  return name !== HEAD_MODULE && mergesAlone(doc.merge_method, lone) ? null : only.model;
}

/**
 * @returns the one module that is merged of whole modules of models, so that sliders can set it; where all are taken as they
 *   are, the text half, which a slider may begin to merge; null where several are merged, or layers are stacked.
 */
export function mixedModule(doc: MergeDoc): string | null {
  const mixed = Object.keys(doc.modules ?? {}).filter((name) => takenFrom(doc, name) === null);
  if (mixed.length === 0) return doc.modules?.[TEXT_MODULE] ? TEXT_MODULE : null;
  const [only, ...others] = mixed;
  return others.length === 0 && doc.modules![only!]!.models?.length ? only! : null;
}

/** @returns the models that sliders set: the document's, or those of the one module that is merged; undefined for neither. */
export function mixedModels(doc: MergeDoc): readonly InputModel[] | undefined {
  if (doc.models || !doc.modules) return doc.models;
  const name = mixedModule(doc);
  return name === null ? undefined : doc.modules[name]!.models;
}

/** @returns the mixed module by itself, as a document of whole models; null for a document without one. */
export function unmixed(doc: MergeDoc): MergeDoc | null {
  const models = mixedModels(doc);
  if (!models || !doc.modules) return models ? doc : null;
  const { modules: _modules, ...rest } = doc;
  return { ...rest, models: [...models] };
}

/** The other way round: `whole` in the place of the mixed module of `doc`, beside the modules taken as they are. */
export function remixed(doc: MergeDoc, { models, ...whole }: MergeDoc): MergeDoc {
  const name = mixedModule(doc);
  if (!doc.modules || name === null) return { ...whole, ...(models && { models }) };
  return { ...whole, modules: { ...doc.modules, [name]: { ...doc.modules[name], models: models ?? [] } } };
}

/** Puts other models in the place of {@link mixedModels}. @returns a new document */
export function withMixedModels(doc: MergeDoc, models: readonly InputModel[]): MergeDoc {
  const name = doc.models ? null : mixedModule(doc);
  if (name === null) return { ...doc, models: [...models] };
  return { ...doc, modules: { ...doc.modules, [name]: { ...doc.modules![name], models: [...models] } } };
}

/** Which model gives which module as it is, in the order of {@link modulesIn}; null where one is neither that nor the mixed one. */
export function takenModules(doc: MergeDoc): [module: string, model: string][] | null {
  const mixed = mixedModule(doc);
  const rest = modulesIn(doc).filter(([name]) => name !== mixed);
  const taken = rest.map(([name]) => [name, takenFrom(doc, name)] as const);
  return taken.every(([, model]) => model !== null) ? (taken as unknown as [string, string][]) : null;
}
