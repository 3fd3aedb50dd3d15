import { LabError } from '../errors';
import { usedModels } from '../recipe/stages';
import type { InputModel, MergeDoc, MergeDType, Parameters, Recipe } from '../recipe/types';
import { isFloat } from '../tensor/dtype';
import type { DType } from '../tensor/types';
import { compareUtf8 } from '../tensor/utf8';
import { compare, EMBEDDING, HEAD } from './compat';
import type { MergeMethod } from './method';
import { refuseIncompatible, refuseUnsupported, refuseZeroSum } from './refuse';
import { methodById } from './registry';
import { evaluate, layerPosition } from './settings';
import type { CheckpointHead, CompatReport, MergePlan, PlanInput, PlanTensor } from './types';

const DTYPES: Record<MergeDType, DType> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16', float64: 'F64' };
const NAMES = new Map(Object.entries(DTYPES).map(([name, dtype]) => [dtype, name]));
/** Marks a tensor whose bytes are taken as they are, without even looking for NaN: fingerprints of a checkpoint as it was published. */
export const AS_STORED = 'as stored';
/** Floats the arithmetic can decode; anything else that is a float is quantised storage. */
const MERGEABLE: ReadonlySet<DType> = new Set<DType>(['F16', 'BF16', 'F32', 'F64']);

/** torch.promote_types over float dtypes. */
function promote(dtypes: readonly DType[]): DType {
  const set = new Set(dtypes);
  if (set.size === 1) return dtypes[0]!;
  if (set.has('F64')) return 'F64';
  return 'F32';
}

function headOf(alias: string, heads: ReadonlyMap<string, CheckpointHead>): CheckpointHead {
  const head = heads.get(alias);
  if (head) return head;
  const known = [...heads.keys()].join(', ');
  throw new LabError(
    'merge/unknown-model',
    `The recipe names the model "${alias}", which is not among its models (${known}).`,
    { model: alias, known },
  );
}

function parametersOf(
  specs: MergeMethod['params'],
  scopesOf: readonly { parameters: Parameters | undefined; where: string }[],
  tensor: string,
  position: number,
): Record<string, number> {
  const values: Record<string, number> = {};
  for (const spec of specs) {
    if (spec.ignored) continue;
    const value = evaluate(spec.id, scopesOf, tensor, position) ?? spec.default;
    if (value === null)
      throw new LabError(
        'merge/missing-parameter',
        `The parameter "${spec.id}" of ${scopesOf[0]!.where} has no value for ${tensor}. Add it under "parameters:".`,
        {
          parameter: spec.id,
          where: scopesOf[0]!.where,
          tensor,
        },
      );
    values[spec.id] = spec.type === 'boolean' ? Number(value !== 0) : value;
  }
  return values;
}

/** config.json of the result: the donor's, with the dtype and the tied head as they really are. */
function outputConfig(donor: CheckpointHead, tensors: readonly PlanTensor[]): Record<string, unknown> | null {
  if (!donor.config) return null;
  const config: Record<string, unknown> = { ...donor.config };
  const dtypes = new Set(tensors.filter((t) => isFloat(t.dtype)).map((t) => t.dtype));
  const dtype = dtypes.size === 1 ? NAMES.get([...dtypes][0]!) : undefined;
  if (dtype) config['dtype' in config ? 'dtype' : 'torch_dtype'] = dtype;
  return withTrueTie(config, tensors);
}

/** A head is tied exactly when the checkpoint has no head of its own; a config that says otherwise makes loaders drop weights. */
function withTrueTie(config: Record<string, unknown>, tensors: readonly PlanTensor[]): Record<string, unknown> {
  if (!tensors.some((t) => t.name === EMBEDDING)) return config;
  return { ...config, tie_word_embeddings: !tensors.some((t) => t.name === HEAD) };
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
  options: { allowNonFinite?: boolean } = {},
): MergePlan {
  const method = methodById(doc.merge_method);
  refuseUnsupported(doc);
  const models: readonly InputModel[] = doc.models ?? [];
  if (method.base === 'required' && doc.base_model === undefined)
    throw new LabError(
      'merge/base-required',
      `${method.id} needs a base_model: the model whose difference to the others are the task vectors.`,
      { method: method.id },
    );
  const listed = models.map((m) => m.model);
  const duplicate = listed.find((alias, i) => listed.indexOf(alias) !== i);
  if (duplicate !== undefined)
    throw new LabError(
      'merge/duplicate-model',
      `The model "${duplicate}" is listed twice. List each model once and add up its weights.`,
      { model: duplicate },
    );
  // As mergekit does: an unlisted base comes last among the inputs.
  const inputModels: readonly InputModel[] =
    doc.base_model !== undefined && !listed.includes(doc.base_model) ? [...models, { model: doc.base_model }] : models;
  if (inputModels.length < method.minInputs)
    throw new LabError('merge/no-models', `${method.id} has no model to merge. List at least one under "models:".`, {
      method: method.id,
    });

  const reference = headOf(doc.base_model ?? inputModels[0]!.model, heads);
  const inputs = inputModels.map((m) => ({ ...m, head: headOf(m.model, heads) }));
  const others = inputs.map((m) => m.head).filter((head) => head !== reference);
  const report = compare(reference, others);
  refuseIncompatible(report, [reference, ...others]);

  const layers =
    typeof reference.config?.['num_hidden_layers'] === 'number' ? reference.config['num_hidden_layers'] : null;
  const castTo = doc.dtype ? DTYPES[doc.dtype] : null;
  const outDType = doc.out_dtype ? DTYPES[doc.out_dtype] : null;
  const global = { parameters: doc.parameters, where: `the recipe (method ${method.id})` };

  const names = new Set(reference.index.tensors.keys());
  if (inputs.some((m) => m.head.index.tensors.has(HEAD)) && names.has(EMBEDDING)) names.add(HEAD);

  const planTensor = (name: string): PlanTensor => {
    const position = layerPosition(name, layers);
    const found = inputs.map((m) => {
      const tensors = m.head.index.tensors;
      return { ...m, info: tensors.get(name) ?? (name === HEAD ? tensors.get(EMBEDDING) : undefined) };
    });
    const own = reference.index.tensors.get(name) ?? reference.index.tensors.get(EMBEDDING)!;
    const copy = (why: string): PlanTensor => ({
      name,
      shape: own.shape,
      dtype: isFloat(own.dtype) ? (outDType ?? castTo ?? own.dtype) : own.dtype,
      action: 'copy',
      inputs: found
        .flatMap((m) => (m.info ? [{ alias: m.model, info: m.info, params: {} }] : []))
        .sort((a, b) => Number(b.alias === reference.alias) - Number(a.alias === reference.alias)),
      base: 0,
      params: {},
      castTo,
      why,
    });
    if (!isFloat(own.dtype)) return copy('integer');
    const missing = found.find((m) => !m.info);
    if (missing) return copy(`missing in ${missing.model}`);
    const planInputs: PlanInput[] = found.map((m) => {
      const info = m.info!;
      if (!MERGEABLE.has(info.dtype))
        throw new LabError(
          'merge/quantised',
          `${name} of ${m.model} is stored as ${info.dtype}, a quantised format that cannot be added up. Use the float16, bfloat16 or float32 checkpoint.`,
          {
            tensor: name,
            model: m.model,
            dtype: info.dtype,
          },
        );
      const isBase = m.model === doc.base_model;
      const specs = method.params.filter((spec) => spec.scope === 'input' || (spec.scope === 'non_base' && !isBase));
      return {
        alias: m.model,
        info,
        params: parametersOf(specs, [{ parameters: m.parameters, where: m.model }, global], info.name, position),
      };
    });
    return {
      name,
      shape: own.shape,
      dtype: outDType ?? castTo ?? promote(planInputs.map((input) => input.info.dtype)),
      action: 'merge',
      inputs: planInputs,
      base: method.base === 'ignored' ? -1 : planInputs.findIndex((input) => input.alias === doc.base_model),
      params: parametersOf(
        method.params.filter((spec) => spec.scope === 'shared'),
        [global],
        name,
        position,
      ),
      castTo,
      why: null,
    };
  };

  const tensors = [...names].sort(compareUtf8).map(planTensor);
  if (!options.allowNonFinite) refuseZeroSum(method, tensors);
  return {
    method: method.id,
    seed: doc.lab?.seed ?? 0,
    stage: null,
    tensors,
    report,
    notices: noticesFor(tensors, report),
    donor: reference.alias,
    config: outputConfig(reference, tensors),
  };
}

/**
 * {@link planMerge} for a whole recipe.
 * @param open gives the head of an alias; asked only for models that the merge uses.
 * @throws LabError `merge/unsupported-key` for recipes of several stages, and all of planMerge's and `open`'s.
 */
export function planRecipe(
  recipe: Recipe,
  open: (alias: string) => CheckpointHead,
  options: { allowNonFinite?: boolean } = {},
): MergePlan {
  if (Array.isArray(recipe.merge))
    throw new LabError(
      'merge/unsupported-key',
      'The recipe has several stages, which this version of Merge Lab cannot run yet. Merge it with mergekit.',
      { keys: 'name' },
    );
  const used = usedModels(recipe);
  const aliases = Object.keys(recipe.models).filter((alias) => used.has(alias));
  return planMerge(recipe.merge, new Map(aliases.map((alias) => [alias, open(alias)])), options);
}

function noticesFor(tensors: readonly PlanTensor[], report: CompatReport): MergePlan['notices'] {
  const notices: { code: string; message: string; params: Record<string, string | number> }[] = [];
  const merged = tensors.filter((t) => t.action === 'merge');
  const copied = tensors.filter((t) => t.action === 'copy' && t.why !== 'integer').length;
  if (copied > 0)
    notices.push({
      code: 'merge/copied',
      message: `${copied} tensors are missing in a model and were copied from ${report.reference}.`,
      params: { count: copied, model: report.reference },
    });
  const extra = report.issues.filter((issue) => issue.relation === 'extra').length;
  if (extra > 0)
    notices.push({
      code: 'merge/extra',
      message: `${extra} tensors that ${report.reference} does not have were left out.`,
      params: { count: extra, model: report.reference },
    });
  if (merged.some((t) => t.inputs.some((i) => i.info.dtype === 'F64')))
    notices.push({ code: 'merge/f64', message: 'float64 weights are merged in float32.', params: {} });
  if (merged.some((t) => t.base >= 0 && t.inputs.length === 2 && t.params['normalize'] === 1))
    notices.push({
      code: 'merge/weight-cancels',
      message:
        'With one task vector, normalize divides its weight by itself: no weight has an effect, not even its sign.',
      params: {},
    });
  const lowered = merged.find(
    (t) =>
      t.castTo !== null && (t.castTo === 'F16' || t.castTo === 'BF16') && t.inputs.some((i) => i.info.dtype === 'F32'),
  );
  if (lowered)
    notices.push({
      code: 'merge/cast-first',
      message: `dtype casts the inputs to ${lowered.castTo} before the arithmetic and loses small differences; out_dtype would round once, at the end.`,
      params: { dtype: lowered.castTo! },
    });
  return notices;
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
