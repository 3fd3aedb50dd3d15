import { LabError } from '../errors';
import type { MergeContext } from '../merge/method';
import { methodById } from '../merge/registry';
import {
  contextOf,
  countNonFinite,
  decodeWhole,
  inputBytes,
  readInputs,
  refuseNonFinite,
  type RunOptions,
} from '../merge/run';
import { trimAt } from '../merge/trim-model';
import type { MergePlan, PlanTensor } from '../merge/types';
import type { NewSha256 } from '../tensor/types';
import { cropOf, type Crop } from './grid';
import { vectorSize, type VectorSize } from './norms';
import { mixedSigns, type MixedCount } from './signs';
import { addUp } from './sums';
import { thins } from './thins';

const f = Math.fround;
/** Drawn weight by weight: of a smaller picture of all, what was dropped could not be seen. */
const CROP_ROWS = 16;
const CROP_COLUMNS = 32;

/** One task vector on its way through a method. All figures add up over tensors. */
export interface Passage {
  before: VectorSize;
  /** After the method dropped elements of it and rescaled the rest; not yet weighted. */
  thinned: VectorSize;
  /** What of that has the sign that the sum of all vectors took. */
  agreeing: VectorSize;
}

export interface BeforeAfterFigures {
  weights: number;
  vectors: Passage[];
  /** Elements that several weighted vectors change, and those pulled both ways: before and after dropping. */
  signsBefore: MixedCount;
  signsThinned: MixedCount;
  /** Sum of squares of the plain weighted sum, and of what the method adds to the base in its place. */
  plainSquares: number;
  mergedSquares: number;
}

/** What TIES, DARE and their kin do to the vectors of one tensor, or of all. */
export interface BeforeAfter extends BeforeAfterFigures {
  method: string;
  /** Whether the method takes a vote on signs; else all that is left of a vector agrees. */
  elects: boolean;
  /** Aliases of the vectors. */
  vectorsOf: string[];
  /** null: all tensors. */
  tensor: string | null;
  /** Of the middle of one tensor: each vector before and after it was thinned, then the plain sum and the merged one. */
  crops: { before: Crop; after: Crop }[];
}

interface Passed {
  /** Each vector before and after it was thinned, then the plain weighted sum and what the method adds instead. */
  pairs: [before: Float32Array, after: Float32Array][];
  figures: BeforeAfterFigures;
}

type Apply = (inputs: readonly number[], weight: (k: number) => number, shared?: Shared) => Float32Array;
type Shared = Readonly<Record<string, number>>;

/** A sum as it is, without what is done to it afterwards. */
const PLAIN = { normalize: 0, lambda: 1 };

/** Whether a method takes a vote on signs: asked of the method itself, with one element pulled both ways. */
export function elects(method: string): boolean {
  const [params, out] = [{ weight: 1, density: 1 }, new Float32Array(1)];
  const context = { base: 0, shape: [1], shared: PLAIN, perInput: [params, params, params], drawMask: () => undefined };
  methodById(method).apply(
    [0, 2, -1].map((value) => Float32Array.of(value)),
    context,
    1,
    out,
  );
  return out[0] === 2;
}

/**
 * What the method makes of some of the task vectors: on a base of zeros it returns just that, to the bit, with the recipe's
 * own densities, variants and masks.
 */
function applier(tensor: PlanTensor, method: string, deltas: readonly Float32Array[], context: MergeContext): Apply {
  const zeros = new Float32Array(deltas[tensor.base]!.length);
  return (inputs, weight, shared = {}) => {
    const out = new Float32Array(zeros.length);
    const used = [tensor.base, ...inputs];
    const part: MergeContext = {
      ...context,
      base: 0,
      shared: { ...context.shared, ...shared },
      perInput: used.map((k) =>
        k === tensor.base ? context.perInput[k]! : { ...context.perInput[k], weight: weight(k) },
      ),
      trimAt: context.trimAt && used.map((k) => context.trimAt![k]!),
      drawMask: (k, density, mask) => context.drawMask(used[k]!, density, mask),
    };
    methodById(method).apply([zeros, ...inputs.map((k) => deltas[k]!)], part, out.length, out);
    return out;
  };
}

const scaled = (vector: Float32Array, weight: number): Float32Array => vector.map((value) => f(weight * value));

async function passTensor(
  plan: MergePlan,
  tensor: PlanTensor,
  newSha256: NewSha256,
  options: RunOptions,
): Promise<Passed> {
  const raw = await readInputs(tensor, options);
  const whole = raw.map((bytes, k) => decodeWhole(bytes, tensor.inputs[k]!.info.dtype, tensor.castTo));
  const origin = whole[tensor.base]!;
  const deltas = whole.map((values) => values.map((value, i) => f(value - origin[i]!)));
  const spoilt = deltas.find((delta) => countNonFinite(delta) > 0);
  if (spoilt) refuseNonFinite(tensor, raw, spoilt);

  const tunes = deltas.flatMap((_, k) => (k === tensor.base ? [] : [k]));
  const weightOf = (k: number): number => f(tensor.inputs[k]!.params['weight']!);
  const least = await trimAt(plan, tensor, options.signal);
  const apply = applier(tensor, plan.method, deltas, contextOf(plan, tensor, newSha256, least));
  const thinned = tunes.map((k) => apply([k], () => 1, PLAIN));
  const before = tunes.map((k) => scaled(deltas[k]!, weightOf(k)));
  const after = thinned.map((vector, j) => scaled(vector, weightOf(tunes[j]!)));
  // By the paper the vectors vote as they are, whatever their weight: then the votes are the thinned vectors.
  const paper = plan.variants?.election === 'paper';
  const vote = (k: number): number => (paper ? Number(weightOf(k) !== 0) : weightOf(k));
  const votes = paper ? thinned : after;
  const sum = elects(plan.method) ? apply(tunes, vote, PLAIN) : null;
  const plain = before.reduce((total, term) => total.map((value, i) => f(value + term[i]!)));
  const merged = apply(tunes, weightOf);
  return {
    pairs: [...tunes.map((k, j): [Float32Array, Float32Array] => [deltas[k]!, thinned[j]!]), [plain, merged]],
    figures: {
      weights: origin.length,
      vectors: tunes.map((k, j) => ({
        before: vectorSize(deltas[k]!),
        thinned: vectorSize(thinned[j]!),
        agreeing: vectorSize(
          sum ? thinned[j]!.map((value, i) => (votes[j]![i]! * sum[i]! > 0 ? value : 0)) : thinned[j]!,
        ),
      })),
      signsBefore: mixedSigns(before),
      signsThinned: mixedSigns(after),
      plainSquares: vectorSize(plain).squares,
      mergedSquares: vectorSize(merged).squares,
    },
  };
}

/** Bytes that {@link beforeAfter} reads. */
export const beforeAfterBytes = (plan: MergePlan, tensor: string | null): number =>
  inputBytes({ ...plan, tensors: passing(plan, tensor) });

const passing = (plan: MergePlan, name: string | null): readonly PlanTensor[] =>
  plan.tensors.filter((tensor) => tensor.action === 'merge' && (name === null || tensor.name === name));

/**
 * @param name of a merged tensor; null: all of them, one at a time, added up and without crops.
 * @throws LabError `analyze/thins-nothing`, `analyze/no-tensor`, `merge/nan-input`, `merge/overflow`, or what a source throws.
 */
export async function beforeAfter(
  plan: MergePlan,
  name: string | null,
  newSha256: NewSha256,
  options: RunOptions & { readonly pause?: () => Promise<void> } = {},
): Promise<BeforeAfter> {
  if (!thins(plan.method))
    throw new LabError(
      'analyze/thins-nothing',
      `${plan.method} drops nothing of a task vector, so there is no before and after. Choose TIES, DARE, DELLA or Breadcrumbs.`,
      { method: plan.method },
    );
  const tensors = passing(plan, name);
  const [first] = tensors;
  if (!first)
    throw new LabError(
      'analyze/no-tensor',
      `The merge has no merged tensor "${name ?? '*'}". Choose one that all its models have.`,
      { tensor: name ?? '*', model: 'merged' },
    );
  const parts: BeforeAfterFigures[] = [];
  let crops: BeforeAfter['crops'] = [];
  for (const tensor of tensors) {
    const { pairs, figures } = await passTensor(plan, tensor, newSha256, options);
    parts.push(figures);
    if (name !== null)
      crops = pairs.map(([before, after]) => ({
        before: cropOf(before, tensor.shape, CROP_ROWS, CROP_COLUMNS),
        after: cropOf(after, tensor.shape, CROP_ROWS, CROP_COLUMNS),
      }));
    await options.pause?.();
  }
  return {
    method: plan.method,
    elects: elects(plan.method),
    vectorsOf: first.inputs.filter((_, k) => k !== first.base).map(({ alias }) => alias),
    tensor: name,
    crops,
    ...parts.reduce(addUp),
  };
}
