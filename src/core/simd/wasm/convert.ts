// float16 and bfloat16 to float32 and back. Every array has room for its length rounded up to 16 elements: loops run over
// whole vectors, and what they write behind the end is nobody's.

const SIZE: v128 = i32x4.splat(0x7fffffff);
const HALF_SIZE: v128 = i16x8.splat(0x7fff);
const HALF_MAX: v128 = i16x8.splat(0x7bff);

/** 4 halves, zero-extended, with the exponent of infinity allowed. */
// @ts-ignore: decorator
@inline function anyHalf(half: v128): v128 {
  const size = v128.and(half, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
  const shifted = i32x4.shl(size, 13);
  const finite = f32x4.mul(shifted, f32x4.splat(reinterpret<f32>(0x77800000)));
  const special = v128.or(shifted, i32x4.splat(0x7f800000));
  return v128.or(sign, v128.bitselect(special, finite, i32x4.gt_s(size, i32x4.splat(0x7bff))));
}

/** 4 finite halves, sign-extended: the pattern as a float32 that is 2^112 too small, subnormals included. */
// @ts-ignore: decorator
@inline function finiteHalf(half: v128): v128 {
  return f32x4.mul(
    v128.and(i32x4.shl(half, 13), i32x4.splat(0x8fffe000)),
    f32x4.splat(reinterpret<f32>(0x77800000)),
  );
}

export function decodeF16(from: usize, to: usize, length: i32): void {
  for (const end = to + (<usize>length << 2); to < end; from += 16, to += 32) {
    const halves = v128.load(from);
    if (v128.any_true(i16x8.gt_s(v128.and(halves, HALF_SIZE), HALF_MAX))) {
      v128.store(to, anyHalf(i32x4.extend_low_i16x8_u(halves)));
      v128.store(to, anyHalf(i32x4.extend_high_i16x8_u(halves)), 16);
    } else {
      v128.store(to, finiteHalf(i32x4.extend_low_i16x8_s(halves)));
      v128.store(to, finiteHalf(i32x4.extend_high_i16x8_s(halves)), 16);
    }
  }
}

export function decodeBF16(from: usize, to: usize, length: i32): void {
  for (const end = to + (<usize>length << 2); to < end; from += 16, to += 32) {
    const halves = v128.load(from);
    v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16));
    v128.store(to, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16), 16);
  }
}

// @ts-ignore: decorator
@inline function toHalf(word: v128): v128 {
  const size = v128.and(word, i32x4.splat(0x7fffffff));
  const sign = v128.and(i32x4.shr_u(word, 16), i32x4.splat(0x8000));
  const odd = v128.and(i32x4.shr_u(size, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.sub(size, i32x4.splat(0x38000000 - 0xfff)), odd), 13);
  // A unit in the last place of 0.5 is the smallest half: the addition rounds as it should.
  const subnormal = i32x4.sub(f32x4.add(size, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  let half = v128.bitselect(subnormal, normal, i32x4.lt_s(size, i32x4.splat(0x38800000)));
  half = v128.bitselect(i32x4.splat(0x7c00), half, i32x4.ge_s(size, i32x4.splat(0x477ff000)));
  half = v128.or(half, sign);
  return v128.bitselect(i32x4.splat(0x7e00), half, i32x4.gt_s(size, i32x4.splat(0x7f800000)));
}

// @ts-ignore: decorator
@inline function roundToBrain(word: v128): v128 {
  const odd = v128.and(i32x4.shr_u(word, 16), i32x4.splat(1));
  return i32x4.shr_u(i32x4.add(i32x4.add(word, i32x4.splat(0x7fff)), odd), 16);
}

// @ts-ignore: decorator
@inline function toBrain(word: v128): v128 {
  const nan = i32x4.gt_s(v128.and(word, SIZE), i32x4.splat(0x7f800000));
  return v128.bitselect(i32x4.splat(0x7fc0), roundToBrain(word), nan);
}

export function encodeF16(from: usize, to: usize, length: i32): void {
  for (const end = from + (<usize>length << 2); from < end; from += 32, to += 16)
    v128.store(to, i16x8.narrow_i32x4_u(toHalf(v128.load(from)), toHalf(v128.load(from, 16))));
}

export function encodeBF16(from: usize, to: usize, length: i32): void {
  const largest = i32x4.splat(0x7f7f7fff);
  for (const end = from + (<usize>length << 2); from < end; from += 32, to += 16) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    // What is infinite, becomes so, or is no number is rare: the rest needs no choice.
    const special = v128.or(i32x4.gt_s(v128.and(a, SIZE), largest), i32x4.gt_s(v128.and(b, SIZE), largest));
    if (v128.any_true(special)) v128.store(to, i16x8.narrow_i32x4_u(toBrain(a), toBrain(b)));
    else v128.store(to, i16x8.narrow_i32x4_u(roundToBrain(a), roundToBrain(b)));
  }
}

/** How many of 16-bit floats have all bits of `exponent` set. */
export function countSpecial16(from: usize, length: i32, exponent: i32): i32 {
  const all = i16x8.splat(<i16>exponent);
  let count = 0;
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    const special = i16x8.eq(v128.and(v128.load(from + (<usize>i << 1)), all), all);
    if (v128.any_true(special)) count += popcnt<i32>(i16x8.bitmask(special));
  }
  for (; i < length; i++) if ((<i32>load<u16>(from + (<usize>i << 1)) & exponent) == exponent) count++;
  return count;
}

export function countSpecial32(from: usize, length: i32): i32 {
  const all = i32x4.splat(0x7f800000);
  let count = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const special = i32x4.eq(v128.and(v128.load(from + (<usize>i << 2)), all), all);
    if (v128.any_true(special)) count += popcnt<i32>(i32x4.bitmask(special));
  }
  for (; i < length; i++) if ((load<i32>(from + (<usize>i << 2)) & 0x7f800000) == 0x7f800000) count++;
  return count;
}

/** task_arithmetic of a base and two fine-tunes straight from float16: the roundings of the general road, in its order. */
export function pairF16(origin: usize, a: usize, b: usize, wa: f32, wb: f32, to: usize, length: i32): void {
  const first = f32x4.splat(wa);
  const second = f32x4.splat(wb);
  for (const end = to + (<usize>length << 2); to < end; origin += 16, a += 16, b += 16, to += 32) {
    const o = v128.load(origin);
    const x = v128.load(a);
    const y = v128.load(b);
    const size = i16x8.max_s(
      v128.and(o, HALF_SIZE),
      i16x8.max_s(v128.and(x, HALF_SIZE), v128.and(y, HALF_SIZE)),
    );
    if (v128.any_true(i16x8.gt_s(size, HALF_MAX))) {
      v128.store(to, mix(
        anyHalf(i32x4.extend_low_i16x8_u(o)), anyHalf(i32x4.extend_low_i16x8_u(x)), anyHalf(i32x4.extend_low_i16x8_u(y)), first, second,
      ));
      v128.store(to, mix(
        anyHalf(i32x4.extend_high_i16x8_u(o)), anyHalf(i32x4.extend_high_i16x8_u(x)), anyHalf(i32x4.extend_high_i16x8_u(y)), first, second,
      ), 16);
    } else {
      v128.store(to, mix(
        finiteHalf(i32x4.extend_low_i16x8_s(o)), finiteHalf(i32x4.extend_low_i16x8_s(x)), finiteHalf(i32x4.extend_low_i16x8_s(y)), first, second,
      ));
      v128.store(to, mix(
        finiteHalf(i32x4.extend_high_i16x8_s(o)), finiteHalf(i32x4.extend_high_i16x8_s(x)), finiteHalf(i32x4.extend_high_i16x8_s(y)), first, second,
      ), 16);
    }
  }
}

// @ts-ignore: decorator
@inline function mix(o: v128, x: v128, y: v128, wa: v128, wb: v128): v128 {
  return f32x4.add(o, f32x4.add(f32x4.mul(wa, f32x4.sub(x, o)), f32x4.mul(wb, f32x4.sub(y, o))));
}
