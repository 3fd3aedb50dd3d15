/**
 * scaling * B A in float32: each dot product in float64 in rising order of the rank, rounded once, then scaled. Row by row,
 * so that the inner loop runs along a row of A and of the result.
 * @param b [rows x rank], row-major
 * @param a [rank x cols]
 * @param out rows * cols
 */
export function lowRank(
  b: Float32Array,
  a: Float32Array,
  { rows, cols, rank, scaling }: { rows: number; cols: number; rank: number; scaling: number },
  out = new Float32Array(rows * cols),
): Float32Array<ArrayBuffer> {
  const sums = new Float64Array(cols);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b[row * rank + k]!;
      if (factor === 0) continue;
      const from = k * cols;
      for (let j = 0; j < cols; j++) sums[j]! += factor * a[from + j]!;
    }
    const begin = row * cols;
    for (let j = 0; j < cols; j++) out[begin + j] = Math.fround(sums[j]!) * scaling;
  }
  return out;
}

/** @returns the transpose of a row-major [rows x cols] matrix. */
export function transposed(matrix: Float32Array, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[j * rows + i] = matrix[i * cols + j]!;
  return out;
}
