/** Size of a piece that is drawn weight by weight. */
export const PIECE_ROWS = 16;
export const PIECE_COLUMNS = 64;

/** A small part of a tensor, weight by weight, in rows. */
export interface Piece {
  /** Where it begins: row and column of the tensor seen as a matrix. */
  row: number;
  column: number;
  rows: number;
  columns: number;
  /** Elected sign of each weight: 1, -1, or 0 where every vector was trimmed. */
  signs: number[];
  /** Per weight a bit for each vector that raises it, and for each that lowers it, among the largest changes. */
  raises: number[];
  lowers: number[];
}

/** A tensor as a matrix: all axes but the last are rows; a row of numbers is broken into lines. */
function asMatrix(shape: readonly number[], length: number): { rows: number; columns: number } {
  const columns = shape.length < 2 ? Math.min(length, PIECE_COLUMNS) : (shape.at(-1) ?? 1);
  return { rows: columns === 0 ? 0 : Math.ceil(length / columns), columns };
}

/** Marks of each element: which vectors raise it, and which lower it. */
function marks(
  deltas: readonly Float32Array[],
  masks: readonly Uint8Array[],
  weights: readonly number[],
  i: number,
): [raises: number, lowers: number] {
  let raises = 0;
  let lowers = 0;
  for (let k = 0; k < deltas.length; k++) {
    const term = masks[k]![i] === 0 ? 0 : weights[k]! * deltas[k]![i]!;
    if (term > 0) raises |= 1 << k;
    else if (term < 0) lowers |= 1 << k;
  }
  return [raises, lowers];
}

/**
 * The piece of 16 x 64 weights, on a grid of such pieces, where most weights are pulled both ways; the first of equals.
 * @param signs elected, see `elect`.
 */
export function mostMixedPiece(
  shape: readonly number[],
  deltas: readonly Float32Array[],
  masks: readonly Uint8Array[],
  weights: readonly number[],
  signs: Int8Array,
): Piece {
  const matrix = asMatrix(shape, signs.length);
  const across = Math.max(1, Math.ceil(matrix.columns / PIECE_COLUMNS));
  const down = Math.max(1, Math.ceil(matrix.rows / PIECE_ROWS));
  const scores = new Uint32Array(across * down);
  for (let row = 0, i = 0; row < matrix.rows; row++) {
    const first = Math.floor(row / PIECE_ROWS) * across;
    for (let column = 0; column < matrix.columns && i < signs.length; column++, i++) {
      if (signs[i] === 0) continue;
      const [raises, lowers] = marks(deltas, masks, weights, i);
      if (raises !== 0 && lowers !== 0) scores[first + Math.floor(column / PIECE_COLUMNS)]!++;
    }
  }
  let best = 0;
  for (let k = 1; k < scores.length; k++) if (scores[k]! > scores[best]!) best = k;
  const row = Math.floor(best / across) * PIECE_ROWS;
  const column = (best % across) * PIECE_COLUMNS;
  const rows = Math.min(PIECE_ROWS, matrix.rows - row);
  const columns = Math.min(PIECE_COLUMNS, matrix.columns - column);
  const cells = new Array<number>(rows * columns).fill(0);
  const piece: Piece = { row, column, rows, columns, signs: cells, raises: [...cells], lowers: [...cells] };
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const i = (row + r) * matrix.columns + column + c;
      if (i >= signs.length) continue;
      const [raises, lowers] = marks(deltas, masks, weights, i);
      const at = r * columns + c;
      piece.signs[at] = signs[i]!;
      piece.raises[at] = raises;
      piece.lowers[at] = lowers;
    }
  return piece;
}
