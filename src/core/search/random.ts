import { philox4x32 } from '../merge/random';
import { cos, log } from '../merge/trig';

/** Second word of the key: the streams of a search are no mask's. */
const SEARCH = 0x73656172;
const TO_UNIT = 2 ** -32;

/**
 * The four words at one place of a search's random numbers (Philox4x32-10), so that nothing needs to be remembered between
 * two of them.
 */
function words(seed: number, a: number, b: number, c: number): Uint32Array {
  const counter = Uint32Array.of(a, b, c, 0);
  philox4x32(counter, [seed >>> 0, SEARCH]);
  return counter;
}

/** @returns an integer from 0 to `below` - 1 */
export const randomIndex = (seed: number, at: number, below: number): number =>
  Math.floor(words(seed, at, 0, 1)[0]! * TO_UNIT * below);

/** @returns `count` independent standard normal numbers of one individual (Box and Muller 1958) */
export function normals(seed: number, generation: number, individual: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const [first, second] = words(seed, i, (generation << 10) | individual, 2);
    // (0, 1]: the logarithm of 0 is none.
    return Math.sqrt(-2 * log((first! + 1) * TO_UNIT)) * cos(2 * Math.PI * second! * TO_UNIT);
  });
}
