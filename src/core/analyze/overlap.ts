import { magnitudeMask } from '../merge/sparsify/magnitude';

/**
 * Marks the largest changes of a task vector as TIES keeps them: max(1, floor(density * N)) elements of the tensor, by
 * the merge's own code; all for a density of 1, none for 0. An element that did not change is never marked.
 */
export function largestChanges(delta: Float32Array, density: number): Uint8Array {
  const mask = new Uint8Array(delta.length);
  if (density >= 1) mask.fill(1);
  else if (density > 0) magnitudeMask(delta, density, mask);
  for (let i = 0; i < mask.length; i++) if (delta[i] === 0) mask[i] = 0;
  return mask;
}

/**
 * How many elements are marked in exactly which masks: entry `c` counts those marked in mask k for every bit k of c, and
 * in no other (the bars of an UpSet plot, Lex et al. 2014). The entries add up to the number of elements.
 */
export function combinations(masks: readonly Uint8Array[]): number[] {
  const counts = new Array<number>(1 << masks.length).fill(0);
  const length = masks[0]?.length ?? 0;
  for (let i = 0; i < length; i++) {
    let which = 0;
    for (let k = 0; k < masks.length; k++) which |= masks[k]![i]! << k;
    counts[which]!++;
  }
  return counts;
}

/** How many masks a combination stands for. */
function degreeOf(combination: number): number {
  let degree = 0;
  for (let rest = combination; rest > 0; rest >>>= 1) degree += rest & 1;
  return degree;
}

/** How many elements are marked in exactly 0, 1, 2, ... masks. @param counts of {@link combinations}. */
export function degrees(counts: readonly number[]): number[] {
  const byDegree = new Array<number>(degreeOf(counts.length - 1) + 1).fill(0);
  counts.forEach((count, combination) => (byDegree[degreeOf(combination)]! += count));
  return byDegree;
}

/** Jaccard index of two sets: shared / in either, from 0 to 1; null where both are empty. */
export function jaccard(both: number, a: number, b: number): number | null {
  const either = a + b - both;
  return either === 0 ? null : both / either;
}
