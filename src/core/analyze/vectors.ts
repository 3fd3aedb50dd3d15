import { LabError } from '../errors';
import { planMerge } from '../merge/plan';
import { countNonFinite, decodeWhole, inputBytes, readInputs, refuseNonFinite, type RunOptions } from '../merge/run';
import type { CheckpointHead, PlanTensor } from '../merge/types';
import { referencedModels } from '../recipe/stages';
import type { MergeDoc, Parameters, Recipe } from '../recipe/types';
import { dot } from './cosine';
import { fineFigures, type FineFigures } from './fine';
import { vectorSize, type VectorSize } from './norms';
import { combinations, largestChanges } from './overlap';
import { mostMixedPiece, PIECE_COLUMNS, PIECE_ROWS, type Piece } from './piece';
import { elect, mixedSigns, pairSigns, type Election, type MixedCount, type SignCount, type Vote } from './signs';
import { addUp } from './sums';

/** Share of each vector that counts as its largest changes where the recipe names none: what TIES' authors keep. */
export const DEFAULT_DENSITY = 0.2;
/** Combinations of vectors double with each: above this the first ones are compared. */
export const MAX_VECTORS = 6;

export interface VectorStats extends VectorSize, Vote {
  /** Elements among the largest changes. */
  kept: number;
}
export interface PairStats {
  dot: number;
  /** Where both change a weight at all, and where both count it among their largest changes. */
  changed: SignCount;
  kept: SignCount;
}
/** What is known of task vectors tau_i = theta_i - theta_base over some weights. Everything adds up over tensors. */
export interface VectorFigures {
  weights: number;
  /** Sum of squares of the base: a vector's length over its root is the relative norm. */
  origin: number;
  vectors: VectorStats[];
  /** In the order of {@link pairsOf}. */
  pairs: PairStats[];
  changed: MixedCount;
  kept: MixedCount;
  /** See `combinations`. */
  combinations: number[];
  elected: Omit<Election, 'votes'>;
}
export interface TensorFigures extends VectorFigures {
  name: string;
  shape: readonly number[];
  /** The most mixed part of it, weight by weight; null where it was not recorded. */
  piece: Piece | null;
  /** Of each vector; null where it was not recorded. */
  fine: FineFigures[] | null;
}
export interface VectorAnalysis {
  base: string;
  /** Aliases of the vectors, in the recipe's order. */
  vectors: string[];
  tensors: TensorFigures[];
  total: VectorFigures;
  /** Of each vector, over all tensors. */
  fine: FineFigures[];
  /** Tensors that are copied, not merged, and so not compared. */
  skipped: number;
}

/** Which vectors of a recipe are compared, and how. */
export interface Comparison {
  /** A TIES document with the recipe's base, vectors and weights: its plan is what is analysed. */
  doc: MergeDoc;
  base: string;
  vectors: string[];
  /** The recipe says which share of each vector counts as its largest changes; else it is {@link DEFAULT_DENSITY}. */
  densityGiven: boolean;
}

const only = (parameters: Parameters | undefined, ...names: string[]): Parameters =>
  Object.fromEntries(Object.entries(parameters ?? {}).filter(([name]) => names.includes(name)));

/**
 * What of a recipe can be looked at as task vectors. A merge without a base takes the model called `base`, else its
 * first model, as the one the others differ from.
 * @returns null for a merge of stages, slices or modules, and where fewer than two vectors are left.
 */
export function comparisonOf(recipe: Recipe): Comparison | null {
  const doc = Array.isArray(recipe.merge) ? null : recipe.merge;
  if (!doc?.models || doc.slices || doc.modules) return null;
  const inputs = doc.models;
  const base = doc.base_model ?? (inputs.find(({ model }) => model === 'base') ?? inputs[0])?.model;
  const others = inputs.filter(({ model }) => model !== base).slice(0, MAX_VECTORS);
  if (base === undefined || others.length < 2) return null;
  const densityGiven = [doc, ...others].some(({ parameters }) => parameters?.['density'] !== undefined);
  return {
    doc: {
      merge_method: 'ties',
      base_model: base,
      models: others.map(({ model, parameters }) => ({ model, parameters: only(parameters, 'weight', 'density') })),
      parameters: { density: DEFAULT_DENSITY, weight: 1, ...only(doc.parameters, 'weight', 'density') },
      ...(doc.dtype && { dtype: doc.dtype }),
      ...(doc.tokenizer && { tokenizer: doc.tokenizer }),
      ...(doc.tokenizer_source !== undefined && { tokenizer_source: doc.tokenizer_source }),
    },
    base,
    vectors: others.map(({ model }) => model),
    densityGiven,
  };
}

/** A comparison before any weight byte is read. */
export interface PlannedComparison extends Comparison {
  /** The tensors that are compared. */
  tensors: readonly PlanTensor[];
  /** How many are copied by the merge, and so not compared. */
  skipped: number;
  /** What will be read. */
  bytes: number;
}

/**
 * @param open gives the head of an alias.
 * @throws LabError `merge/too-few-vectors`, and what `planMerge` and `open` throw.
 */
export function planComparison(recipe: Recipe, open: (alias: string) => CheckpointHead): PlannedComparison {
  const comparison = comparisonOf(recipe);
  const heads = comparison && referencedModels(comparison.doc).map((alias) => [alias, open(alias)] as const);
  const plan = comparison && planMerge(comparison.doc, new Map(heads));
  const tensors = plan?.tensors.filter(({ action }) => action === 'merge') ?? [];
  if (!plan || tensors.length === 0)
    throw new LabError(
      'merge/too-few-vectors',
      'The microscope compares two or more task vectors of one base, in one merge without stages. Add another model.',
    );
  return {
    ...comparison,
    tensors,
    skipped: plan.tensors.length - tensors.length,
    bytes: inputBytes({ ...plan, tensors }),
  };
}

/** Every pair a < b of `count` vectors, by index. */
export const pairsOf = (count: number): [a: number, b: number][] =>
  Array.from({ length: count }, (_, a) =>
    Array.from({ length: count - a - 1 }, (_unused, k): [number, number] => [a, a + 1 + k]),
  ).flat();

/** @param deltas one task vector each, of one tensor of the base. @param densities, weights of each in the merge. */
export function compareVectors(
  origin: Float32Array,
  deltas: readonly Float32Array[],
  densities: readonly number[],
  weights: readonly number[],
  shape: readonly number[],
): Omit<TensorFigures, 'name'> {
  const masks = deltas.map((delta, k) => largestChanges(delta, densities[k]!));
  const signs = new Int8Array(deltas[0]?.length ?? 0);
  const { votes, ...elected } = elect(deltas, masks, weights, signs);
  const counts = combinations(masks);
  return {
    shape,
    weights: signs.length,
    origin: dot(origin, origin),
    vectors: deltas.map((delta, k) => ({
      ...vectorSize(delta),
      kept: counts.reduce((sum, count, which) => ((which >>> k) & 1 ? sum + count : sum), 0),
      ...votes[k]!,
    })),
    pairs: pairsOf(deltas.length).map(([a, b]) => ({
      dot: dot(deltas[a]!, deltas[b]!),
      changed: pairSigns(deltas[a]!, deltas[b]!),
      kept: pairSigns(deltas[a]!, deltas[b]!, [masks[a]!, masks[b]!]),
    })),
    changed: mixedSigns(deltas),
    kept: mixedSigns(deltas, masks),
    combinations: counts,
    elected,
    piece: mostMixedPiece(shape, deltas, masks, weights, signs),
    fine: deltas.map((delta, k) => fineFigures(origin, delta, weights[k]!)),
  };
}

/**
 * Reads one tensor of a {@link planComparison} and compares its task vectors, decoded and cast as the merge does.
 * Memory: the tensor's inputs in float32.
 * @throws LabError `merge/nan-input`, `merge/overflow`, or what a source throws.
 */
async function analyzeTensor(tensor: PlanTensor, options: RunOptions = {}): Promise<TensorFigures> {
  const raw = await readInputs(tensor, options);
  const whole = raw.map((bytes, k) => decodeWhole(bytes, tensor.inputs[k]!.info.dtype, tensor.castTo));
  const origin = whole[tensor.base]!;
  const tunes = whole.flatMap((_, k) => (k === tensor.base ? [] : [k]));
  const deltas = tunes.map((k) => {
    const tune = whole[k]!;
    const delta = new Float32Array(tune.length);
    for (let i = 0; i < delta.length; i++) delta[i] = Math.fround(tune[i]! - origin[i]!);
    if (countNonFinite(delta) > 0) refuseNonFinite(tensor, raw, delta);
    return delta;
  });
  const of = (id: string) => tunes.map((k) => tensor.inputs[k]!.params[id]!);
  return { name: tensor.name, ...compareVectors(origin, deltas, of('density'), of('weight'), tensor.shape) };
}

/** The figures of several tensors as those of one: of a layer, or of the whole model. @param parts at least one. */
export function sumFigures(parts: readonly VectorFigures[]): VectorFigures {
  const sums = parts.map(({ weights, origin, vectors, pairs, changed, kept, combinations: counts, elected }) => ({
    weights,
    origin,
    vectors,
    pairs,
    changed,
    kept,
    combinations: counts,
    elected,
  }));
  return sums.reduce((a, b) => addUp(a, b));
}

/**
 * Compares the vectors tensor by tensor.
 * @param options.pause is awaited after each tensor.
 * @throws LabError what {@link analyzeTensor} throws.
 */
export async function analyzeVectors(
  { base, vectors, tensors, skipped }: PlannedComparison,
  options: RunOptions & { readonly pause?: () => Promise<void> } = {},
): Promise<VectorAnalysis> {
  const figures: TensorFigures[] = [];
  for (const tensor of tensors) {
    figures.push(await analyzeTensor(tensor, options));
    await options.pause?.();
  }
  const fine = figures.map((one) => one.fine!).reduce((a, b) => addUp(a, b));
  return { base, vectors, tensors: figures, total: sumFigures(figures), fine, skipped };
}

/** What share of a tensor's weights its vectors disagree on, among the largest changes. */
export const conflictOf = ({ kept, weights }: VectorFigures): number => kept.mixed / weights;

/** Tensors smaller than a piece are noise beside the others. */
const LARGE = PIECE_ROWS * PIECE_COLUMNS;

/** The tensor whose vectors disagree on the largest share of its weights, among those large enough to fill a piece. */
export function mostAtOdds<T extends TensorFigures>(tensors: readonly T[]): T {
  const large = tensors.filter(({ weights }) => weights >= LARGE);
  return (large.length > 0 ? large : tensors).reduce((a, b) => (conflictOf(b) > conflictOf(a) ? b : a));
}

/** Tensors of one layer, of the embedding, or outside all layers. */
export interface Layer {
  /** The part of the tensor's name up to the layer's number, such as `model.layers.3`; null outside all layers. */
  name: string | null;
  number: number | null;
  figures: VectorFigures;
}

/** Figures layer by layer, in the order of their numbers; what is outside all layers comes first. */
export function byLayer(tensors: readonly TensorFigures[]): Layer[] {
  const groups = new Map<string, { name: string | null; number: number | null; parts: TensorFigures[] }>();
  for (const tensor of tensors) {
    const match = /^(.*?(?:^|\.)(?:layers|layer|h|blocks)\.(\d+))\./.exec(tensor.name);
    const name = match?.[1] ?? null;
    const key = name ?? '';
    const group = groups.get(key) ?? { name, number: match ? Number(match[2]) : null, parts: [] };
    group.parts.push(tensor);
    groups.set(key, group);
  }
  const stack = (name: string | null) => name?.replace(/\d+$/, '') ?? '';
  return [...groups.values()]
    .sort((a, b) =>
      stack(a.name) === stack(b.name) ? (a.number ?? -1) - (b.number ?? -1) : stack(a.name) < stack(b.name) ? -1 : 1,
    )
    .map(({ name, number, parts }) => ({ name, number, figures: sumFigures(parts) }));
}
