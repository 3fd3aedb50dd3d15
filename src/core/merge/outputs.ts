import { LabError } from '../errors';
import type { InputModel, MergeDoc, Parameters, Slice } from '../recipe/types';
import { compareUtf8 } from '../tensor/utf8';
import { EMBEDDING, HEAD } from './compat';
import { layerCounts, layerOf, layerPosition, nameInLayer, positionIn } from './layers';
import { namesIn, plainName } from './modules';
import type { CheckpointHead } from './types';

export interface Scope {
  readonly parameters: Parameters | undefined;
  /** How errors name it. */
  readonly where: string;
}
export interface OutputInput {
  readonly head: CheckpointHead;
  /** The tensor's name in this model; in a slice its layer has another number than in the result. */
  readonly name: string;
  readonly parameters: Parameters | undefined;
}
/** One tensor of the result and where it comes from, before anything is known of dtypes or values. */
export interface Output {
  readonly name: string;
  readonly inputs: readonly OutputInput[];
  /** Alias of the base among the inputs, undefined where there is none. */
  readonly base: string | undefined;
  /** Position of its layer in its slice, for gradients. */
  readonly position: number;
  /** Scopes outside of the inputs' own, innermost first. */
  readonly scopes: readonly Scope[];
  /** The model that gives the tensor's shape, and the tensor itself where it cannot be merged. */
  readonly reference: OutputInput;
  /** The module that it is in, where the document has modules. */
  readonly module?: string;
  /** Why it is copied, where it has no inputs. */
  readonly why?: string;
}
/** Layers of the result in their order, each with the model and layer it is like. */
export interface Restacked {
  readonly module: string;
  readonly layers: readonly { readonly head: CheckpointHead; readonly layer: number }[];
}
export interface Outputs {
  readonly tensors: readonly Output[];
  /** What slices stacked anew, so that the config can say it. */
  readonly restacked: readonly Restacked[];
  /** Every model that takes part. */
  readonly heads: readonly CheckpointHead[];
  /** The model whose config and tokenizer the result takes. */
  readonly donor: CheckpointHead;
  /** What is merged with each other, the reference first; a model may be in several. */
  readonly groups: readonly Group[];
  /** The model that gives the result its head, where that is a module of its own. */
  readonly headFrom?: CheckpointHead;
}
export interface Group {
  /** null: whole models. */
  readonly module: string | null;
  /** Whether it is whole stacks of layers that are merged, which then must be equally deep. */
  readonly whole: boolean;
  /** Those of their tensors that take part, of a module by plain names. */
  readonly heads: readonly CheckpointHead[];
}

/** Opens a model of the recipe. @throws LabError `merge/unknown-model` */
export type HeadOf = (alias: string) => CheckpointHead;

/** Before the layers come embeddings, after them the final norm and the head; a slice restack takes them from its ends. */
const COMES_FIRST = /(^|\.)(embed|wte|wpe|embd|tok_|conv\d)/;

/** As mergekit does: a base that is not listed comes last among the inputs. */
export function withBase(models: readonly InputModel[], base: string | undefined): readonly InputModel[] {
  return base !== undefined && !models.some(({ model }) => model === base) ? [...models, { model: base }] : models;
}

const has = (head: CheckpointHead, name: string): boolean => head.index.tensors.has(name);

/**
 * Whole models, or those tensors of them that a module holds.
 * @param holds asked of the reference's tensors
 */
export function wholeOutputs(
  models: readonly InputModel[],
  base: string | undefined,
  scopes: readonly Scope[],
  headOf: HeadOf,
  holds: (tensor: string) => boolean,
): Output[] {
  const inputs = withBase(models, base).map(({ model, parameters }) => ({ head: headOf(model), parameters }));
  const reference = inputs.find(({ head }) => head.alias === base) ?? inputs[0];
  if (!reference) return [];
  const names = new Set(reference.head.index.tensors.keys());
  const namers = inputs.map(({ head }) => namesIn(head));
  const own = namers[inputs.indexOf(reference)]!;
  if (names.has(own(EMBEDDING)) && inputs.some(({ head }, k) => has(head, namers[k]!(HEAD)))) names.add(own(HEAD));
  return [...names].filter(holds).map((name) => ({
    name,
    inputs: inputs.map((input, k) => ({ ...input, name: has(input.head, name) ? name : namers[k]!(plainName(name)) })),
    base,
    position: layerPosition(name, reference.head),
    scopes,
    reference: { ...reference, name },
  }));
}

/** The one stack of layers that slices cut. @throws LabError `merge/no-layers`, `merge/several-stacks` */
function stackOf(head: CheckpointHead): { stack: string; count: number } {
  const counts = layerCounts(head);
  const [first, second] = counts;
  if (!first)
    throw new LabError(
      'merge/no-layers',
      `${head.alias} has no numbered layers to slice${head.config ? '' : ': it has no config.json'}. Merge it under "models:".`,
      { model: head.alias },
    );
  if (second)
    throw new LabError(
      'merge/several-stacks',
      `${head.alias} has several stacks of layers (${[...counts.keys()].join(', ')}), so a slice does not say which it cuts. Put the slices under "modules:".`,
      { model: head.alias, stacks: [...counts.keys()].join(', ') },
    );
  return { stack: first[0], count: first[1] };
}

export function sliceOutputs(
  slices: readonly Slice[],
  docBase: string | undefined,
  outer: readonly Scope[],
  headOf: HeadOf,
  module: string,
): { tensors: Output[]; restacked: Restacked; heads: CheckpointHead[] } {
  const tensors = new Map<string, Output>();
  const layers: Restacked['layers'][number][] = [];
  const heads = new Set<CheckpointHead>();
  let stack: string | null = null;
  slices.forEach((slice, index) => {
    const scopes = [{ parameters: slice.parameters, where: `slice ${index + 1}` }, ...outer];
    const base = slice.base_model ?? docBase;
    const sources = slice.sources.map(({ model, layer_range, parameters }) => {
      const head = headOf(model);
      heads.add(head);
      const own = stackOf(head);
      if (layer_range[1] > own.count)
        throw new LabError(
          'merge/layer-range',
          `Slice ${index + 1} asks for layers ${layer_range[0]} to ${layer_range[1]} of ${model}, which has ${own.count} (0 to ${own.count - 1}; the end is exclusive).`,
          { slice: index + 1, model, begin: layer_range[0], end: layer_range[1], count: own.count },
        );
      return { head, parameters, begin: layer_range[0], end: layer_range[1], stack: own.stack };
    });
    const reference = sources.find(({ head }) => head.alias === base) ?? sources[0]!;
    stack ??= reference.stack;
    const add = (name: string, tensor: string, inLayer: number | null): void => {
      const inputs = sources.map(({ head, parameters, begin, stack: own }) => {
        const place = inLayer === null ? null : layerOf(tensor);
        return { head, parameters, name: place ? nameInLayer({ ...place, stack: own }, begin + inLayer!) : tensor };
      });
      tensors.set(name, {
        name,
        inputs,
        base: inputs.some(({ head }) => head.alias === base) ? base : undefined,
        position: inLayer === null ? 0 : positionIn(inLayer, reference.end - reference.begin),
        scopes,
        reference: inputs[sources.indexOf(reference)]!,
      });
    };
    const outside = [...reference.head.index.tensors.keys()].filter((name) => !layerOf(name));
    const last = index === slices.length - 1;
    if (index === 0) for (const name of outside) if (COMES_FIRST.test(name)) add(name, name, null);
    if (last) {
      for (const name of outside) if (!COMES_FIRST.test(name)) add(name, name, null);
      if (sources.some(({ head }) => has(head, HEAD)) && has(reference.head, EMBEDDING)) add(HEAD, HEAD, null);
    }
    for (const name of reference.head.index.tensors.keys()) {
      const place = layerOf(name);
      if (!place || place.layer < reference.begin || place.layer >= reference.end) continue;
      const inLayer = place.layer - reference.begin;
      add(nameInLayer({ ...place, stack: stack! }, layers.length + inLayer), name, inLayer);
    }
    for (let layer = reference.begin; layer < reference.end; layer++) layers.push({ head: reference.head, layer });
  });
  return { tensors: [...tensors.values()], restacked: { module, layers }, heads: [...heads] };
}

export const sorted = (tensors: readonly Output[]): Output[] =>
  [...tensors].sort((a, b) => compareUtf8(a.name, b.name));

/**
 * Which tensors a document without modules makes, and of what: whole models, or slices of layers stacked anew (mergekit:
 * embeddings from the first slice, the final norm and head from the last).
 * @param global the document's own parameters, outermost of all scopes
 * @throws LabError `merge/...`
 */
export function outputsOf(doc: MergeDoc, global: Scope, headOf: HeadOf): Outputs {
  const made = doc.slices?.length
    ? sliceOutputs(doc.slices, doc.base_model, [global], headOf, 'default')
    : {
        tensors: wholeOutputs(doc.models ?? [], doc.base_model, [global], headOf, () => true),
        heads: withBase(doc.models ?? [], doc.base_model).map(({ model }) => headOf(model)),
      };
  const first = doc.slices?.[0]?.sources[0] ?? withBase(doc.models ?? [], doc.base_model)[0];
  const donor = headOf(doc.base_model ?? first!.model);
  const heads = [...new Set([donor, ...made.heads])];
  return {
    tensors: sorted(made.tensors),
    restacked: 'restacked' in made ? [made.restacked] : [],
    heads,
    donor,
    groups: [{ module: null, whole: doc.models !== undefined, heads }],
  };
}
