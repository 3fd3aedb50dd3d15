import { LabError } from '../errors';
import { HEAD_MODULE, TEXT_MODULE } from '../recipe/modules';
import { didYouMean, suggest } from '../recipe/suggest';
import { EMBEDDING, HEAD } from './compat';
import type { CheckpointHead } from './types';

/** mergekit 0.1.5's names for the parts of models that have several, and how their tensors' names begin. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  encoder: ['model.encoder.', 'encoder.'],
  decoder: ['model.decoder.', 'decoder.', 'proj_out.'],
  [TEXT_MODULE]: ['language_model.', 'model.language_model.'],
  vision_tower: ['vision_tower.', 'model.vision_tower.', 'visual.', 'model.visual.'],
  multi_modal_projector: ['multi_modal_projector.', 'model.multi_modal_projector.'],
};
const HEADS = /^(language_model\.)?(lm_head|score)\./;
/** Parts that newer files put under `model.` and older ones do not. */
const BESIDE = /^(vision_tower|visual|multi_modal_projector)\./;

const isIn = (tensor: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => tensor.startsWith(prefix));
/** Whether a tensor is a text model's head, in whatever layout. */
export const isHead = (tensor: string): boolean => HEADS.test(tensor);

/** @returns the modules that a checkpoint has; one without parts is all `default`, and the text half of itself. */
export function modulesOf(head: CheckpointHead): string[] {
  const names = [...head.index.tensors.keys()];
  const parts = Object.entries(PREFIXES)
    .filter(([, prefixes]) => names.some((name) => isIn(name, prefixes)))
    .map(([module]) => module);
  if (parts.length < 2) return ['default', TEXT_MODULE, HEAD_MODULE];
  return parts.includes(TEXT_MODULE) ? [...parts, HEAD_MODULE] : parts;
}

/**
 * @param apart whether the head is a module of its own, which takes it out of the one that mergekit counts it to
 * @returns whether a tensor belongs to a module of this checkpoint.
 * @throws LabError `merge/unknown-module`, with the modules there are.
 */
export function inModule(module: string, head: CheckpointHead, apart: boolean): (tensor: string) => boolean {
  const known = modulesOf(head);
  if (!known.includes(module)) throw unknownModule(module, head, known);
  if (module === HEAD_MODULE) return isHead;
  const prefixes = known.includes('default') ? [''] : PREFIXES[module]!;
  return (tensor) => isIn(tensor, prefixes) && !(apart && isHead(tensor));
}

function unknownModule(module: string, head: CheckpointHead, known: readonly string[]): LabError {
  const shown = module.slice(0, 80);
  const suggestion = suggest(module, known);
  return new LabError(
    'merge/unknown-module',
    `${head.alias} has no module "${shown}".${didYouMean(suggestion)} Its modules: ${known.join(', ')}.`,
    { model: head.alias, module: shown, known: known.join(', '), suggestion },
  );
}

/** A tensor's name as a text model by itself has it, and of other parts without the `model.` before them. */
export function plainName(tensor: string): string {
  if (tensor.startsWith('language_model.')) return tensor.slice('language_model.'.length);
  if (tensor.startsWith('model.language_model.')) return `model.${tensor.slice('model.language_model.'.length)}`;
  return tensor.startsWith('model.') && BESIDE.test(tensor.slice('model.'.length))
    ? tensor.slice('model.'.length)
    : tensor;
}

/** @returns the other way round: what a checkpoint calls, or would call, a tensor of that plain name. */
export function namesIn(head: CheckpointHead): (plain: string) => string {
  const names = [...head.index.tensors.keys()];
  const has = (prefix: string): boolean => names.some((name) => name.startsWith(prefix));
  const beside = names.some((name) => plainName(name) !== name && BESIDE.test(plainName(name))) ? 'model.' : '';
  const text = has('model.language_model.') ? 'model.language_model.' : has('language_model.') ? 'language_model.' : '';
  return (plain) => {
    if (BESIDE.test(plain)) return beside + plain;
    // A score is the whole model's own, beside its text half.
    if (text === '' || plain.startsWith('score.')) return plain;
    if (text === 'language_model.') return text + plain;
    return plain.startsWith('model.') ? text + plain.slice('model.'.length) : plain;
  };
}

/** The tensor that a tied head is, by the name the head would have. @returns undefined for any other name */
export const tiedTo = (head: CheckpointHead, name: string): string | undefined =>
  plainName(name) === HEAD ? namesIn(head)(EMBEDDING) : undefined;
