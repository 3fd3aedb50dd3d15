/** Elements of a vector along the last axis; a scalar is one of length 1. */
export const rowLength = (shape: readonly number[]): number => Math.max(1, shape.at(-1) ?? 1);

/** A matrix of `rows` rows with its axes exchanged; of a tensor of more axes the first against the rest. */
export function transposed(values: Float32Array, length: number, rows: number): Float32Array {
  const columns = length / rows;
  const result = new Float32Array(length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return result;
}
