import { bitsOf, MAGNITUDE, magnitudeOfRank } from './rank';

/**
 * Marks the `keep` elements of largest magnitude, never more; of equal magnitudes those of lower index.
 * @param keep at most the number of elements.
 * @param mask `values.length` bytes, every one of which is written.
 */
export function keepLargest(values: Float32Array, keep: number, mask: Uint8Array): void {
  if (keep <= 0) {
    mask.fill(0);
    return;
  }
  const bits = bitsOf(values);
  const { size: smallest, larger } = magnitudeOfRank(bits, keep);
  let ties = keep - larger;
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i]! & MAGNITUDE;
    mask[i] = size > smallest || (size === smallest && ties-- > 0) ? 1 : 0;
  }
}

/**
 * Marks the max(1, floor(density * N)) elements of largest magnitude, as mergekit 0.1.5 does (references: mergekit,
 * section 1.6). Linear time: the bit patterns of |x| order like the numbers, so two histograms, of their upper and lower
 * bits, give the smallest magnitude kept.
 * @param density between 0 and 1, exclusive.
 */
export function magnitudeMask(delta: Float32Array, density: number, mask: Uint8Array): void {
  const n = delta.length;
  if (n > 0) keepLargest(delta, Math.max(1, Math.floor(density * n)), mask);
}

/** Marks the elements of at least the magnitude with this bit pattern. */
export function atLeastMask(delta: Float32Array, size: number, mask: Uint8Array): void {
  const bits = bitsOf(delta);
  for (let i = 0; i < bits.length; i++) mask[i] = (bits[i]! & MAGNITUDE) >= size ? 1 : 0;
}
