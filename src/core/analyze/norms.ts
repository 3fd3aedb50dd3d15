const BLOCK = 4096;

/**
 * Sums over the elements of a tensor, in float64 over fixed blocks of 4096 elements and then over the blocks, so that
 * they depend on nothing but the values (design, section 4).
 * @param visit adds what the elements from `begin` to `end` contribute to the block's own `sums`, which start at 0.
 */
export function sumBlocks(
  length: number,
  width: number,
  visit: (begin: number, end: number, sums: Float64Array) => void,
): Float64Array {
  const total = new Float64Array(width);
  const sums = new Float64Array(width);
  for (let begin = 0; begin < length; begin += BLOCK) {
    sums.fill(0);
    visit(begin, Math.min(begin + BLOCK, length), sums);
    for (let k = 0; k < width; k++) total[k]! += sums[k]!;
  }
  return total;
}

/** How large a task vector is, in the unit of the weights. All three add up over tensors. */
export interface VectorSize {
  /** Sum of squares: the square of the L2 norm. */
  squares: number;
  /** Sum of absolute values: the L1 norm. */
  magnitude: number;
  /** Elements that are not 0. */
  changed: number;
}

/** @param delta theta_i - theta_base of one tensor. */
export function vectorSize(delta: Float32Array): VectorSize {
  const sums = sumBlocks(delta.length, 3, (begin, end, block) => {
    let squares = 0;
    let magnitude = 0;
    let changed = 0;
    for (let i = begin; i < end; i++) {
      const value = delta[i]!;
      squares += value * value;
      magnitude += Math.abs(value);
      if (value !== 0) changed++;
    }
    block[0] = squares;
    block[1] = magnitude;
    block[2] = changed;
  });
  return { squares: sums[0]!, magnitude: sums[1]!, changed: sums[2]! };
}
