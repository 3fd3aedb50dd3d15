import type { NewSha256 } from '../tensor/types';

/** Key of a Philox stream: two 32-bit words. */
export type PhiloxKey = readonly [low: number, high: number];

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53 | 0;
const MULTIPLIER_1 = 0xcd9e8d57 | 0;
const WEYL_0 = 0x9e3779b9 | 0;
const WEYL_1 = 0xbb67ae85 | 0;

/** High 32 bits of a * b as an unsigned product, from the four products of 16-bit halves. */
function high(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const lh = Math.imul(al, bh);
  const hl = Math.imul(ah, bl);
  const middle = ((Math.imul(al, bl) >>> 16) + (lh & 0xffff) + (hl & 0xffff)) | 0;
  return (Math.imul(ah, bh) + (lh >>> 16) + (hl >>> 16) + (middle >>> 16)) | 0;
}

/**
 * Philox4x32-10, a counter-based generator: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 * @param counter four 32-bit words, replaced by the four random ones.
 */
export function philox4x32(counter: Uint32Array, key: PhiloxKey): void {
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  let c0 = counter[0]! | 0;
  let c1 = counter[1]! | 0;
  let c2 = counter[2]! | 0;
  let c3 = counter[3]! | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const h0 = high(c0, MULTIPLIER_0);
    const h1 = high(c2, MULTIPLIER_1);
    const l0 = Math.imul(c0, MULTIPLIER_0);
    const l1 = Math.imul(c2, MULTIPLIER_1);
    c0 = h1 ^ c1 ^ k0;
    c1 = l1;
    c2 = h0 ^ c3 ^ k1;
    c3 = l0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
}

/**
 * The stream of one model's task vector in one output tensor: the first 8 bytes, as two little-endian words, of
 * sha256(decimal seed, NUL, alias, NUL, tensor name). Nothing else of a recipe enters, so no other model changes a mask.
 * @param stage name of the stage in a recipe of several, null in a recipe of one.
 */
export function maskKey(
  newSha256: NewSha256,
  seed: number,
  stage: string | null,
  alias: string,
  tensor: string,
): PhiloxKey {
  const hash = newSha256();
  const owner = stage === null ? alias : `${stage}/${alias}`;
  hash.update(new TextEncoder().encode(`${seed}\0${owner}\0${tensor}`));
  const hex = hash.hex();
  const word = (at: number): number => {
    const bytes = [0, 2, 4, 6].map((offset) => parseInt(hex.slice(at + offset, at + offset + 2), 16));
    return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
  };
  return [word(0), word(8)];
}

/** What the upper 24 bits of a word have to be below, for a chance: below it exactly when below the next whole number. */
export const limitOf = (chance: number): number => Math.ceil(2 ** 24 * Math.min(1, Math.max(0, chance)));

/**
 * Draws the mask of elements `begin`, `begin + 1`, … of a tensor: 1 where (x >>> 8) * 2^-24 < density. Element i is lane
 * i mod 4 of counter floor(i / 4), so the mask does not depend on how a tensor is cut.
 * @param density one for all elements, or `mask.length` of them.
 */
export function drawMask(key: PhiloxKey, density: number | Float32Array, begin: number, mask: Uint8Array): void {
  const each = typeof density === 'number' ? null : density;
  // Scaling by a power of two is exact: the same comparison, without a multiplication per element.
  let limit = each ? 0 : (density as number) * 2 ** 24;
  const words = new Uint32Array(4);
  for (let i = 0, element = begin; i < mask.length;) {
    const block = Math.floor(element / 4);
    words[0] = block;
    words[1] = Math.floor(block / 2 ** 32);
    words[2] = 0;
    words[3] = 0;
    philox4x32(words, key);
    for (let lane = element % 4; lane < 4 && i < mask.length; lane++, i++, element++) {
      if (each) limit = each[i]! * 2 ** 24;
      mask[i] = words[lane]! >>> 8 < limit ? 1 : 0;
    }
  }
}
