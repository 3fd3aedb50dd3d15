// Sums of float32 vectors, one rounding for each operation; lengths as in convert.ts, but for the exact sums at the end.

/** to = w * a */
export function scale(w: f32, a: usize, to: usize, length: i32): void {
  const weight = f32x4.splat(w);
  for (const end = to + (<usize>length << 2); to < end; a += 16, to += 16)
    v128.store(to, f32x4.mul(weight, v128.load(a)));
}

/** to = to + w * a */
export function addScaled(w: f32, a: usize, to: usize, length: i32): void {
  const weight = f32x4.splat(w);
  for (const end = to + (<usize>length << 2); to < end; a += 16, to += 16)
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(weight, v128.load(a))));
}

/** to = a - b */
export function subtract(a: usize, b: usize, to: usize, length: i32): void {
  for (const end = to + (<usize>length << 2); to < end; a += 16, b += 16, to += 16)
    v128.store(to, f32x4.sub(v128.load(a), v128.load(b)));
}

/** to = w * (a - b) */
export function scaleDelta(w: f32, a: usize, b: usize, to: usize, length: i32): void {
  const weight = f32x4.splat(w);
  for (const end = to + (<usize>length << 2); to < end; a += 16, b += 16, to += 16)
    v128.store(to, f32x4.mul(weight, f32x4.sub(v128.load(a), v128.load(b))));
}

/** to = to + w * (a - b) */
export function addDelta(w: f32, a: usize, b: usize, to: usize, length: i32): void {
  const weight = f32x4.splat(w);
  for (const end = to + (<usize>length << 2); to < end; a += 16, b += 16, to += 16)
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(weight, f32x4.sub(v128.load(a), v128.load(b)))));
}

/** to = a + to */
export function add(a: usize, to: usize, length: i32): void {
  for (const end = to + (<usize>length << 2); to < end; a += 16, to += 16)
    v128.store(to, f32x4.add(v128.load(a), v128.load(to)));
}

/** to = to / by */
export function divide(by: f32, to: usize, length: i32): void {
  const divisor = f32x4.splat(by);
  for (const end = to + (<usize>length << 2); to < end; to += 16)
    v128.store(to, f32x4.div(v128.load(to), divisor));
}

const SUM: usize = 4096;

// @ts-ignore: decorator
@inline function product(a: usize, b: usize): f64 {
  return <f64>load<f32>(a) * <f64>load<f32>(b);
}

/**
 * sum + <a, b>: float64 sums over 4096 elements in index order, then over those. Four such blocks are summed side by side
 * where there are four, as an addition takes longer than the processor needs to begin another.
 */
export function dot(a: usize, b: usize, length: i32, sum: f64): f64 {
  const size = SUM << 2;
  const end = a + (<usize>length << 2);
  for (; a + 4 * size <= end; a += 4 * size, b += 4 * size) {
    let s0: f64 = 0;
    let s1: f64 = 0;
    let s2: f64 = 0;
    let s3: f64 = 0;
    for (let i: usize = 0; i < size; i += 4) {
      s0 += product(a + i, b + i);
      s1 += product(a + i + size, b + i + size);
      s2 += product(a + i + 2 * size, b + i + 2 * size);
      s3 += product(a + i + 3 * size, b + i + 3 * size);
    }
    sum = sum + s0 + s1 + s2 + s3;
  }
  while (a < end) {
    const stop = min(a + size, end);
    let s: f64 = 0;
    for (; a < stop; a += 4, b += 4) s += product(a, b);
    sum += s;
  }
  return sum;
}

// @ts-ignore: decorator
@inline function magnitude(a: usize): f64 {
  return <f64>abs<f32>(load<f32>(a));
}
// @ts-ignore: decorator
@inline function bit(mask: usize): f64 {
  return <f64>load<u8>(mask);
}

/** Adds the sums of |a| and of |a| * mask to two float64 numbers at `sums`, blocks as in {@link dot}. */
export function norms(a: usize, mask: usize, length: i32, sums: usize): void {
  const size = SUM << 2;
  const end = a + (<usize>length << 2);
  let all = load<f64>(sums);
  let kept = load<f64>(sums, 8);
  for (; a + 4 * size <= end; a += 4 * size, mask += 4 * SUM) {
    let a0: f64 = 0;
    let a1: f64 = 0;
    let a2: f64 = 0;
    let a3: f64 = 0;
    let k0: f64 = 0;
    let k1: f64 = 0;
    let k2: f64 = 0;
    let k3: f64 = 0;
    for (let i: usize = 0; i < SUM; i++) {
      const at = a + (i << 2);
      const m0 = magnitude(at);
      const m1 = magnitude(at + size);
      const m2 = magnitude(at + 2 * size);
      const m3 = magnitude(at + 3 * size);
      a0 += m0;
      a1 += m1;
      a2 += m2;
      a3 += m3;
      k0 += m0 * bit(mask + i);
      k1 += m1 * bit(mask + i + SUM);
      k2 += m2 * bit(mask + i + 2 * SUM);
      k3 += m3 * bit(mask + i + 3 * SUM);
    }
    all = all + a0 + a1 + a2 + a3;
    kept = kept + k0 + k1 + k2 + k3;
  }
  while (a < end) {
    const stop = min(a + size, end);
    let blockAll: f64 = 0;
    let blockKept: f64 = 0;
    for (; a < stop; a += 4, mask++) {
      const m = magnitude(a);
      blockAll += m;
      blockKept += m * bit(mask);
    }
    all += blockAll;
    kept += blockKept;
  }
  store<f64>(sums, all);
  store<f64>(sums, kept, 8);
}
