import { electSigns } from './consensus/sign';
import { method, type Law, type MergeContext, type MergeMethod } from './method';
import { sparseWork } from './sparse-work';
import { rankedChances } from './sparsify/chances';
import { atLeastMask, magnitudeMask } from './sparsify/magnitude';
import { outlierMask } from './sparsify/outliers';
import { rescaleFactor } from './sparsify/rescale';
import type { Sparsify } from './sparsify/thinner';

const f = Math.fround;
const BLOCK = 4096;
/** Below this |sum of weights| mergekit leaves a normalized sum as it is. */
const NEGLIGIBLE = 1e-8;

interface Traits {
  readonly id: string;
  /** What is kept: the largest, what chance picks, the same with better chances for the larger, all but the smallest and outliers. */
  readonly sparsify: Sparsify;
  readonly consensus: boolean;
}

/** However elements are dropped, and whether signs are elected or not. */
const LAWS: readonly Law[] = [
  { id: 'identical-inputs', tolerance: 0 },
  { id: 'zero-weights-give-base', tolerance: 0 },
  { id: 'density-zero-gives-base', tolerance: 0 },
  { id: 'weight-one-gives-input', tolerance: 2e-6 },
  { id: 'weight-zero-changes-nothing', tolerance: 0 },
  { id: 'negation', tolerance: 2e-6 },
  { id: 'order-of-inputs', tolerance: 2e-6 },
];
/** An election is no sum. */
const LAWS_OF_SUMS: readonly Law[] = [
  ...LAWS,
  { id: 'density-one-gives-task-arithmetic', tolerance: 0 },
  { id: 'additive-in-weights', tolerance: 4e-6 },
];

/** What becomes of one task vector before it is weighted: times 0 or 1, times a factor, or divided by chances. */
interface Thinning {
  readonly mask: Uint8Array;
  readonly factor: number;
  readonly chances: Float32Array | null;
}

function thin(
  traits: Traits,
  context: MergeContext,
  k: number,
  difference: () => Float32Array,
  length: number,
): Thinning | null {
  const { density, epsilon, gamma } = context.perInput[k]! as { density: number; epsilon: number; gamma: number };
  if (density >= 1) return null;
  const mask = new Uint8Array(length);
  if (density <= 0) return { mask, factor: 1, chances: null };
  const { sparsify } = traits;
  const rescale = context.shared['rescale'] === 1;
  const byDensity = rescale && context.variants?.rescale === 'density';
  const delta = sparsify !== 'random' || (rescale && !byDensity) ? difference() : null;
  let chances: Float32Array | null = null;
  if (sparsify === 'magnitude') {
    if (context.variants?.trim === 'model') atLeastMask(delta!, context.trimAt![k]!, mask);
    else magnitudeMask(delta!, density, mask);
  } else if (sparsify === 'outliers') outlierMask(delta!, density, gamma, mask);
  else {
    if (sparsify === 'ranked') chances = rankedChances(delta!, context.shape, density, epsilon);
    context.drawMask(k, chances ?? density, mask);
  }
  if (!rescale) return { mask, factor: 1, chances: null };
  if (!byDensity) return { mask, factor: rescaleFactor(delta!, mask), chances: null };
  return chances ? { mask, factor: 1, chances } : { mask, factor: f(1 / density), chances: null };
}

function merge(
  traits: Traits,
  inputs: readonly Float32Array[],
  context: MergeContext,
  length: number,
  out: Float32Array,
): void {
  const origin = inputs[context.base]!;
  const tunes = inputs.flatMap((_, k) => (k === context.base ? [] : [k]));
  if (tunes.length === 0) {
    out.set(origin.subarray(0, length));
    return;
  }
  const weights = tunes.map((k) => f(context.perInput[k]!['weight']!));
  const thinnings = tunes.map((k) =>
    thin(
      traits,
      context,
      k,
      () => {
        // The result's memory is free until the sum is made: it holds one task vector at a time.
        const tune = inputs[k]!;
        for (let i = 0; i < length; i++) out[i] = f(tune[i]! - origin[i]!);
        return out.subarray(0, length);
      },
      length,
    ),
  );
  const lambda = f(context.shared['lambda']!);
  const total = weights.reduce((sum, weight) => f(sum + weight), 0);
  const normalize = context.shared['normalize'] === 1;
  const size = Math.min(BLOCK, length);
  const terms = tunes.map(() => new Float32Array(size));
  const paper = traits.consensus && context.variants?.election === 'paper';
  const votes = paper ? tunes.map(() => new Float32Array(size)) : terms;
  const divisor = new Float32Array(size);
  for (let begin = 0; begin < length; begin += size) {
    const n = Math.min(size, length - begin);
    const start = origin.subarray(begin, begin + n);
    tunes.forEach((k, j) => {
      const tune = inputs[k]!.subarray(begin, begin + n);
      weightedTerm(tune, start, weights[j]!, thinnings[j] ?? null, begin, terms[j]!);
      // A vector of weight 0 is not there: it has no vote either.
      if (paper) weightedTerm(tune, start, weights[j] === 0 ? 0 : 1, thinnings[j] ?? null, begin, votes[j]!);
    });
    const mixed = out.subarray(begin, begin + n);
    if (traits.consensus) electSigns(terms, weights, n, mixed, divisor, votes);
    else {
      mixed.set(terms[0]!.subarray(0, n));
      for (const term of terms.slice(1)) for (let i = 0; i < n; i++) mixed[i] = f(mixed[i]! + term[i]!);
      divisor.fill(Math.abs(total) < NEGLIGIBLE ? 1 : total, 0, n);
    }
    if (!normalize) divisor.fill(1, 0, n);
    // By 1, division and product change no bit.
    for (let i = 0; i < n; i++) mixed[i] = f(start[i]! + f(f(mixed[i]! / divisor[i]!) * lambda));
  }
}

/** w * (delta * mask * factor), one block. @param begin where the block lies in the mask. */
function weightedTerm(
  tune: Float32Array,
  origin: Float32Array,
  weight: number,
  thinning: Thinning | null,
  begin: number,
  term: Float32Array,
): void {
  if (!thinning) {
    for (let i = 0; i < tune.length; i++) term[i] = f(weight * f(tune[i]! - origin[i]!));
    return;
  }
  const { mask, factor, chances } = thinning;
  if (chances)
    for (let i = 0; i < tune.length; i++)
      term[i] = f(weight * f(f(f(tune[i]! - origin[i]!) * mask[begin + i]!) / chances[begin + i]!));
  else
    for (let i = 0; i < tune.length; i++)
      term[i] = f(weight * f(f(f(tune[i]! - origin[i]!) * mask[begin + i]!) * factor));
}

/**
 * theta_base + lambda * sum of w_i * s(theta_i - theta_base), where s drops elements of each task vector and, with
 * `rescale`, gives the rest its norm back; with consensus only terms of the elected sign are added up; the sum divided
 * by the sum of those w_i when `normalize`. Order of operations as mergekit 0.1.5 (references: mergekit, section 1.6).
 */
export function sparseTaskArithmetic(traits: Traits): MergeMethod {
  return method(traits.id, {
    laws: traits.consensus ? LAWS : LAWS_OF_SUMS,
    elementwise: false,
    apply: (inputs, context, length, out) => merge(traits, inputs, context, length, out),
    start: (context, length, ops) => sparseWork(traits, context, length, ops),
  });
}
