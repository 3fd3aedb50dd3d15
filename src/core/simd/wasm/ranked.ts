// DELLA's masks: an element is kept where its random word is below the limit of its rank in its row (rising magnitude, equal
// ones by index). Limits rise with the rank, so most words decide without it: those below the first limit or not below the
// last, and of the others those that fall on the same side of the limits of all ranks that the element's bin of magnitudes
// holds. Only for the few that are left are the smaller elements of the row counted.

import { draw } from './random';
import { increment, narrow } from './sparse';

const SIZES: v128 = i32x4.splat(0x7fffffff);
/** Bins below a row's largest magnitude: eight octaves of 64, all that is smaller in the last. */
const BINS: i32 = 512;
const BIN_BITS: i32 = 17;
const COUNTS: usize = 4 * (<usize>BINS + 1);
const DIGITS: usize = 4;
const RADIX: usize = 256;
/** Rows with so many pairs in the same bin, for each element, are sorted. */
const CROWDED: u64 = 64;

/**
 * @param limits one for each rank, 0 to 2^24, whole
 * @param block counter of the first element's four random words
 * @param scratch room for 12 KiB and 5 * n words
 */
export function rankedMask(
  k0: i32,
  k1: i32,
  block: i32,
  values: usize,
  rows: i32,
  n: i32,
  limits: usize,
  mask: usize,
  scratch: usize,
): void {
  const width = <usize>n << 2;
  // Words come 32 at once and may begin 3 elements early.
  const words = scratch;
  const counts = words + ((width + 191) & ~63);
  const pairs = counts + 2 * COUNTS;
  const first = load<i32>(limits);
  const last = load<i32>(limits + width - 4);
  for (let row = 0, at = 0; row < rows; row++, at += n, values += width, mask += <usize>n) {
    const early = <usize>(at & 3) << 2;
    for (let to: usize = 0, b = block + (at >> 2); to < width + early; to += 128, b += 8) draw(k0, k1, b, words + to);
    const own = words + early;
    const floor = (<i32>largest(values, width) >> BIN_BITS) - (BINS - 1);
    // What the limits of bins rest on is that they rise.
    if (first > last || countBins(values, width, floor, counts) > CROWDED * <u64>n)
      maskSorted(values, n, limits, own, mask, pairs);
    else maskBinned(values, width, floor, counts, limits, first, last, own, mask);
  }
}

/** The largest magnitude of a row, as bits. */
function largest(values: usize, width: usize): u32 {
  let found = i32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= width; at += 16) found = i32x4.max_s(found, v128.and(v128.load(values + at), SIZES));
  let most = max(
    max(i32x4.extract_lane(found, 0), i32x4.extract_lane(found, 1)),
    max(i32x4.extract_lane(found, 2), i32x4.extract_lane(found, 3)),
  );
  for (; at < width; at += 4) most = max(most, load<i32>(values + at) & 0x7fffffff);
  return most;
}

// @ts-ignore: decorator
@inline function binOf(size: i32, floor: i32): i32 {
  return max((size >> BIN_BITS) - floor, 0);
}

/** Fills `counts` with how many elements lie in the bins below each. @returns the sum of the squares of the bins' own counts */
function countBins(values: usize, width: usize, floor: i32, counts: usize): u64 {
  // Neighbours are counted apart: one count would have to wait for the other.
  const others = counts + COUNTS;
  memory.fill(counts, 0, 2 * COUNTS);
  const least = i32x4.splat(floor);
  const zero = i32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= width; at += 16) {
    const sizes = v128.and(v128.load(values + at), SIZES);
    const bins = i32x4.max_s(i32x4.sub(i32x4.shr_s(sizes, BIN_BITS), least), zero);
    increment(counts, i32x4.extract_lane(bins, 0));
    increment(others, i32x4.extract_lane(bins, 1));
    increment(counts, i32x4.extract_lane(bins, 2));
    increment(others, i32x4.extract_lane(bins, 3));
  }
  for (; at < width; at += 4) increment(counts, binOf(load<i32>(values + at) & 0x7fffffff, floor));
  let below = zero;
  let squares = i64x2.splat(0);
  for (let bin: usize = 0; bin < COUNTS - 4; bin += 16) {
    const count = i32x4.add(v128.load(counts + bin), v128.load(others + bin));
    squares = i64x2.add(squares, i64x2.extmul_low_i32x4_u(count, count));
    squares = i64x2.add(squares, i64x2.extmul_high_i32x4_u(count, count));
    // Each lane adds up those before it, and itself.
    const two = i32x4.add(count, v128.shuffle<i32>(zero, count, 0, 4, 5, 6));
    const sum = i32x4.add(two, v128.shuffle<i32>(zero, two, 0, 0, 4, 5));
    v128.store(counts + bin, i32x4.add(below, i32x4.sub(sum, count)));
    below = i32x4.add(below, v128.shuffle<i32>(sum, sum, 3, 3, 3, 3));
  }
  store<i32>(counts + COUNTS - 4, i32x4.extract_lane(below, 0));
  return i64x2.extract_lane(squares, 0) + i64x2.extract_lane(squares, 1);
}

function maskBinned(
  values: usize,
  width: usize,
  floor: i32,
  counts: usize,
  limits: usize,
  first: i32,
  last: i32,
  words: usize,
  mask: usize,
): void {
  const low = i32x4.splat(first);
  const high = i32x4.splat(last);
  let at: usize = 0;
  for (; at + 64 <= width; at += 64) {
    const a = v128.load(words + at);
    const b = v128.load(words + at, 16);
    const c = v128.load(words + at, 32);
    const d = v128.load(words + at, 48);
    const kept = narrow(i32x4.lt_s(a, low), i32x4.lt_s(b, low), i32x4.lt_s(c, low), i32x4.lt_s(d, low));
    const maybe = narrow(i32x4.lt_s(a, high), i32x4.lt_s(b, high), i32x4.lt_s(c, high), i32x4.lt_s(d, high));
    const to = mask + (at >> 2);
    v128.store(to, v128.and(kept, i8x16.splat(1)));
    for (let lanes = i8x16.bitmask(v128.andnot(maybe, kept)); lanes != 0; lanes &= lanes - 1) {
      const lane = <usize>ctz<i32>(lanes);
      store<u8>(to + lane, isKept(values, width, at + (lane << 2), floor, counts, limits, words));
    }
  }
  for (; at < width; at += 4) store<u8>(mask + (at >> 2), isKept(values, width, at, floor, counts, limits, words));
}

// @ts-ignore: decorator
@inline function isKept(
  values: usize,
  width: usize,
  at: usize,
  floor: i32,
  counts: usize,
  limits: usize,
  words: usize,
): i32 {
  const word = load<i32>(words + at);
  const bin = counts + (<usize>binOf(load<i32>(values + at) & 0x7fffffff, floor) << 2);
  const least = load<i32>(limits + (<usize>load<u32>(bin) << 2));
  const most = load<i32>(limits + (<usize>load<u32>(bin, 4) << 2) - 4);
  // Half of these are kept, in no order: a branch would miss often.
  if (!((word >= least) & (word < most))) return i32(word < least);
  return i32(word < load<i32>(limits + (<usize>rankOf(values, width, at) << 2)));
}

/** How many elements of a row are smaller than the one at `at`, or as large and before it. */
function rankOf(values: usize, width: usize, at: usize): i32 {
  const size = load<i32>(values + at) & 0x7fffffff;
  return countSmaller(values, values + at, size, -1) + countSmaller(values + at, values + width, size, 0);
}

/** @param equal -1 to count those that are as large, too, else 0 */
function countSmaller(from: usize, end: usize, size: i32, equal: i32): i32 {
  const limit = i32x4.splat(size);
  const wanted = i32x4.splat(equal);
  let sum = i32x4.splat(0);
  for (; from + 16 <= end; from += 16) {
    const own = v128.and(v128.load(from), SIZES);
    sum = i32x4.sub(sum, v128.or(i32x4.lt_s(own, limit), v128.and(i32x4.eq(own, limit), wanted)));
  }
  let count =
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
  for (; from < end; from += 4) {
    const own = load<i32>(from) & 0x7fffffff;
    count += i32(own < size) | (i32(own == size) & equal);
  }
  return count;
}

/**
 * By sorting pairs of magnitude and index digit after digit; a digit that is the same in the whole row is passed over.
 * @param scratch room for 4 KiB of counts and 4 * n words
 */
function maskSorted(values: usize, n: i32, limits: usize, words: usize, mask: usize, scratch: usize): void {
  const room = <usize>n << 3;
  const counts = scratch;
  let pairs = scratch + DIGITS * RADIX * 4;
  let others = pairs + room;
  memory.fill(counts, 0, DIGITS * RADIX * 4);
  for (let i = 0; i < n; i++) {
    const size = load<u32>(values + (<usize>i << 2)) & 0x7fffffff;
    store<u64>(pairs + (<usize>i << 3), ((<u64>size) << 32) | <u64>i);
    increment(counts, size & 255);
    increment(counts, 256 + ((size >> 8) & 255));
    increment(counts, 512 + ((size >> 16) & 255));
    increment(counts, 768 + (size >> 24));
  }
  for (let digit: usize = 0; digit < DIGITS; digit++) {
    const places = counts + digit * RADIX * 4;
    const shift = <u64>(32 + 8 * digit);
    const start = <usize>((load<u64>(pairs) >> shift) & 255);
    if (load<u32>(places + (start << 2)) == <u32>n) continue;
    // From counts to the addresses of the first pair of each.
    let place = <u32>others;
    for (let bin: usize = 0; bin < RADIX * 4; bin += 4) {
      const count = load<u32>(places + bin);
      store<u32>(places + bin, place);
      place += count << 3;
    }
    for (let i: usize = 0; i < room; i += 8) {
      const pair = load<u64>(pairs + i);
      const at = places + ((<usize>(pair >> shift) & 255) << 2);
      const into = load<u32>(at);
      store<u32>(at, into + 8);
      store<u64>(<usize>into, pair);
    }
    const used = pairs;
    pairs = others;
    others = used;
  }
  for (let r: usize = 0; r < <usize>n; r++) {
    const i = <usize>load<u32>(pairs + (r << 3));
    store<u8>(mask + i, i32(load<i32>(words + (i << 2)) < load<i32>(limits + (r << 2))));
  }
}
