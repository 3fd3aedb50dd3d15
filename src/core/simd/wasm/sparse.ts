// Thinned task vectors: masks by magnitude, by chance, by rank in a row; TIES' election. Lengths as in convert.ts; counts
// and ranks look at exactly `length` elements.

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
  for (const end = values + (<usize>length << 2); values < end; values += 4) {
    const size = load<u32>(values) & 0x7fffffff;
    if (size >> 15 != <u32>bin) continue;
    const at = counts + (<usize>(size & 0x7fff) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/**
 * mask = 1 where a magnitude is larger than `size`, and for the first `ties` that are as large.
 * @returns how many ties may still be kept
 */
export function maskLargest(values: usize, length: i32, size: i32, ties: i32, mask: usize): i32 {
  const limit = i32x4.splat(size);
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const sizes = v128.and(v128.load(values + (<usize>i << 2)), SIZE);
    const equal = i32x4.eq(sizes, limit);
    let bits = i32x4.bitmask(equal);
    let keep = v128.and(i32x4.gt_s(sizes, limit), i32x4.splat(1));
    if (bits != 0) {
      let count = popcnt<i32>(bits);
      if (count <= ties) {
        keep = v128.or(keep, v128.and(equal, i32x4.splat(1)));
        ties -= count;
      } else if (ties > 0) {
        store32(mask + i, keep);
        for (let lane = 0; ties > 0; lane++) {
          if (((bits >> lane) & 1) == 0) continue;
          store<u8>(mask + i + lane, 1);
          ties--;
        }
        continue;
      }
    }
    store32(mask + i, keep);
  }
  for (; i < length; i++) {
    const own = load<i32>(values + (<usize>i << 2)) & 0x7fffffff;
    store<u8>(mask + i, own > size || (own == size && ties-- > 0) ? 1 : 0);
  }
  return max(ties, 0);
}

/** The low bytes of four lanes. */
// @ts-ignore: decorator
@inline function store32(to: usize, lanes: v128): void {
  v128.store32_lane(to, i8x16.swizzle(lanes, i8x16(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)), 0);
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
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (const end = mixed + (<usize>length << 2); mixed < end; term += 16, vote += 16, winner += 16, mixed += 16, divisor += 16) {
    const own = v128.load(vote);
    const same = i32x4.ge_s(v128.xor(own, f32x4.add(v128.load(winner), zero)), zero);
    const agrees = v128.and(v128.andnot(same, i32x4.eq(v128.and(own, SIZE), i32x4.splat(0))), one);
    // A product, not a choice: a NaN that was voted down must still be seen.
    v128.store(mixed, f32x4.add(v128.load(mixed), f32x4.mul(v128.load(term), agrees)));
    v128.store(divisor, f32x4.add(v128.load(divisor), f32x4.mul(weight, agrees)));
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

const DIGITS = 4;
const RADIX = 256;

/**
 * In each of `rows` rows of `n` values: to[i] = table[r] for the element of rank r in rising magnitude, equal ones by
 * their index. Sorts digit after digit; a digit that is the same in the whole row is passed over.
 * @param scratch room for 4 KiB of counts and 4 * n words
 */
export function rankRows(values: usize, rows: i32, n: i32, table: usize, scratch: usize, to: usize): void {
  const room = <usize>n << 2;
  const counts = scratch;
  const arena = scratch + DIGITS * RADIX * 4;
  for (let row = 0; row < rows; row++, values += room, to += room) {
    let sizes = arena;
    let order = arena + room;
    let otherSizes = arena + 2 * room;
    let otherOrder = arena + 3 * room;
    memory.fill(counts, 0, DIGITS * RADIX * 4);
    for (let i = 0; i < n; i++) {
      const size = load<u32>(values + (<usize>i << 2)) & 0x7fffffff;
      store<u32>(sizes + (<usize>i << 2), size);
      store<u32>(order + (<usize>i << 2), i);
      for (let digit = 0; digit < DIGITS; digit++) {
        const at = counts + (<usize>(digit * RADIX + ((size >> (8 * digit)) & 255)) << 2);
        store<u32>(at, load<u32>(at) + 1);
      }
    }
    for (let digit = 0; digit < DIGITS; digit++) {
      const places = counts + <usize>(digit * RADIX * 4);
      const first = (load<u32>(sizes) >> (8 * digit)) & 255;
      if (load<u32>(places + (<usize>first << 2)) == <u32>n) continue;
      let place: u32 = 0;
      for (let bin = 0; bin < RADIX; bin++) {
        const at = places + (<usize>bin << 2);
        const count = load<u32>(at);
        store<u32>(at, place);
        place += count;
      }
      for (let i: usize = 0; i < room; i += 4) {
        const size = load<u32>(sizes + i);
        const at = places + (<usize>((size >> (8 * digit)) & 255) << 2);
        const into = load<u32>(at);
        store<u32>(at, into + 1);
        store<u32>(otherSizes + (<usize>into << 2), size);
        store<u32>(otherOrder + (<usize>into << 2), load<u32>(order + i));
      }
      const usedSizes = sizes;
      const usedOrder = order;
      sizes = otherSizes;
      order = otherOrder;
      otherSizes = usedSizes;
      otherOrder = usedOrder;
    }
    for (let r: usize = 0; r < room; r += 4)
      store<f32>(to + (<usize>load<u32>(order + r) << 2), load<f32>(table + r));
  }
}
