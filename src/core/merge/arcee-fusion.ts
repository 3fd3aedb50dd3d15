import { method, type MergeMethod } from './method';
import { rowLength } from './rows';
import { bitsOf, magnitudeOfRank } from './sparsify/rank';
import { exp, log } from './trig';

const f = Math.fround;
const BLOCK = 4096;
/** Keeps the logarithm of a chance of 0 finite. */
const SMOOTH = 1e-8;

/** Sum of `term(i)` for i below `length`: over blocks of 4096 in index order, then over the blocks. */
function blockSum(length: number, term: (i: number) => number): number {
  let total = 0;
  for (let begin = 0; begin < length; begin += BLOCK) {
    let sum = 0;
    for (let i = begin; i < Math.min(begin + BLOCK, length); i++) sum += term(i);
    total += sum;
  }
  return total;
}

/** Softmax of a row's weights. */
function chances(row: Float32Array, into: Float64Array): void {
  let top = -Infinity;
  for (let i = 0; i < row.length; i++) top = Math.max(top, row[i]!);
  for (let i = 0; i < row.length; i++) into[i] = exp(row[i]! - top);
  const total = blockSum(row.length, (i) => into[i]!);
  for (let i = 0; i < row.length; i++) into[i] = into[i]! / total + SMOOTH;
}

/** Kullback-Leibler divergence of two rows of chances, which rounding must not make negative. */
function divergence(p: Float64Array, q: Float64Array): number {
  const sum = blockSum(p.length, (i) => p[i]! * log(p[i]! / q[i]!));
  return Number.isNaN(sum) ? NaN : Math.max(0, sum);
}

/** The value at a quantile of numbers that are not negative: that of rank floor(quantile * (n - 1)) from below. */
function quantile(values: Float32Array, at: number): number {
  const position = Math.floor(at * (values.length - 1));
  const { size } = magnitudeOfRank(bitsOf(values), values.length - position);
  return new Float32Array(Int32Array.of(size).buffer)[0]!;
}

/**
 * Takes the other model's elements where they matter: importance is |difference| times the divergence of its row's
 * softmax from the base's, and what lies 1.5 quartile distances above the median is taken (references: mergekit, section
 * 1.10). Divergences are float64: in float32 those of close rows hang on the last bit of a sum, in mergekit on the order in
 * which a processor adds. Quantiles are exact over all elements, where mergekit draws a million of them at random from larger tensors:
 * here the result is the same every time.
 */
export const arceeFusion: MergeMethod = method('arcee_fusion', {
  laws: [
    { id: 'identical-inputs', tolerance: 0 },
    { id: 'each-from-an-input', tolerance: 2e-6 },
  ],
  elementwise: false,
  apply(inputs, { base, shape }, length, out) {
    if (length === 0) return;
    const origin = inputs[base]!;
    const other = inputs[1 - base]!;
    const n = rowLength(shape);
    const [p, q] = [new Float64Array(n), new Float64Array(n)];
    const importance = new Float32Array(length);
    for (let begin = 0; begin < length; begin += n) {
      chances(other.subarray(begin, begin + n), p);
      chances(origin.subarray(begin, begin + n), q);
      const weight = divergence(p, q);
      for (let i = begin; i < begin + n; i++) importance[i] = f(Math.abs(f(other[i]! - origin[i]!)) * weight);
    }
    const [low, median, high] = [quantile(importance, 0.25), quantile(importance, 0.5), quantile(importance, 0.75)];
    const threshold = f(median + f(1.5 * f(high - low)));
    // A product, not a choice: a NaN of an element that is not taken must still be seen.
    for (let i = 0; i < length; i++)
      out[i] = f(origin[i]! + f(f(other[i]! - origin[i]!) * Number(importance[i]! >= threshold)));
  },
});
