import { philox4x32 } from '../merge/random';

/** Matrices whose shorter side is at most this long are decomposed exactly. */
const EXACT_SIDE = 192;
/** What of a column is left after projection, relative to its length, below which it counts as nothing but rounding. */
const NEGLIGIBLE = 1e-12;
/** One-sided Jacobi converges in about ten sweeps; this is no limit that a finite matrix reaches. */
const MAX_SWEEPS = 60;

export interface SvdOptions {
  /** Seed of the random directions, a whole number from 0 to 2^53 - 1. */
  readonly seed?: number;
  /** Directions tried beyond the rank asked for. */
  readonly oversample?: number;
  /** Rounds of A A^T that sharpen a slowly falling spectrum; each reads the matrix twice more. */
  readonly powerIterations?: number;
}

/** matrix ~ u * diag(s) * v^T, all float64, row-major. Columns of u and v that belong to a singular value of 0 are 0. */
export interface Svd {
  /** [rows x rank], orthonormal columns. */
  u: Float64Array<ArrayBuffer>;
  /** [rank], from the largest down. */
  s: Float64Array<ArrayBuffer>;
  /** [cols x rank], orthonormal columns. */
  v: Float64Array<ArrayBuffer>;
}

/** A tall matrix as its columns: every inner loop then runs along memory. */
type Columns = Float64Array<ArrayBuffer>[];

const columns = (count: number, length: number): Columns =>
  Array.from({ length: count }, () => new Float64Array(length));

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Test vectors: each entry is the sum of four uniform ones of one Philox counter, less its mean. Close to normal as Halko
 * et al. ask, and the same bits in every engine, which Math.log and Math.cos of a true normal one would not be.
 */
function randomColumns(count: number, length: number, seed: number): Columns {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  const words = new Uint32Array(4);
  return columns(count, length).map((column, k) => {
    for (let i = 0; i < length; i++) {
      words[0] = i;
      words[1] = k;
      words[2] = 0;
      words[3] = 0;
      philox4x32(words, key);
      column[i] = (words[0] + words[1] + words[2] + words[3]) * 2 ** -32 - 2;
    }
    return column;
  });
}

/** A x, for each column x; four at a time, so that a row is read a quarter as often. */
function times(matrix: ArrayLike<number>, rows: number, cols: number, x: Columns): Columns {
  const out = columns(x.length, rows);
  for (let k = 0; k < x.length; k += 4) {
    // Beyond the last column the first of the four is computed again, and thrown away.
    const [a, b, c, d] = [x[k]!, x[k + 1] ?? x[k]!, x[k + 2] ?? x[k]!, x[k + 3] ?? x[k]!];
    for (let row = 0, at = 0; row < rows; row++) {
      let [p, q, r, s] = [0, 0, 0, 0];
      for (let j = 0; j < cols; j++, at++) {
        const value = matrix[at]!;
        p += value * a[j]!;
        q += value * b[j]!;
        r += value * c[j]!;
        s += value * d[j]!;
      }
      out[k]![row] = p;
      if (k + 1 < x.length) out[k + 1]![row] = q;
      if (k + 2 < x.length) out[k + 2]![row] = r;
      if (k + 3 < x.length) out[k + 3]![row] = s;
    }
  }
  return out;
}

/** A^T y, for each column y. */
function transposedTimes(matrix: ArrayLike<number>, rows: number, cols: number, y: Columns): Columns {
  const out = columns(y.length, cols);
  for (let row = 0; row < rows; row++) {
    const begin = row * cols;
    for (let k = 0; k < y.length; k++) {
      const factor = y[k]![row]!;
      if (factor === 0) continue;
      const sum = out[k]!;
      for (let j = 0; j < cols; j++) sum[j]! += factor * matrix[begin + j]!;
    }
  }
  return out;
}

/**
 * Makes the columns orthonormal in place, by Gram-Schmidt done twice; what is a combination of those before becomes 0.
 * @returns R as columns: the old columns are the new ones times R.
 */
function orthonormalize(q: Columns): Columns {
  const r = columns(q.length, q.length);
  q.forEach((column, k) => {
    const length = Math.sqrt(product(column, column));
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < k; j++) {
        const before = q[j]!;
        const along = product(before, column);
        r[k]![j]! += along;
        for (let i = 0; i < column.length; i++) column[i]! -= along * before[i]!;
      }
    const left = Math.sqrt(product(column, column));
    if (left <= NEGLIGIBLE * length) {
      column.fill(0);
      return;
    }
    r[k]![k] = left;
    for (let i = 0; i < column.length; i++) column[i]! /= left;
  });
  return r;
}

/** Turns columns a and b by the angle whose cosine and sine are given. */
function rotate(a: Float64Array, b: Float64Array, cos: number, sin: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    a[i] = cos * x - sin * y;
    b[i] = sin * x + cos * y;
  }
}

/**
 * The SVD of a small square matrix by one-sided Jacobi rotations (Hestenes 1958; Golub and Van Loan, section 8.6.3).
 * @param a its columns, which become left * s.
 * @returns columns of both sides, and the singular values, from the largest down.
 */
function jacobi(a: Columns): { left: Columns; s: number[]; right: Columns } {
  const n = a.length;
  const right = columns(n, n);
  right.forEach((column, k) => (column[k] = 1));
  // What two columns are from orthogonal by rounding alone, as in LAPACK's gesvj.
  const orthogonal = 2 ** -52 * Math.sqrt(n);
  for (let sweep = 0, turned = true; turned && sweep < MAX_SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        const [x, y] = [a[p]!, a[q]!];
        const [alpha, beta, gamma] = [product(x, x), product(y, y), product(x, y)];
        if (Math.abs(gamma) <= orthogonal * Math.sqrt(alpha * beta)) continue;
        turned = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const tan = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cos = 1 / Math.sqrt(1 + tan * tan);
        rotate(x, y, cos, cos * tan);
        rotate(right[p]!, right[q]!, cos, cos * tan);
      }
  }
  const norms = a.map((column) => Math.sqrt(product(column, column)));
  const order = [...norms.keys()].sort((i, j) => norms[j]! - norms[i]! || i - j);
  const largest = norms[order[0] ?? 0] ?? 0;
  return {
    left: order.map((k) => {
      const norm = norms[k]!;
      return norm > NEGLIGIBLE * largest ? a[k]!.map((value) => value / norm) : new Float64Array(n);
    }),
    s: order.map((k) => (norms[k]! > NEGLIGIBLE * largest ? norms[k]! : 0)),
    right: order.map((k) => right[k]!),
  };
}

/** basis * inner, the first `rank` columns, row-major [length x rank]; 0 where the singular value is. */
function combine(basis: Columns, inner: Columns, s: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const rank = s.length;
  const out = new Float64Array(length * rank);
  for (let k = 0; k < rank; k++) {
    if (s[k] === 0) continue;
    basis.forEach((column, j) => {
      const factor = inner[k]![j]!;
      for (let i = 0; i < length; i++) out[i * rank + k]! += factor * column[i]!;
    });
  }
  return out;
}

/**
 * The `rank` largest singular values of a matrix and their vectors. Exact where the shorter side is at most
 * {@link EXACT_SIDE} or hardly longer than the rank; else the randomised range finder with power iterations of Halko,
 * Martinsson and Tropp 2011 (algorithms 4.4 and 5.1, doi:10.1137/090771806), orthonormalised at every half step. Float64
 * in a fixed order, and of functions only the square root: the same bits in every engine.
 * Memory: twice (rank + oversample) columns of both lengths; where exact, the matrix in float64.
 * @param matrix row-major, rows * cols finite numbers.
 * @param rank how many are wanted; at most the shorter side's length are given.
 */
export function truncatedSvd(
  matrix: Float32Array | Float64Array,
  rows: number,
  cols: number,
  rank: number,
  { seed = 0, oversample = 8, powerIterations = 2 }: SvdOptions = {},
): Svd {
  const side = Math.min(rows, cols);
  const wanted = Math.min(rank, side);
  const tried = wanted + oversample;
  if (side <= EXACT_SIDE || tried >= side) return exactSvd(matrix, rows, cols, wanted);

  const range = times(matrix, rows, cols, randomColumns(tried, cols, seed));
  orthonormalize(range);
  let q = range;
  for (let round = 0; round < powerIterations; round++) {
    const back = transposedTimes(matrix, rows, cols, q);
    orthonormalize(back);
    q = times(matrix, rows, cols, back);
    orthonormalize(q);
  }
  // B^T = A^T Q = P R, and R = left S right^T: A ~ Q B = (Q right) S (P left)^T.
  const p = transposedTimes(matrix, rows, cols, q);
  const { left, s, right } = jacobi(orthonormalize(p));
  const values = Float64Array.from(s.slice(0, wanted));
  return { u: combine(q, right, values, rows), s: values, v: combine(p, left, values, cols) };
}

function exactSvd(matrix: Float32Array | Float64Array, rows: number, cols: number, rank: number): Svd {
  const tall = rows >= cols;
  const [long, short] = tall ? [rows, cols] : [cols, rows];
  const q = columns(short, long);
  q.forEach((column, k) => {
    for (let i = 0; i < long; i++) column[i] = tall ? matrix[i * cols + k]! : matrix[k * cols + i]!;
  });
  const { left, s, right } = jacobi(orthonormalize(q));
  const values = Float64Array.from(s.slice(0, rank));
  const outer = combine(q, left, values, long);
  const unit = columns(short, short);
  unit.forEach((column, k) => (column[k] = 1));
  const inner = combine(unit, right, values, short);
  return tall ? { u: outer, s: values, v: inner } : { u: inner, s: values, v: outer };
}
