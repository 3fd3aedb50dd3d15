/**
 * How loud a sound is, piece by piece, for drawing it.
 * @returns the largest absolute value of each of `bars` equal pieces, 0 .. 1
 */
export function peaks(samples: Float32Array, bars: number): Float32Array {
  const out = new Float32Array(bars);
  for (let i = 0; i < samples.length; i++) {
    const bar = Math.min(bars - 1, Math.floor((i * bars) / samples.length));
    out[bar] = Math.max(out[bar]!, Math.min(1, Math.abs(samples[i]!)));
  }
  return out;
}

/** @returns where the `length` samples begin that have most energy; 0 where there are no more than these. */
export function loudestStart(samples: Float32Array, length: number): number {
  let energy = 0;
  let most = 0;
  let start = 0;
  for (let i = 0; i < samples.length; i++) {
    energy += samples[i]! ** 2;
    if (i >= length) energy -= samples[i - length]! ** 2;
    if (i < length) most = energy;
    else if (energy > most) {
      most = energy;
      start = i - length + 1;
    }
  }
  return start;
}
