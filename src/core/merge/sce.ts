import { electSigns } from './consensus/sign';
import { gram } from './gram';
import { method, type MergeMethod } from './method';
import { keepLargest } from './sparsify/magnitude';

const f = Math.fround;
const BLOCK = 4096;
/** Below this sum of mean squares all task vectors count the same, as in mergekit; real ones often lie there. */
const NO_ENERGY = 1e-6;
const NO_DIVISOR = f(1e-6);

/** Population variance of the task vectors, element by element. */
function variances(tunes: readonly Float32Array[], origin: Float32Array, length: number): Float32Array {
  const result = new Float32Array(length);
  const deltas = tunes.map(() => 0);
  for (let i = 0; i < length; i++) {
    let sum = f(0);
    for (let k = 0; k < tunes.length; k++) sum = f(sum + (deltas[k] = f(tunes[k]![i]! - origin[i]!)));
    const mean = f(sum / tunes.length);
    let squares = f(0);
    for (let k = 0; k < tunes.length; k++) {
      const off = f(deltas[k]! - mean);
      squares = f(squares + f(off * off));
    }
    result[i] = f(squares / tunes.length);
  }
  return result;
}

/** Marks the share `topk` of the elements that vary at all: those that vary most, of equal ones the lower index. */
function selectMask(tunes: readonly Float32Array[], origin: Float32Array, topk: number, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  if (topk <= 0) return mask;
  const varied = variances(tunes, origin, length);
  let nonZero = 0;
  for (let i = 0; i < length; i++) if (varied[i] !== 0) nonZero++;
  keepLargest(varied, Math.floor(topk * nonZero), mask);
  return mask;
}

/**
 * Select, calculate, erase: keep where the task vectors vary most, weight each by its mean square, and drop what is
 * against the elected sign. Wan et al. 2024 (FuseChat, arXiv:2408.07990), as mergekit 0.1.5 (references: mergekit,
 * section 1.8).
 */
export const sce: MergeMethod = method('sce', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 4e-6 },
    { id: 'select-nothing-gives-base', tolerance: 0 },
  ],
  elementwise: false,
  apply(inputs, { base, shared }, length, out) {
    const origin = inputs[base]!;
    let tunes = inputs.filter((_, k) => k !== base);
    if (tunes.length === 0) {
      out.set(origin.subarray(0, length));
      return;
    }
    const topk = shared['select_topk']!;
    if (topk < 1) {
      const mask = selectMask(tunes, origin, topk, length);
      // An erased element is one that did not change.
      tunes = tunes.map((tune) => tune.map((value, i) => (mask[i] === 1 ? value : origin[i]!)));
    }
    const count = tunes.length;
    const g = gram(tunes, origin, 0, length);
    const energies = tunes.map((_, k) => f(g[k * count + k]! / Math.max(1, length)));
    const total = energies.reduce((a, b) => f(a + b), 0);
    const weights = energies.map((energy) => (total < NO_ENERGY ? f(1 / count) : f(energy / total)));
    const size = Math.min(BLOCK, length);
    const votes = tunes.map(() => new Float32Array(size));
    const terms = tunes.map(() => new Float32Array(size));
    const divisor = new Float32Array(size);
    for (let begin = 0; begin < length; begin += size) {
      const n = Math.min(size, length - begin);
      tunes.forEach((tune, k) => {
        const [vote, term, weight] = [votes[k]!, terms[k]!, weights[k]!];
        for (let i = 0; i < n; i++) {
          vote[i] = f(tune[begin + i]! - origin[begin + i]!);
          term[i] = f(weight * vote[i]!);
        }
      });
      const mixed = out.subarray(begin, begin + n);
      electSigns(terms, weights, n, mixed, divisor, votes);
      for (let i = 0; i < n; i++) mixed[i] = f(origin[begin + i]! + f(mixed[i]! / Math.max(divisor[i]!, NO_DIVISOR)));
    }
  },
});
