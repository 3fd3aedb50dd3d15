const BLOCK = 4096;
const f = Math.fround;

/**
 * Scalar products of float32 vectors, all pairs, over elements `begin` to `end`: float64 sums over blocks of 4096
 * elements in index order, then over the blocks, so that they depend on nothing but the values.
 * @param origin is subtracted from each vector first, in float32; null for the vectors as they are.
 * @returns k * k numbers, row by row, symmetric.
 */
export function gram(
  vectors: readonly Float32Array[],
  origin: Float32Array | null,
  begin: number,
  end: number,
): Float64Array {
  const k = vectors.length;
  const products = new Float64Array(k * k);
  const block = vectors.map(() => new Float32Array(Math.min(BLOCK, end - begin)));
  for (let from = begin; from < end; from += BLOCK) {
    const n = Math.min(BLOCK, end - from);
    vectors.forEach((vector, v) => {
      const into = block[v]!;
      if (origin) for (let i = 0; i < n; i++) into[i] = f(vector[from + i]! - origin[from + i]!);
      else for (let i = 0; i < n; i++) into[i] = vector[from + i]!;
    });
    for (let a = 0; a < k; a++) for (let b = a; b < k; b++) products[a * k + b]! += dot(block[a]!, block[b]!, n);
  }
  for (let a = 0; a < k; a++) for (let b = 0; b < a; b++) products[a * k + b] = products[b * k + a]!;
  return products;
}

function dot(a: Float32Array, b: Float32Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** ⟨sum of a_i v_i, sum of b_i v_i⟩ from the scalar products of the v_i. */
export function inner(products: Float64Array, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const k = a.length;
  let sum = 0;
  for (let i = 0; i < k; i++) {
    if (a[i] === 0) continue;
    let row = 0;
    for (let j = 0; j < k; j++) row += products[i * k + j]! * b[j]!;
    sum += a[i]! * row;
  }
  return sum;
}

/** Length of sum of a_i v_i. What rounding makes of a vanishing sum may be negative under the root. */
export const length = (products: Float64Array, a: ArrayLike<number>): number =>
  Math.sqrt(Math.max(0, inner(products, a, a)));

/**
 * out = origin + sum of a_i (v_i - origin), step by step in float32 in the order of the vectors, over elements `begin`
 * to `end`; without an origin the sum of a_i v_i.
 */
export function combine(
  vectors: readonly Float32Array[],
  origin: Float32Array | null,
  coefficients: ArrayLike<number>,
  begin: number,
  end: number,
  out: Float32Array,
): void {
  out.fill(0, begin, end);
  vectors.forEach((vector, v) => {
    const a = f(coefficients[v]!);
    if (origin) for (let i = begin; i < end; i++) out[i] = f(out[i]! + f(a * f(vector[i]! - origin[i]!)));
    else for (let i = begin; i < end; i++) out[i] = f(out[i]! + f(a * vector[i]!));
  });
  if (origin) for (let i = begin; i < end; i++) out[i] = f(origin[i]! + out[i]!);
}
