import { electSigns } from '../merge/consensus/sign';
import { sumBlocks } from './norms';

const f = Math.fround;

/** How two vectors stand to each other where both have a value. All four add up over tensors. */
export interface SignCount {
  /** Weights that both change. */
  both: number;
  /** Those of them that the two change in opposite directions. */
  opposite: number;
  /** Sum of min(|a|, |b|) over `both`: the magnitude they have in common. */
  common: number;
  /** That over `opposite`: half of the magnitude that goes lost when the two are added, |a| + |b| - |a + b|. */
  cancelled: number;
}

/** How all vectors together stand. */
export interface MixedCount {
  /** Weights that two or more vectors change. */
  several: number;
  /** Those of them where not all go the same way. */
  mixed: number;
}

/**
 * Signs of a pair, where both are not 0.
 * @param masks where given, only elements kept in both count (1 kept, 0 dropped).
 */
export function pairSigns(
  a: Float32Array,
  b: Float32Array,
  masks: readonly [Uint8Array, Uint8Array] | null = null,
): SignCount {
  const sums = sumBlocks(a.length, 4, (begin, end, block) => {
    let both = 0;
    let opposite = 0;
    let common = 0;
    let cancelled = 0;
    for (let i = begin; i < end; i++) {
      if (masks && (masks[0][i] === 0 || masks[1][i] === 0)) continue;
      const x = a[i]!;
      const y = b[i]!;
      if (x === 0 || y === 0) continue;
      const shared = Math.min(Math.abs(x), Math.abs(y));
      both++;
      common += shared;
      if (x < 0 !== y < 0) {
        opposite++;
        cancelled += shared;
      }
    }
    block[0] = both;
    block[1] = opposite;
    block[2] = common;
    block[3] = cancelled;
  });
  return { both: sums[0]!, opposite: sums[1]!, common: sums[2]!, cancelled: sums[3]! };
}

/** Signs of all vectors together. @param masks where given, only elements kept in a vector count for it. */
export function mixedSigns(deltas: readonly Float32Array[], masks: readonly Uint8Array[] | null = null): MixedCount {
  const sums = sumBlocks(deltas[0]?.length ?? 0, 2, (begin, end, block) => {
    for (let i = begin; i < end; i++) {
      let plus = 0;
      let minus = 0;
      for (let k = 0; k < deltas.length; k++) {
        if (masks && masks[k]![i] === 0) continue;
        const value = deltas[k]![i]!;
        if (value > 0) plus++;
        else if (value < 0) minus++;
      }
      if (plus + minus > 1) block[0]!++;
      if (plus > 0 && minus > 0) block[1]!++;
    }
  });
  return { several: sums[0]!, mixed: sums[1]! };
}

/** What became of one vector in the vote. All four add up over tensors. */
export interface Vote {
  /** Sum of |w * tau| over all elements. */
  whole: number;
  /** Sum of |w * tau| over the elements it keeps. */
  cast: number;
  /** Elements it keeps whose sign lost, and which TIES therefore drops. */
  outvoted: number;
  /** Sum of |w * tau| over those. */
  dropped: number;
}

/** TIES' election (Yadav et al. 2023, arXiv:2306.01708), by the merge's own code. Counts and squares add up over tensors. */
export interface Election {
  /** Weights that TIES raises and lowers; the rest it leaves at the base. */
  positive: number;
  negative: number;
  /** Square of the L2 norm of the plain sum of w_i * tau_i, nothing trimmed. */
  sumSquares: number;
  /** Square of the L2 norm of what TIES adds to the base when it divides by the weights that agree, before lambda. */
  meanSquares: number;
  votes: Vote[];
}

/**
 * @param masks 1 where a vector keeps its value.
 * @param weights of the vectors in the merge; a vector of weight 0 has no vote.
 * @param signs takes the elected sign of every element: 1, -1, or 0 where no vector keeps a value.
 */
export function elect(
  deltas: readonly Float32Array[],
  masks: readonly Uint8Array[],
  weights: readonly number[],
  signs: Int8Array,
): Election {
  const rounded = weights.map(f);
  const length = deltas[0]?.length ?? 0;
  const fields = 4 + 4 * deltas.length;
  let terms: Float32Array[] = [];
  let mixed = new Float32Array(0);
  let divisor = new Float32Array(0);
  const sums = sumBlocks(length, fields, (begin, end, block) => {
    const n = end - begin;
    if (mixed.length < n) {
      terms = deltas.map(() => new Float32Array(n));
      mixed = new Float32Array(n);
      divisor = new Float32Array(n);
    }
    deltas.forEach((delta, k) => {
      for (let i = 0; i < n; i++) terms[k]![i] = f(rounded[k]! * f(delta[begin + i]! * masks[k]![begin + i]!));
    });
    electSigns(terms, rounded, n, mixed, divisor);
    for (let i = 0; i < n; i++) {
      const winner = Math.sign(mixed[i]!);
      signs[begin + i] = winner;
      if (winner > 0) block[0]!++;
      else if (winner < 0) block[1]!++;
      let sum = 0;
      for (let k = 0; k < deltas.length; k++) {
        const term = f(rounded[k]! * deltas[k]![begin + i]!);
        sum = f(sum + term);
        block[4 + 4 * k]! += Math.abs(term);
      }
      block[2]! += sum * sum;
      const mean = f(mixed[i]! / divisor[i]!);
      block[3]! += mean * mean;
      for (let k = 0; k < deltas.length; k++) {
        const term = terms[k]![i]!;
        if (term === 0) continue;
        const at = 4 + 4 * k;
        const size = Math.abs(term);
        block[at + 1]! += size;
        if (Math.sign(term) === winner) continue;
        block[at + 2]!++;
        block[at + 3]! += size;
      }
    }
  });
  return {
    positive: sums[0]!,
    negative: sums[1]!,
    sumSquares: sums[2]!,
    meanSquares: sums[3]!,
    votes: deltas.map((_, k) => ({
      whole: sums[4 + 4 * k]!,
      cast: sums[5 + 4 * k]!,
      outvoted: sums[6 + 4 * k]!,
      dropped: sums[7 + 4 * k]!,
    })),
  };
}
