export const HIGH_BINS = 1 << 16;
export const LOW_BITS = 15;
export const LOW_BINS = 1 << LOW_BITS;
/** All bits of a float32 but its sign: the patterns of magnitudes order like the magnitudes. */
export const MAGNITUDE = 0x7fffffff;

/** The bit patterns of float32 values, in their own memory. */
export const bitsOf = (values: Float32Array): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, values.length);

/** Counts magnitudes by their upper 16 bits, then, within one bin of those, by their lower 15. */
export class MagnitudeCounts {
  readonly #high = new Uint32Array(HIGH_BINS);
  #low: { bin: number; above: number; counts: Uint32Array } | null = null;

  addHigh(bits: Int32Array): void {
    const counts = this.#high;
    for (let i = 0; i < bits.length; i++) counts[(bits[i]! & MAGNITUDE) >>> LOW_BITS]!++;
  }

  /** To be called when all values are in: the second look finds the `rank`-th largest (from 1) among them. */
  chooseBin(rank: number): void {
    this.#low = { ...binOfRank(this.#high, rank), counts: new Uint32Array(LOW_BINS) };
  }

  addLow(bits: Int32Array): void {
    const { bin, counts } = this.#low!;
    for (let i = 0; i < bits.length; i++) {
      const size = bits[i]! & MAGNITUDE;
      if (size >>> LOW_BITS === bin) counts[size & (LOW_BINS - 1)]!++;
    }
  }

  /** The bit pattern of the `rank`-th largest magnitude, how many are larger, and how many as large. */
  find(rank: number): { size: number; larger: number; equal: number } {
    const { bin, above, counts } = this.#low!;
    const lower = binOfRank(counts, rank - above);
    return { size: (bin << LOW_BITS) | lower.bin, larger: above + lower.above, equal: counts[lower.bin]! };
  }
}

/** @returns the bin that holds the `rank`-th largest value, and how many lie in the bins above it. */
export function binOfRank(counts: Uint32Array, rank: number): { bin: number; above: number } {
  let above = 0;
  let bin = counts.length - 1;
  while (above + counts[bin]! < rank) above += counts[bin--]!;
  return { bin, above };
}

/** {@link MagnitudeCounts.find} of one tensor: linear time. @param rank from 1 to the number of values. */
export function magnitudeOfRank(bits: Int32Array, rank: number): ReturnType<MagnitudeCounts['find']> {
  const counts = new MagnitudeCounts();
  counts.addHigh(bits);
  counts.chooseBin(rank);
  counts.addLow(bits);
  return counts.find(rank);
}
