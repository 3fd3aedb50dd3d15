import type { DType } from '../tensor/types';
import type { PhiloxKey } from './random';

/** Elements that {@link Ops.dot} and {@link Ops.norms} sum before they add the sum to the sum of sums. */
export const SUM = 4096;

/**
 * The hot loops of merging, over blocks of float32: in plain TypeScript (plain.ts, the reference) and in WebAssembly SIMD
 * (simd/ops.ts), the same bits in both. Each step rounds once to float32, as f(w * f(a - b)) does with f = Math.fround.
 *
 * All arrays come from `floats`, `bytes` and `counts` of the same object but those called "outer", which lie anywhere
 * (beginning, where they come from `bytes`, at one of its arrays' first elements or a multiple of 16 behind it).
 * Elements behind an array's end, up to a multiple of 16, may be written.
 */
export interface Ops {
  /** Memory for at least `length` elements, of any content, until the ops are given back. */
  floats(length: number): Float32Array<ArrayBuffer>;
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** As `bytes`, holding zeros. */
  counts(length: number): Uint32Array<ArrayBuffer>;

  /** Little-endian bytes of `outer` to float32, exactly (float64 rounds). */
  decode(outer: Uint8Array, dtype: DType, out: Float32Array): void;
  /** Rounds to nearest even into `outer`, NaN to the positive quiet one. @returns how many elements of `outer` are not finite. */
  encode(values: Float32Array<ArrayBuffer>, dtype: DType, outer: Uint8Array): number;

  /** out = w * a */
  scale(w: number, a: Float32Array, out: Float32Array): void;
  /** out = out + w * a */
  addScaled(w: number, a: Float32Array, out: Float32Array): void;
  /** out = a - b */
  subtract(a: Float32Array, b: Float32Array, out: Float32Array): void;
  /** out = w * (a - b) */
  scaleDelta(w: number, a: Float32Array, b: Float32Array, out: Float32Array): void;
  /** out = out + w * (a - b) */
  addDelta(w: number, a: Float32Array, b: Float32Array, out: Float32Array): void;
  /** out = a + out */
  add(a: Float32Array, out: Float32Array): void;
  /** out = out / by */
  divide(by: number, out: Float32Array): void;
  /** out = out / by, or out where by is 0 */
  divideEach(by: Float32Array, out: Float32Array): void;

  /** sum + ⟨a, b⟩: float64 sums of {@link SUM} elements in index order are added to `sum` one by one. */
  dot(a: Float32Array, b: Float32Array, sum: number): number;
  /** Adds the sum of |a| to sums[0] and of |a| * mask to sums[1], in the manner of `dot`. */
  norms(a: Float32Array, mask: Uint8Array, sums: [number, number]): void;

  /** Counts magnitudes by the upper 16 of their 31 bits. */
  countHigh(values: Float32Array, counts: Uint32Array): void;
  /** Counts the magnitudes whose upper 16 bits are `bin` by their lower 15. */
  countLow(values: Float32Array, bin: number, counts: Uint32Array): void;
  /** mask = 1 where a magnitude is larger than the one with bits `size`, and for the first `ties` as large. @returns ties left */
  maskLargest(values: Float32Array, size: number, ties: number, mask: Uint8Array): number;
  /**
   * Random masks of elements `begin`, `begin + 1`, … (contract in design, section 4).
   * @param begin a multiple of 4 below 2^31
   */
  chanceMask(key: PhiloxKey, begin: number, chance: number, mask: Uint8Array): void;
  /**
   * The same with a chance for each rank: in each row of limits.length values the element of rank r in rising magnitude,
   * equal ones by index, has the chance limits[r] * 2^-24. @param limits 0 to 2^24
   */
  rankedMask(key: PhiloxKey, begin: number, values: Float32Array, limits: Uint32Array, mask: Uint8Array): void;

  /** out = w * (((a - b) * mask) * factor) */
  thinned(w: number, a: Float32Array, b: Float32Array, mask: Uint8Array, factor: number, out: Float32Array): void;
  /** Adds `term` to `mixed` and `w` to `divisor` where `vote` is not 0 and has the sign of `winner`, + where that is 0. */
  agree(
    term: Float32Array,
    vote: Float32Array,
    winner: Float32Array,
    w: number,
    mixed: Float32Array,
    divisor: Float32Array,
  ): void;
  /** Where an engine has a faster way: both terms by `thinned`, their election, sum and origin in one pass. */
  electPair?(
    origin: Float32Array,
    tunes: readonly [Float32Array, Float32Array],
    masks: readonly [Uint8Array, Uint8Array],
    weights: readonly [number, number],
    factors: readonly [number, number],
    normalize: boolean,
    lambda: number,
    out: Float32Array,
  ): void;
}
