import { narrow } from './sparse';

// Philox4x32-10 (random.ts of core/merge is the reference), eight counters at once.

const FIRST: v128 = i32x4.splat(0xd2511f53);
const SECOND: v128 = i32x4.splat(0xcd9e8d57);

// @ts-ignore: decorator
@inline function low(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}
// @ts-ignore: decorator
@inline function high(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** Words by block, not by place: elements follow one another. Of each the upper 24 bits. */
// @ts-ignore: decorator
@inline function storeWords(to: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const p = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const q = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const s = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(to, i32x4.shr_u(v128.shuffle<i64>(p, q, 0, 2), 8));
  v128.store(to, i32x4.shr_u(v128.shuffle<i64>(p, q, 1, 3), 8), 16);
  v128.store(to, i32x4.shr_u(v128.shuffle<i64>(r, s, 0, 2), 8), 32);
  v128.store(to, i32x4.shr_u(v128.shuffle<i64>(r, s, 1, 3), 8), 48);
}

/** The 32 words of the blocks `block` to `block + 7`. Two groups of four, as a product takes longer than its beginning. */
// @ts-ignore: decorator
@inline export function draw(k0: i32, k1: i32, block: i32, to: usize): void {
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let d0 = i32x4.add(i32x4.splat(block), i32x4(4, 5, 6, 7));
  let c1 = i32x4.splat(0);
  let c2 = c1;
  let c3 = c1;
  let d1 = c1;
  let d2 = c1;
  let d3 = c1;
  for (let round = 0; round < 10; round++) {
    const key0 = i32x4.splat(k0);
    const key1 = i32x4.splat(k1);
    const a = i64x2.extmul_low_i32x4_u(c0, FIRST);
    const b = i64x2.extmul_high_i32x4_u(c0, FIRST);
    const c = i64x2.extmul_low_i32x4_u(c2, SECOND);
    const d = i64x2.extmul_high_i32x4_u(c2, SECOND);
    const e = i64x2.extmul_low_i32x4_u(d0, FIRST);
    const f = i64x2.extmul_high_i32x4_u(d0, FIRST);
    const g = i64x2.extmul_low_i32x4_u(d2, SECOND);
    const h = i64x2.extmul_high_i32x4_u(d2, SECOND);
    c0 = v128.xor(high(c, d), v128.xor(c1, key0));
    c2 = v128.xor(high(a, b), v128.xor(c3, key1));
    c1 = low(c, d);
    c3 = low(a, b);
    d0 = v128.xor(high(g, h), v128.xor(d1, key0));
    d2 = v128.xor(high(e, f), v128.xor(d3, key1));
    d1 = low(g, h);
    d3 = low(e, f);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  storeWords(to, c0, c1, c2, c3);
  storeWords(to + 64, d0, d1, d2, d3);
}

// @ts-ignore: decorator
@inline function storeBelow(mask: usize, at: usize, limit: v128): void {
  const a = i32x4.lt_s(v128.load(at), limit);
  const b = i32x4.lt_s(v128.load(at, 16), limit);
  const c = i32x4.lt_s(v128.load(at, 32), limit);
  const d = i32x4.lt_s(v128.load(at, 48), limit);
  v128.store(mask, v128.and(narrow(a, b, c, d), i8x16.splat(1)));
}

/**
 * mask = 1 where the upper 24 bits of an element's word are below `limit`. `block`: the first element's; `scratch`: 128 bytes.
 */
export function chanceMask(k0: i32, k1: i32, block: i32, limit: i32, mask: usize, length: i32, scratch: usize): void {
  const below = i32x4.splat(limit);
  for (const end = mask + length; mask < end; mask += 32, block += 8) {
    draw(k0, k1, block, scratch);
    storeBelow(mask, scratch, below);
    if (mask + 16 < end) storeBelow(mask + 16, scratch + 64, below);
  }
}
