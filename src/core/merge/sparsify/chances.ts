import { bitsOf, MAGNITUDE } from './rank';

const DIGITS = 4;
const RADIX = 256;

/**
 * The order of `n` magnitudes in rising size, equal ones by their index, by sorting digit after digit: linear time.
 * @param sizes bit patterns of magnitudes; destroyed.
 * @param order takes the indices; `spare` are two arrays of at least `n` elements to work in.
 */
export function sortMagnitudes(
  sizes: Uint32Array,
  order: Uint32Array,
  spare: readonly [sizes: Uint32Array, order: Uint32Array],
  n: number,
): void {
  const counts = new Uint32Array(DIGITS * RADIX);
  for (let i = 0; i < n; i++) {
    const size = sizes[i]!;
    for (let digit = 0; digit < DIGITS; digit++) counts[digit * RADIX + ((size >>> (8 * digit)) & 255)]!++;
    order[i] = i;
  }
  let [fromSizes, fromOrder, toSizes, toOrder] = [sizes, order, ...spare];
  // An even number of passes: the result ends where it began.
  for (let digit = 0; digit < DIGITS; digit++) {
    const places = counts.subarray(digit * RADIX, (digit + 1) * RADIX);
    let place = 0;
    for (let bin = 0; bin < RADIX; bin++) {
      const count = places[bin]!;
      places[bin] = place;
      place += count;
    }
    for (let i = 0; i < n; i++) {
      const size = fromSizes[i]!;
      const at = places[(size >>> (8 * digit)) & 255]!++;
      toSizes[at] = size;
      toOrder[at] = fromOrder[i]!;
    }
    [fromSizes, fromOrder, toSizes, toOrder] = [toSizes, toOrder, fromSizes, fromOrder];
  }
}

/**
 * DELLA's chance of being kept (Deep et al. 2024, arXiv:2406.11617) as mergekit 0.1.5 gives it, in float32.
 * @param r rank among the `n` elements of a row in rising magnitude, from 0
 */
export const rankedChance = (r: number, n: number, density: number, epsilon: number): number =>
  Math.fround(density - epsilon + (2 * epsilon * r) / (n - 1));

/**
 * {@link rankedChance} of all elements, equal ones ranked by their index. Rows lie along the last axis, of tensors with three axes or more along the second. An element that is alone in
 * its row has no rank among others and is kept with p (mergekit stops there, dividing 0 by 0).
 */
export function rankedChances(
  delta: Float32Array,
  shape: readonly number[],
  density: number,
  epsilon: number,
): Float32Array {
  const total = delta.length;
  const n = (shape.length > 2 ? shape[1] : shape.at(-1)) ?? 1;
  const chances = new Float32Array(total);
  if (n <= 1) return chances.fill(density);
  // Elements of a row lie `stride` apart.
  const stride = shape.slice(2).reduce((a, b) => a * b, 1);
  const bits = bitsOf(delta);
  const scratch = (): Uint32Array => new Uint32Array(n);
  const [sizes, order, spare] = [scratch(), scratch(), [scratch(), scratch()] as const];
  for (let row = 0; row < total / n; row++) {
    const begin = Math.floor(row / stride) * n * stride + (row % stride);
    for (let i = 0; i < n; i++) sizes[i] = bits[begin + i * stride]! & MAGNITUDE;
    sortMagnitudes(sizes, order, spare, n);
    for (let r = 0; r < n; r++) chances[begin + order[r]! * stride] = rankedChance(r, n, density, epsilon);
  }
  return chances;
}
