import { LabError } from '../errors';
import { referencedModels, stageOrder } from '../recipe/stages';
import type { MergeDoc, Recipe } from '../recipe/types';
import { isFloat } from '../tensor/dtype';
import type { DType, NewSha256 } from '../tensor/types';
import { compareUtf8 } from '../tensor/utf8';
import { alignVocabulary } from '../vocab';
import { combined, compare } from './compat';
import type { MergeMethod } from './method';
import { moduleOutputs } from './module-outputs';
import { tiedTo } from './modules';
import { outputsOf, type HeadOf, type Output, type OutputInput, type Scope } from './outputs';
import { DTYPES, MERGEABLE, outputConfig, promote, refuseQuantised, withTrueTie } from './plan-config';
import { noticesFor } from './plan-notices';
import {
  refuseDuplicates,
  refuseIncompatible,
  refuseLayerCounts,
  refusePacked,
  refuseShapes,
  refuseZeroSum,
} from './refuse';
import { refuseParameters, variantsOf } from './refuse-method';
import { methodById } from './registry';
import { evaluate } from './settings';
import { stageHead } from './stage';
import { AS_STORED, type CheckpointHead, type MergePlan, type PlanInput, type PlanTensor } from './types';

function lookup(heads: ReadonlyMap<string, CheckpointHead>): HeadOf {
  return (alias) => {
    const head = heads.get(alias);
    if (head) return head;
    const known = [...heads.keys()].join(', ');
    throw new LabError(
      'merge/unknown-model',
      `The recipe names the model "${alias}", which is not among its models (${known}).`,
      { model: alias, known },
    );
  };
}

function parametersOf(
  specs: MergeMethod['params'],
  scopes: readonly Scope[],
  tensor: string,
  position: number,
): Record<string, number> {
  const values: Record<string, number> = {};
  for (const spec of specs) {
    if (spec.ignored) continue;
    const value = evaluate(spec.id, scopes, tensor, position) ?? spec.default;
    if (value === null) {
      const { where } = scopes[0]!;
      throw new LabError(
        'merge/missing-parameter',
        `The parameter "${spec.id}" of ${where} has no value for ${tensor}. Add it under "parameters:".`,
        { parameter: spec.id, where, tensor },
      );
    }
    values[spec.id] = spec.type === 'boolean' ? Number(value !== 0) : value;
  }
  return values;
}

/** A model's own tensor for an output; a tied head is its embedding. */
const infoOf = ({ head, name }: OutputInput): PlanInput['info'] | undefined =>
  head.index.tensors.get(name) ?? head.index.tensors.get(tiedTo(head, name) ?? '');

interface Casts {
  readonly castTo: DType | null;
  readonly out: DType | null;
}

function planInput(method: MergeMethod, output: Output, input: OutputInput, info: PlanInput['info']): PlanInput {
  const { alias } = input.head;
  refuseQuantised(output.name, alias, info.dtype);
  const isBase = alias === output.base;
  const specs = method.params.filter((spec) => spec.scope === 'input' || (spec.scope === 'non_base' && !isBase));
  const scopes = [{ parameters: input.parameters, where: alias }, ...output.scopes];
  // The name tested by filters is the input's own, as in mergekit: in a slice its layer has another number.
  return { alias, info, params: parametersOf(specs, scopes, info.name, output.position) };
}

function planTensor(method: MergeMethod, output: Output, { castTo, out }: Casts): PlanTensor {
  const { name, reference } = output;
  const own = infoOf(reference)!;
  const inModule = output.module === undefined ? {} : { module: output.module };
  const found = output.inputs.map((input) => ({ ...input, info: infoOf(input) }));
  const copy = (why: string): PlanTensor => {
    const others = found.flatMap(({ head, info }) =>
      info && head !== reference.head ? [{ alias: head.alias, info, params: {} }] : [],
    );
    return {
      name,
      shape: own.shape,
      dtype: isFloat(own.dtype) ? (out ?? castTo ?? own.dtype) : own.dtype,
      action: 'copy',
      inputs: [{ alias: reference.head.alias, info: own, params: {} }, ...others],
      base: 0,
      params: {},
      castTo,
      why,
      ...inModule,
    };
  };
  if (output.inputs.length === 0) return copy(output.why!);
  if (!isFloat(own.dtype)) return copy('integer');
  const missing = found.find(({ info }) => !info);
  if (missing) return copy(`missing in ${missing.head.alias}`);
  const inputs = found.map((input) => planInput(method, output, input, input.info!));
  const shared = method.params.filter((spec) => spec.scope === 'shared');
  return {
    name,
    shape: own.shape,
    dtype: out ?? castTo ?? promote(inputs.map((input) => input.info.dtype)),
    action: 'merge',
    inputs,
    base: method.base === 'ignored' ? -1 : inputs.findIndex(({ alias }) => alias === output.base),
    params: parametersOf(shared, output.scopes, name, output.position),
    castTo,
    why: null,
    ...inModule,
  };
}

export interface PlanOptions {
  /** Leaves it to the run to count what is not finite. */
  readonly allowNonFinite?: boolean;
}

/**
 * Recipe + headers -> what happens to every tensor, before any weight byte is read.
 * dtype rules as mergekit 0.1.5 (references: mergekit, section 1.0): inputs are cast to `dtype`, else promoted; the result to `out_dtype`.
 * @param doc one mergekit document whose model names are keys of `heads`.
 * @throws LabError `merge/...` or `recipe/...` for anything that cannot be merged as asked.
 */
export function planMerge(
  doc: MergeDoc,
  heads: ReadonlyMap<string, CheckpointHead>,
  options: PlanOptions = {},
): MergePlan {
  const method = methodById(doc.merge_method);
  const variants = variantsOf(doc, method);
  if (method.base === 'required' && doc.base_model === undefined && !doc.slices?.every((slice) => slice.base_model))
    throw new LabError(
      'merge/base-required',
      `${method.id} needs a base_model: the model whose difference to the others are the task vectors.`,
      { method: method.id },
    );
  refuseDuplicates(doc, method);
  const global = { parameters: doc.parameters, where: `the recipe (method ${method.id})` };
  const vocabulary = alignVocabulary(doc, heads);
  const outputs = (doc.modules ? moduleOutputs : outputsOf)(doc, global, lookup(vocabulary.heads));
  const { donor, groups, headFrom } = outputs;
  refusePacked(outputs.heads);
  for (const { whole, heads: merged } of groups) if (whole) refuseLayerCounts(merged);
  const reports = groups.map(({ heads: [reference, ...others] }) => compare(reference!, others));
  refuseShapes(outputs.tensors, infoOf);
  groups.forEach((group, k) => refuseIncompatible(reports[k]!, group, headFrom !== undefined));
  const report = combined(reports, donor);

  const casts = { castTo: doc.dtype ? DTYPES[doc.dtype] : null, out: doc.out_dtype ? DTYPES[doc.out_dtype] : null };
  const tensors = outputs.tensors.map((output) => planTensor(method, output, casts));
  refuseParameters(method, tensors, variants);
  if (!options.allowNonFinite) refuseZeroSum(method, tensors);
  return {
    method: method.id,
    seed: doc.lab?.seed ?? 0,
    variants,
    stage: doc.name ?? null,
    tensors,
    report,
    notices: [...vocabulary.notices, ...noticesFor(tensors, report)],
    donor: donor.alias,
    tokenizer: vocabulary.tokenizer,
    config: outputConfig(donor, tensors, outputs.restacked, headFrom),
  };
}

/**
 * {@link planMerge} for a whole recipe. The tensors of a stage are computed where a later stage reads them, one at a time,
 * so a recipe of several stages needs no more memory than its largest tensors and leaves nothing on a disk.
 * @param open gives the head of an alias; asked only for models that the merge uses.
 * @param newSha256 for the random masks of earlier stages.
 * @throws LabError all of planMerge's and `open`'s.
 */
export function planRecipe(
  recipe: Recipe,
  open: (alias: string) => CheckpointHead,
  newSha256: NewSha256,
  options: PlanOptions = {},
): MergePlan {
  const opened = new Map<string, CheckpointHead>();
  let donor: string | null = null;
  const donors = new Map<string, string>();
  const tokenizers = new Map<string, MergePlan['tokenizer']>();
  const notices: MergePlan['notices'][number][] = [];
  let plan: MergePlan | null = null;
  for (const doc of stageOrder(recipe.merge)) {
    for (const alias of referencedModels(doc))
      if (!opened.has(alias) && Object.hasOwn(recipe.models, alias)) opened.set(alias, open(alias));
    const own = planMerge(doc, opened, options);
    // A stage's tokenizer is no file that could be copied.
    const stage = { ...own, tokenizer: own.tokenizer ?? tokenizers.get(own.donor) ?? null };
    plan = stage;
    donor = donors.get(stage.donor) ?? stage.donor;
    notices.push(...stage.notices);
    if (doc.name === undefined) continue;
    donors.set(doc.name, donor);
    tokenizers.set(doc.name, stage.tokenizer);
    opened.set(doc.name, stageHead(doc.name, stage, opened.get(stage.donor)!, newSha256, options));
  }
  return { ...plan!, donor: donor!, notices };
}

/** One checkpoint as a plan: its tensors as stored (`dtype` null) or decoded to `dtype`. Same road, same checks, for parents and merged alike. */
export function planCheckpoint(head: CheckpointHead, dtype: DType | null): MergePlan {
  const tensors = [...head.index.tensors.values()]
    .sort((a, b) => compareUtf8(a.name, b.name))
    .map((info): PlanTensor => {
      const convert = dtype !== null && MERGEABLE.has(info.dtype);
      return {
        name: info.name,
        shape: info.shape,
        dtype: convert ? dtype : info.dtype,
        action: convert ? 'merge' : 'copy',
        inputs: [{ alias: head.alias, info, params: { weight: 1 } }],
        base: -1,
        params: { normalize: 0 },
        castTo: null,
        why: convert ? null : AS_STORED,
      };
    });
  return {
    method: 'linear',
    seed: 0,
    stage: null,
    tensors,
    report: compare(head, []),
    notices: [],
    donor: head.alias,
    config: head.config && withTrueTie(head.config, tensors),
  };
}
