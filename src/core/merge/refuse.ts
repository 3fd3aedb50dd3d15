import { LabError } from '../errors';
import { namedArchitecture } from '../graph/config';
import type { MergeDoc } from '../recipe/types';
import { isFloat } from '../tensor/dtype';
import type { TensorInfo } from '../tensor/types';
import { EMBEDDING, HEAD, shapeText } from './compat';
import { layerCounts } from './layers';
import type { MergeMethod } from './method';
import { plainName } from './modules';
import { scores } from './plan-config';
import { withBase, type Group, type Output, type OutputInput } from './outputs';
import type { CheckpointHead, CompatReport, PlanTensor } from './types';

/** What kind of text model it is, also as the half of a larger one; null where its config does not say. */
function textFamily({ config }: CheckpointHead): string | null {
  const text = config?.['text_config'];
  const type = typeof text === 'object' && text !== null ? (text as { model_type?: unknown }).model_type : undefined;
  const own = type ?? config?.['model_type'];
  return typeof own === 'string' ? own : null;
}

/**
 * The same backbone may stand in models of different architectures: with another head, or as the text half of a model that
 * sees. What it is held to then are names and shapes.
 * @param apart whether the recipe says whose head is taken
 * @throws LabError `merge/architecture-differs`, `merge/heads-differ`
 */
function refuseArchitectures({ module, heads }: Group, apart: boolean): void {
  const reference = heads[0]!;
  for (const head of heads.slice(1)) {
    const [a, b] = [namedArchitecture(reference.config), namedArchitecture(head.config)];
    if (a === null || b === null || a === b) continue;
    const family = textFamily(reference);
    const params = { reference: reference.alias, model: head.alias, expected: a, found: b };
    if (module === null || family === null || family !== textFamily(head))
      throw new LabError(
        'merge/architecture-differs',
        `${reference.alias} is a ${a}, ${head.alias} a ${b}. Only models of one architecture, fine-tuned from one base, can be merged.`,
        params,
      );
    if (!apart && scores(a) !== scores(b))
      throw new LabError(
        'merge/heads-differ',
        `${reference.alias} is a ${a}, ${head.alias} a ${b}: one head writes, the other scores. Say whose head the result gets, under "modules:" as head, or in the formula as "with head of ${head.alias}".`,
        params,
      );
  }
}

/** @throws LabError for what no method may merge: another architecture, no tensor in common, another vocabulary. */
export function refuseIncompatible(report: CompatReport, group: Group, apart = false): void {
  refuseArchitectures(group, apart);
  const stranger = report.models.find((m) => m.counts.same === 0);
  if (stranger)
    throw new LabError(
      'merge/nothing-in-common',
      `${stranger.alias} has no tensor in common with ${report.reference}. Use fine-tunes of the same base.`,
      {
        reference: report.reference,
        model: stranger.alias,
      },
    );
  const other = report.models.find((m) => m.tokenizer === 'differs');
  if (other)
    throw new LabError(
      'merge/tokenizer-differs',
      `${other.alias} numbers its tokens differently from ${report.reference}, so row n of its embedding is another word. Use fine-tunes that kept the tokenizer of their base, or choose a tokenizer source: union or base.`,
      { reference: report.reference, model: other.alias },
    );
}

/** @throws LabError `merge/duplicate-model`, `merge/no-models` */
export function refuseDuplicates(doc: MergeDoc, method: MergeMethod): void {
  const lists = [
    ...(doc.models ? [withBase(doc.models, doc.base_model)] : []),
    ...(doc.slices ?? []).map(({ sources }) => sources),
    ...Object.values(doc.modules ?? {}).flatMap((module) => [
      ...(module.models ? [withBase(module.models, doc.base_model)] : []),
      ...(module.slices ?? []).map(({ sources }) => sources),
    ]),
  ];
  for (const inputs of lists) {
    const listed = inputs.map(({ model }) => model);
    const duplicate = listed.find((alias, i) => listed.indexOf(alias) !== i);
    if (duplicate !== undefined)
      throw new LabError(
        'merge/duplicate-model',
        `The model "${duplicate}" is listed twice. List each model once and add up its weights.`,
        { model: duplicate },
      );
    if (inputs.length === 0)
      throw new LabError('merge/no-models', `${method.id} has no model to merge. List at least one under "models:".`, {
        method: method.id,
      });
  }
}

/** @throws LabError `merge/layer-count` for whole models of different depths, from headers alone. */
export function refuseLayerCounts([reference, ...others]: readonly CheckpointHead[]): void {
  const counts = layerCounts(reference!);
  for (const head of others)
    for (const [stack, count] of layerCounts(head)) {
      const expected = counts.get(stack);
      if (expected === undefined || expected === count) continue;
      throw new LabError(
        'merge/layer-count',
        `${reference!.alias} has ${expected} layers and ${head.alias} ${count}. Merge models of one depth, or name the layers that belong together under "slices:".`,
        { reference: reference!.alias, model: head.alias, expected, found: count, stack },
      );
    }
}

/** @returns the name of the packed format that a checkpoint is stored in, null for plain weights. */
function packedFormat(head: CheckpointHead): string | null {
  const names = [...head.index.tensors.keys()];
  if (names.some((name) => name.includes('.quant_state.bitsandbytes'))) return 'bitsandbytes 4-bit';
  if (names.some((name) => name.endsWith('.qweight'))) return 'GPTQ or AWQ';
  const settings = head.config?.['quantization_config'];
  const method = typeof settings === 'object' && settings !== null ? (settings as { quant_method?: unknown }) : null;
  const packed = [...head.index.tensors.values()].find(
    ({ name, dtype, shape }) => dtype === 'U8' && name.endsWith('.weight') && shape.length === 2 && shape[1] === 1,
  );
  if (packed) return 'bitsandbytes 4-bit';
  return method && [...head.index.tensors.values()].some(({ dtype }) => dtype === 'I8' || dtype === 'U8')
    ? String(method.quant_method ?? 'quantised').slice(0, 40)
    : null;
}

/** @throws LabError `merge/packed`: packed integers are never averaged. */
export function refusePacked(heads: readonly CheckpointHead[]): void {
  for (const head of heads) {
    const format = packedFormat(head);
    if (format === null) continue;
    throw new LabError(
      'merge/packed',
      `${head.alias} is a ${format} checkpoint: its weights are packed integers that cannot be added up. Use the float16, bfloat16 or float32 checkpoint it was made from.`,
      { model: head.alias, format },
    );
  }
}

const describe = ({ dtype, shape }: TensorInfo): string => `${dtype} ${shapeText(shape)}`;

/**
 * @param infoOf the tensor of one input, undefined where the model has none
 * @throws LabError `merge/vocabulary-size`, `merge/shape-mismatch`: nothing is cut to fit.
 */
export function refuseShapes(outputs: readonly Output[], infoOf: (input: OutputInput) => TensorInfo | undefined): void {
  const mismatches = outputs.flatMap((output) => {
    const own = infoOf(output.reference);
    return output.inputs.flatMap((input) => {
      const info = infoOf(input);
      if (!own || !info) return [];
      const same = own.shape.length === info.shape.length && own.shape.every((n, i) => n === info.shape[i]);
      return same && isFloat(own.dtype) === isFloat(info.dtype) ? [] : [{ output, input, own, info }];
    });
  });
  const isVocabulary = (tensor: string): boolean => [EMBEDDING, HEAD].includes(plainName(tensor));
  const bad = mismatches.find(({ output }) => isVocabulary(output.name)) ?? mismatches[0];
  if (!bad) return;
  const vocabulary = isVocabulary(bad.output.name);
  const [reference, model] = [bad.output.reference.head.alias, bad.input.head.alias];
  const [expected, found] = [describe(bad.own), describe(bad.info)];
  throw new LabError(
    vocabulary ? 'merge/vocabulary-size' : 'merge/shape-mismatch',
    `${bad.output.name} is ${expected} in ${reference} but ${found} in ${model}${mismatches.length > 1 ? ` (and ${mismatches.length - 1} more tensors differ)` : ''}. ` +
      (vocabulary
        ? 'The models have vocabularies or widths of different sizes; use fine-tunes of the same base or, where only the vocabularies differ, choose a tokenizer source: union or base.'
        : 'The models do not come from the same base; use fine-tunes of one base.'),
    { reference, model, tensor: bad.output.name, expected, found, more: mismatches.length - 1 },
  );
}

/** A normalized linear merge whose weights cancel divides by zero; said here, before anything is read. */
export function refuseZeroSum(method: MergeMethod, tensors: readonly PlanTensor[]): void {
  const flag = { linear: 'normalize', multislerp: 'normalize_weights' }[method.id];
  if (flag === undefined) return;
  const zero = tensors.find(
    (t) =>
      t.action === 'merge' &&
      t.params[flag] === 1 &&
      t.inputs.filter((_, k) => k !== t.base).length >= (method.id === 'linear' ? 1 : 2) &&
      t.inputs.reduce((sum, i, k) => (k === t.base ? sum : Math.fround(sum + Math.fround(i.params['weight']!))), 0) ===
        0,
  );
  if (zero)
    throw new LabError(
      'merge/weights-sum-zero',
      `The weights of the normalized ${method.id} merge sum to 0 for ${zero.name}, so there is nothing to divide by. Change a weight, or set ${flag}: false.`,
      { tensor: zero.name, method: method.id, flag },
    );
}
