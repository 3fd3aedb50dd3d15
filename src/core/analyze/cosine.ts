import { sumBlocks } from './norms';

/** The inner product of two tensors of equal length; adds up over tensors. */
export function dot(a: Float32Array, b: Float32Array): number {
  return sumBlocks(a.length, 1, (begin, end, block) => {
    let sum = 0;
    for (let i = begin; i < end; i++) sum += a[i]! * b[i]!;
    block[0] = sum;
  })[0]!;
}

/**
 * The cosine of the angle between two vectors, from -1 to 1; task vectors of unrelated tasks are near 0 (Ilharco et al.
 * 2023, arXiv:2212.04089, figure 5).
 * @param squares the two sums of squares.
 * @returns null where a vector is 0 and has no direction.
 */
export function cosine(product: number, squares: readonly [number, number]): number | null {
  const norms = Math.sqrt(squares[0]) * Math.sqrt(squares[1]);
  return norms === 0 ? null : Math.max(-1, Math.min(1, product / norms));
}
