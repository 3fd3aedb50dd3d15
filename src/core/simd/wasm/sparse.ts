// Thinned task vectors: masks by magnitude; TIES' election. Lengths as in convert.ts; counts look at exactly `length`
// elements.

const SIZE: v128 = i32x4.splat(0x7fffffff);

/** Counts magnitudes by the upper 16 of their 31 bits. */
export function countHigh(values: usize, length: i32, counts: usize): void {
  for (const end = values + (<usize>length << 2); values < end; values += 4) {
    const at = counts + ((<usize>(load<u32>(values) & 0x7fffffff) >> 15) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Counts the magnitudes whose upper 16 bits are `bin` by their lower 15. */
export function countLow(values: usize, length: i32, bin: i32, counts: usize): void {
  const wanted = i32x4.splat(bin);
  const end = values + (<usize>length << 2);
  for (; values + 32 <= end; values += 32) {
    const first = i32x4.eq(i32x4.shr_u(v128.and(v128.load(values), SIZE), 15), wanted);
    const second = i32x4.eq(i32x4.shr_u(v128.and(v128.load(values, 16), SIZE), 15), wanted);
    if (!v128.any_true(v128.or(first, second))) continue;
    for (let lanes = i32x4.bitmask(first) | (i32x4.bitmask(second) << 4); lanes != 0; lanes &= lanes - 1)
      increment(counts, load<u32>(values + (<usize>ctz<i32>(lanes) << 2)) & 0x7fff);
  }
  for (; values < end; values += 4) {
    const size = load<u32>(values) & 0x7fffffff;
    if (size >> 15 == <u32>bin) increment(counts, size & 0x7fff);
  }
}

// @ts-ignore: decorator
@inline export function increment(counts: usize, bin: u32): void {
  const at = counts + (<usize>bin << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Four vectors of lanes that are all ones or all zeros, as 16 bytes of the same kind. */
// @ts-ignore: decorator
@inline export function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/**
 * mask = 1 where a magnitude is larger than `size`, and for the first `ties` that are as large.
 * @returns how many ties may still be kept
 */
export function maskLargest(values: usize, length: i32, size: i32, ties: i32, mask: usize): i32 {
  const limit = i32x4.splat(size);
  const one = i8x16.splat(1);
  const end = values + (<usize>length << 2);
  for (; values + 64 <= end; values += 64, mask += 16) {
    const a = v128.and(v128.load(values), SIZE);
    const b = v128.and(v128.load(values, 16), SIZE);
    const c = v128.and(v128.load(values, 32), SIZE);
    const d = v128.and(v128.load(values, 48), SIZE);
    const larger = narrow(i32x4.gt_s(a, limit), i32x4.gt_s(b, limit), i32x4.gt_s(c, limit), i32x4.gt_s(d, limit));
    const equal = narrow(i32x4.eq(a, limit), i32x4.eq(b, limit), i32x4.eq(c, limit), i32x4.eq(d, limit));
    if (ties >= 16) {
      v128.store(mask, v128.and(v128.or(larger, equal), one));
      ties -= popcnt<i32>(i8x16.bitmask(equal));
      continue;
    }
    v128.store(mask, v128.and(larger, one));
    if (ties > 0)
      for (let lanes = i8x16.bitmask(equal); lanes != 0 && ties > 0; lanes &= lanes - 1, ties--)
        store<u8>(mask + <usize>ctz<i32>(lanes), 1);
  }
  for (; values < end; values += 4, mask++) {
    const own = load<i32>(values) & 0x7fffffff;
    store<u8>(mask, own > size || (own == size && ties-- > 0) ? 1 : 0);
  }
  return max(ties, 0);
}

/** Four bytes as float32. */
// @ts-ignore: decorator
@inline function load32(from: usize): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from))));
}

/** to = w * (((a - b) * mask) * factor) */
export function thinned(w: f32, a: usize, b: usize, mask: usize, factor: f32, to: usize, length: i32): void {
  const weight = f32x4.splat(w);
  const scale = f32x4.splat(factor);
  for (const end = to + (<usize>length << 2); to < end; a += 16, b += 16, mask += 4, to += 16) {
    const kept = f32x4.mul(f32x4.sub(v128.load(a), v128.load(b)), load32(mask));
    v128.store(to, f32x4.mul(weight, f32x4.mul(kept, scale)));
  }
}

/** Adds a term where its vote is not 0 and has the winner's sign (+ where that is 0), and its weight to the divisor. */
export function agree(term: usize, vote: usize, winner: usize, w: f32, mixed: usize, divisor: usize, length: i32): void {
  const weight = f32x4.splat(w);
  const zero = f32x4.splat(0);
  for (const end = mixed + (<usize>length << 2); mixed < end; term += 16, vote += 16, winner += 16, mixed += 16, divisor += 16) {
    const own = agrees(v128.load(vote), f32x4.add(v128.load(winner), zero));
    // A product, not a choice: a NaN that was voted down must still be seen.
    v128.store(mixed, f32x4.add(v128.load(mixed), f32x4.mul(v128.load(term), own)));
    v128.store(divisor, f32x4.add(v128.load(divisor), f32x4.mul(weight, own)));
  }
}

/** to = to / divisor, or to where that is 0 */
export function divideEach(divisor: usize, to: usize, length: i32): void {
  for (const end = to + (<usize>length << 2); to < end; divisor += 16, to += 16) {
    const by = v128.load(divisor);
    const none = f32x4.eq(by, f32x4.splat(0));
    v128.store(to, f32x4.div(v128.load(to), v128.bitselect(f32x4.splat(1), by, none)));
  }
}

// @ts-ignore: decorator
@inline function thinnedTerm(w: v128, a: usize, o: v128, mask: usize, factor: v128): v128 {
  return f32x4.mul(w, f32x4.mul(f32x4.mul(f32x4.sub(v128.load(a), o), load32(mask)), factor));
}

/** 1 where a vote is not 0 and has the winner's sign. */
// @ts-ignore: decorator
@inline function agrees(vote: v128, winner: v128): v128 {
  const same = i32x4.ge_s(v128.xor(vote, winner), i32x4.splat(0));
  return v128.and(v128.andnot(same, i32x4.eq(v128.and(vote, SIZE), i32x4.splat(0))), f32x4.splat(1));
}

/** `thinned`, `agree`, `divideEach` where `normalize`, times lambda, plus the origin, for two terms, in one pass. */
export function electPair(
  origin: usize,
  a: usize,
  b: usize,
  maskA: usize,
  maskB: usize,
  wa: f32,
  wb: f32,
  factorA: f32,
  factorB: f32,
  normalize: i32,
  lambda: f32,
  to: usize,
  length: i32,
): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const weightA = f32x4.splat(wa);
  const weightB = f32x4.splat(wb);
  const scaleA = f32x4.splat(factorA);
  const scaleB = f32x4.splat(factorB);
  const times = f32x4.splat(lambda);
  for (const end = to + (<usize>length << 2); to < end; to += 16) {
    const o = v128.load(origin);
    const termA = thinnedTerm(weightA, a, o, maskA, scaleA);
    const termB = thinnedTerm(weightB, b, o, maskB, scaleB);
    // -0 + 0 is +0: the sign bit alone says who won.
    const winner = f32x4.add(f32x4.add(termA, termB), zero);
    const agreesA = agrees(termA, winner);
    const agreesB = agrees(termB, winner);
    let mixed = f32x4.add(f32x4.mul(termA, agreesA), f32x4.mul(termB, agreesB));
    if (normalize) {
      const divisor = f32x4.add(f32x4.mul(weightA, agreesA), f32x4.mul(weightB, agreesB));
      mixed = f32x4.div(mixed, v128.bitselect(one, divisor, f32x4.eq(divisor, zero)));
    }
    v128.store(to, f32x4.add(o, f32x4.mul(mixed, times)));
    origin += 16;
    a += 16;
    b += 16;
    maskA += 4;
    maskB += 4;
  }
}
