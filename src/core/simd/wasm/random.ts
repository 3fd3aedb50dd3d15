// Philox4x32-10 (random.ts of core/merge is the reference), four counters at once.

let x0: v128 = i32x4.splat(0);
let x1: v128 = i32x4.splat(0);
let x2: v128 = i32x4.splat(0);
let x3: v128 = i32x4.splat(0);

/** The upper 24 bits of the words of the blocks `block` to `block + 3`, four by four. */
// @ts-ignore: decorator
@inline function draw(k0: i32, k1: i32, block: i32): void {
  const first = i32x4.splat(0xd2511f53);
  const second = i32x4.splat(0xcd9e8d57);
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, first);
    const b = i64x2.extmul_high_i32x4_u(c0, first);
    const c = i64x2.extmul_low_i32x4_u(c2, second);
    const d = i64x2.extmul_high_i32x4_u(c2, second);
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), i32x4.splat(k0));
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), i32x4.splat(k1));
    c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  // Words by block, not by place: elements follow one another.
  const p = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const q = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const s = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  x0 = i32x4.shr_u(v128.shuffle<i64>(p, q, 0, 2), 8);
  x1 = i32x4.shr_u(v128.shuffle<i64>(p, q, 1, 3), 8);
  x2 = i32x4.shr_u(v128.shuffle<i64>(r, s, 0, 2), 8);
  x3 = i32x4.shr_u(v128.shuffle<i64>(r, s, 1, 3), 8);
}

// @ts-ignore: decorator
@inline function storeMask(mask: usize, a: v128, b: v128, c: v128, d: v128): void {
  const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  v128.store(mask, v128.and(bytes, i8x16.splat(1)));
}

/** mask = 1 where the upper 24 bits of an element's word are below `limit`. `block`: the first element's. */
export function chanceMask(k0: i32, k1: i32, block: i32, limit: i32, mask: usize, length: i32): void {
  const below = i32x4.splat(limit);
  for (const end = mask + length; mask < end; mask += 16, block += 4) {
    draw(k0, k1, block);
    storeMask(mask, i32x4.lt_s(x0, below), i32x4.lt_s(x1, below), i32x4.lt_s(x2, below), i32x4.lt_s(x3, below));
  }
}

// @ts-ignore: decorator
@inline function below(x: v128, chances: usize): v128 {
  return f32x4.lt(f32x4.convert_i32x4_s(x), f32x4.mul(v128.load(chances), f32x4.splat(16777216)));
}

/** {@link chanceMask} with a chance for each element: words below chance * 2^24, all of which float32 holds exactly. */
export function chanceMaskEach(k0: i32, k1: i32, block: i32, chances: usize, mask: usize, length: i32): void {
  for (const end = mask + length; mask < end; mask += 16, chances += 64, block += 4) {
    draw(k0, k1, block);
    storeMask(mask, below(x0, chances), below(x1, chances + 16), below(x2, chances + 32), below(x3, chances + 48));
  }
}
