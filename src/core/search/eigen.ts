/**
 * Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, Matrix
 * Computations, section 8.5).
 * @param matrix n rows of n numbers
 * @returns the values, and the vectors as the columns of an orthogonal matrix: matrix = vectors * diag(values) * vectorsᵀ
 */
export function eigen(matrix: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  const rotate = (p: number, q: number): void => {
    const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
    const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    const c = 1 / Math.sqrt(t * t + 1);
    const s = t * c;
    const columns = (m: number[][]): void => {
      for (const row of m) {
        const [x, y] = [row[p]!, row[q]!];
        row[p] = c * x - s * y;
        row[q] = s * x + c * y;
      }
    };
    columns(a);
    for (let k = 0; k < n; k++) {
      const [x, y] = [a[p]![k]!, a[q]![k]!];
      a[p]![k] = c * x - s * y;
      a[q]![k] = s * x + c * y;
    }
    columns(v);
  };
  const scale = a.reduce((sum, row) => sum + row.reduce((of, x) => of + x * x, 0), 0);
  // Convergence is quadratic: a handful of sweeps is enough, and the bound only stops what is no matrix of numbers.
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p]![q]! ** 2;
    if (!(off > scale * 1e-32)) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) if (a[p]![q] !== 0) rotate(p, q);
  }
  return { values: a.map((row, i) => row[i]!), vectors: v };
}
