import { SUM } from '../ops';

/** L1 norms below this are left as they are, as in mergekit. */
const NEGLIGIBLE = 1e-7;

/**
 * Adds the sum of |delta| to sums[0] and of |delta| * mask to sums[1]: float64 sums over blocks of 4096 elements, then
 * over the blocks, so that the result depends on nothing but the values.
 */
export function addNorms(delta: Float32Array, mask: Uint8Array, sums: [before: number, after: number]): void {
  for (let begin = 0; begin < delta.length; begin += SUM) {
    const end = Math.min(begin + SUM, delta.length);
    let all = 0;
    let kept = 0;
    for (let i = begin; i < end; i++) {
      const size = Math.abs(delta[i]!);
      all += size;
      kept += size * mask[i]!;
    }
    sums[0] += all;
    sums[1] += kept;
  }
}

/** The factor that gives what is left the L1 norm of the whole, rounded to float32; 1 where a norm is negligible. */
export function factorOf([before, after]: readonly [before: number, after: number]): number {
  return before < NEGLIGIBLE || after < NEGLIGIBLE ? 1 : Math.fround(before / after);
}

/**
 * The factor that gives delta * mask the L1 norm of delta. Norm matching rather than 1 / density, as mergekit 0.1.5
 * (references: mergekit, section 1.6).
 */
export function rescaleFactor(delta: Float32Array, mask: Uint8Array): number {
  const sums: [number, number] = [0, 0];
  addNorms(delta, mask, sums);
  return factorOf(sums);
}
