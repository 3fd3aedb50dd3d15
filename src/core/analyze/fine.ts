import { decodeToF32, encodeFromF32 } from '../tensor/dtype';
import type { DType } from '../tensor/types';
import { sumBlocks } from './norms';

const f = Math.fround;
const BLOCK = 4096;

/** Bins of the histogram are powers of two: bin k holds 2^(k + FIRST_EXPONENT) <= |x| < 2^(k + 1 + FIRST_EXPONENT). */
export const FIRST_EXPONENT = -36;
/** What is smaller or larger than all bins counts in the first or last one. */
export const BINS = 40;

/** How many elements have which magnitude; zeros are in no bin. Adds up over tensors. */
export function histogram(delta: Float32Array): number[] {
  const counts = new Array<number>(BINS).fill(0);
  const bits = new Int32Array(delta.buffer, delta.byteOffset, delta.length);
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i]! & 0x7fffffff;
    if (size === 0) continue;
    // The exponent field is the logarithm, rounded down: exact, and the same in every engine.
    counts[Math.max(0, Math.min(BINS - 1, (size >>> 23) - 127 - FIRST_EXPONENT))]!++;
  }
  return counts;
}

/** Formats with fewer bits than the arithmetic has. */
export const NARROW = ['F16', 'BF16'] as const satisfies readonly DType[];
export type Narrow = (typeof NARROW)[number];

/** What becomes of a vector when base + w * tau is written in a narrow format. All add up over tensors. */
export interface RoundingLoss {
  /** Sum of squares of w * tau, and of what the format takes away from it. */
  squares: number;
  lost: number;
  /** Elements that w * tau changes, and those of them that come out as the base alone would. */
  changed: number;
  vanished: number;
}

/**
 * What a vector, alone and with its weight, loses when the merge is written as `dtype`: w * tau against
 * round(base + w * tau) - round(base), element by element, nearest even as the merge rounds. A weight beyond the format's
 * range is an infinite loss.
 */
export function roundingLoss(base: Float32Array, delta: Float32Array, weight: number, dtype: Narrow): RoundingLoss {
  const scale = f(weight);
  const scratch = new Float32Array(Math.min(BLOCK, base.length));
  const rounded = (values: Float32Array) => decodeToF32(encodeFromF32(values, dtype), dtype);
  const sums = sumBlocks(base.length, 4, (begin, end, block) => {
    const origin = base.subarray(begin, end);
    const moved = scratch.subarray(0, end - begin);
    for (let i = 0; i < moved.length; i++) moved[i] = f(origin[i]! + f(scale * delta[begin + i]!));
    const [from, to] = [rounded(origin), rounded(moved)];
    for (let i = 0; i < moved.length; i++) {
      const term = f(scale * delta[begin + i]!);
      if (term === 0) continue;
      const survives = to[i]! - from[i]!;
      block[0]! += term * term;
      block[1]! += Number.isFinite(survives) ? (term - survives) ** 2 : Infinity;
      block[2]!++;
      if (survives === 0) block[3]!++;
    }
  });
  return { squares: sums[0]!, lost: sums[1]!, changed: sums[2]!, vanished: sums[3]! };
}

/** Finer figures of one vector. All add up over tensors. */
export interface FineFigures {
  histogram: number[];
  rounding: Record<Narrow, RoundingLoss>;
}

/** @param base, delta of one tensor. @param weight of the vector in the merge. */
export const fineFigures = (base: Float32Array, delta: Float32Array, weight: number): FineFigures => ({
  histogram: histogram(delta),
  rounding: {
    F16: roundingLoss(base, delta, weight, 'F16'),
    BF16: roundingLoss(base, delta, weight, 'BF16'),
  },
});
