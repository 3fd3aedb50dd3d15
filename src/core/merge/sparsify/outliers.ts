import { bitsOf, MAGNITUDE, magnitudeOfRank } from './rank';

/**
 * Breadcrumbs (Davari and Belilovsky 2023, arXiv:2312.06795) as mergekit 0.1.5 counts them: of all elements in rising
 * magnitude (equal ones by their index) it drops the floor(gamma * N) last, then keeps floor(density * N) of the rest from
 * the top; where that is more than the rest, gamma gives way (references: mergekit, section 1.6).
 * @param density between 0 and 1, exclusive.
 * @param mask `delta.length` bytes, every one of which is written.
 */
export function outlierMask(delta: Float32Array, density: number, gamma: number, mask: Uint8Array): void {
  const n = delta.length;
  const keep = Math.floor(density * n);
  const from = Math.max(0, n - keep - Math.floor(gamma * n));
  if (keep <= 0) {
    mask.fill(0);
    return;
  }
  const bits = bitsOf(delta);
  const first = place(bits, from);
  const last = place(bits, from + keep - 1);
  let [atFirst, atLast] = [0, 0];
  for (let i = 0; i < n; i++) {
    const size = bits[i]! & MAGNITUDE;
    // Of equal magnitudes the lower index comes first: it is dropped first at the lower end, and kept first at the upper.
    const low = size > first.size || (size === first.size && atFirst++ >= first.before);
    const high = size < last.size || (size === last.size && atLast++ <= last.before);
    mask[i] = low && high ? 1 : 0;
  }
}

/** The magnitude at a position in rising order, and how many equal ones stand before that position. */
function place(bits: Int32Array, position: number): { size: number; before: number } {
  const { size, larger, equal } = magnitudeOfRank(bits, bits.length - position);
  return { size, before: position - (bits.length - larger - equal) };
}
