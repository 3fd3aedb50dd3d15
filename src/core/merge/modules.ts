import { LabError } from '../errors';
import { didYouMean, suggest } from '../recipe/suggest';
import type { CheckpointHead } from './types';

/** mergekit 0.1.5's names for the parts of models that have several, and how their tensors' names begin. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  default: [''],
  encoder: ['model.encoder.', 'encoder.'],
  decoder: ['model.decoder.', 'decoder.', 'proj_out.'],
  text_decoder: ['language_model.', 'model.language_model.'],
  vision_tower: ['vision_tower.', 'model.vision_tower.', 'visual.', 'model.visual.'],
  multi_modal_projector: ['multi_modal_projector.', 'model.multi_modal_projector.'],
};

const isIn = (tensor: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => tensor.startsWith(prefix));

/** @returns the modules that a checkpoint has; one without parts is all `default`. */
function modulesOf(head: CheckpointHead): string[] {
  const names = [...head.index.tensors.keys()];
  const parts = Object.entries(PREFIXES)
    .filter(([module, prefixes]) => module !== 'default' && names.some((name) => isIn(name, prefixes)))
    .map(([module]) => module);
  return parts.length > 1 ? parts : ['default'];
}

/**
 * @returns whether a tensor belongs to a module of this checkpoint.
 * @throws LabError `merge/unknown-module`, with the modules there are.
 */
export function inModule(module: string, head: CheckpointHead): (tensor: string) => boolean {
  const known = modulesOf(head);
  const prefixes = Object.hasOwn(PREFIXES, module) && known.includes(module) ? PREFIXES[module]! : null;
  if (prefixes) return (tensor) => isIn(tensor, prefixes);
  const suggestion = suggest(module, known);
  throw new LabError(
    'merge/unknown-module',
    `${head.alias} has no module "${module.slice(0, 80)}".${didYouMean(suggestion)} Its modules: ${known.join(', ')}.`,
    { model: head.alias, module: module.slice(0, 80), known: known.join(', '), suggestion },
  );
}
