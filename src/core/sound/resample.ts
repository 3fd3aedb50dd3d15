import { sin } from '../merge/trig';

/** Zeros of the sinc on each side, counted at the lower of both rates. */
const ZEROS = 32;
/** How far below the highest frequency that both rates have the filter ends, so that its slope folds nothing back. */
const ROLL_OFF = 0.94;
/** Of the Kaiser window: nothing outside the pass band is louder than -80 dB. */
const BETA = 8;
const PI = 3.141592653589793;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The modified Bessel function of order 0, by its power series: only sums and products, the same on every engine. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * Sound at another number of samples per second: band-limited interpolation by a windowed sinc, every output sample summed
 * in float64 in the order of its inputs, so that every browser makes the same numbers (its own resampler would not).
 * Source: Julius Smith, "Digital Audio Resampling" (ccrma.stanford.edu/~jos/resample); window: Kaiser 1974.
 * @returns round(length * to / from) samples, at least one; the same samples where the rates are equal
 */
export function resample(samples: Float32Array<ArrayBuffer>, from: number, to: number): Float32Array<ArrayBuffer> {
  if (from === to) return samples.slice();
  const divisor = gcd(from, to);
  const [up, down] = [to / divisor, from / divisor];
  const scale = Math.min(1, to / from);
  const half = ZEROS / scale;
  const cutoff = scale * ROLL_OFF;
  const top = bessel(BETA);
  /** The filter at `t` input samples from its middle. */
  const filter = (t: number): number => {
    const place = t / half;
    if (place <= -1 || place >= 1) return 0;
    const x = PI * cutoff * t;
    return (x === 0 ? 1 : sin(x) / x) * (bessel(BETA * Math.sqrt(1 - place * place)) / top);
  };
  const reach = Math.ceil(half);
  /** Taps for inputs -reach + 1 .. reach around an output that lies phase/up after an input; they sum to 1. */
  const phases = new Map<number, Float64Array>();
  const tapsOf = (phase: number): Float64Array => {
    const known = phases.get(phase);
    if (known) return known;
    const taps = Float64Array.from({ length: 2 * reach }, (_, i) => filter(i - reach + 1 - phase / up));
    const sum = taps.reduce((total, tap) => total + tap, 0);
    const made = taps.map((tap) => tap / sum);
    phases.set(phase, made);
    return made;
  };
  const length = Math.max(1, Math.round((samples.length * up) / down));
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const place = i * down;
    const middle = Math.floor(place / up);
    const taps = tapsOf(place % up);
    let sum = 0;
    const first = Math.max(0, reach - 1 - middle);
    const end = Math.min(taps.length, samples.length + reach - 1 - middle);
    for (let k = first; k < end; k++) sum += taps[k]! * samples[middle - reach + 1 + k]!;
    out[i] = sum;
  }
  return out;
}
