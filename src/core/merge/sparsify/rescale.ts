const BLOCK = 4096;
/** L1 norms below this are left as they are, as in mergekit. */
const NEGLIGIBLE = 1e-7;

/**
 * The factor that gives delta * mask the L1 norm of delta, rounded to float32; 1 where a norm is negligible. Norm
 * matching rather than 1 / density, as mergekit 0.1.5 (references: mergekit, section 1.6). float64 sums over blocks of
 * 4096 elements, then over the blocks, so that the result depends on nothing but the values.
 */
export function rescaleFactor(delta: Float32Array, mask: Uint8Array): number {
  let before = 0;
  let after = 0;
  for (let begin = 0; begin < delta.length; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, delta.length);
    let all = 0;
    let kept = 0;
    for (let i = begin; i < end; i++) {
      const size = Math.abs(delta[i]!);
      all += size;
      kept += size * mask[i]!;
    }
    before += all;
    after += kept;
  }
  return before < NEGLIGIBLE || after < NEGLIGIBLE ? 1 : Math.fround(before / after);
}
