const HIGH_BINS = 1 << 16;
const LOW_BITS = 15;
const LOW_BINS = 1 << LOW_BITS;

/** @returns the bin that holds the `rank`-th largest value, and how many lie in the bins above it. */
function binOfRank(counts: Uint32Array, rank: number): { bin: number; above: number } {
  let above = 0;
  let bin = counts.length - 1;
  while (above + counts[bin]! < rank) above += counts[bin--]!;
  return { bin, above };
}

/**
 * Marks the max(1, floor(density * N)) elements of largest magnitude, never more; of equal magnitudes those of lower
 * index, as mergekit 0.1.5 does (references: mergekit, section 1.6). Linear time: the bit patterns of |x| order like the
 * numbers, so two histograms, of their upper and lower bits, give the smallest magnitude kept.
 * @param density between 0 and 1, exclusive.
 * @param mask `delta.length` bytes, every one of which is written.
 */
export function magnitudeMask(delta: Float32Array, density: number, mask: Uint8Array): void {
  const n = delta.length;
  if (n === 0) return;
  const keep = Math.max(1, Math.floor(density * n));
  const bits = new Int32Array(delta.buffer, delta.byteOffset, n);
  const high = new Uint32Array(HIGH_BINS);
  for (let i = 0; i < n; i++) high[(bits[i]! & 0x7fffffff) >>> LOW_BITS]!++;
  const upper = binOfRank(high, keep);
  const low = new Uint32Array(LOW_BINS);
  for (let i = 0; i < n; i++) {
    const size = bits[i]! & 0x7fffffff;
    if (size >>> LOW_BITS === upper.bin) low[size & (LOW_BINS - 1)]!++;
  }
  const lower = binOfRank(low, keep - upper.above);
  const smallest = (upper.bin << LOW_BITS) | lower.bin;
  let ties = keep - upper.above - lower.above;
  for (let i = 0; i < n; i++) {
    const size = bits[i]! & 0x7fffffff;
    mask[i] = size > smallest || (size === smallest && ties-- > 0) ? 1 : 0;
  }
}
