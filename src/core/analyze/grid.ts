import { sumBlocks } from './norms';

/** A tensor as a matrix, drawn smaller. */
export interface Grid {
  /** Size of the matrix: all axes but the last are rows; a row of numbers is broken into lines. */
  matrix: { rows: number; columns: number };
  rows: number;
  columns: number;
  /** Row by row, of each cell the element that is largest by magnitude, with its sign. */
  cells: number[];
}

/** What all elements of a tensor come to. */
export interface Spread {
  min: number;
  max: number;
  mean: number;
  /** L2. */
  norm: number;
}

/** How long the lines are into which a row of numbers is broken. */
const LINE = 64;

/** A shape seen as rows and columns. */
export function matrixOf(shape: readonly number[]): { rows: number; columns: number } {
  const count = shape.reduce((product, n) => product * n, 1);
  const columns = shape.length < 2 ? Math.min(count, LINE) : shape.at(-1)!;
  return { rows: columns === 0 ? 0 : Math.ceil(count / columns), columns };
}

/** Where cell `at` of `cells` begins and ends among `length` rows or columns. */
export const spanOf = (at: number, cells: number, length: number): [begin: number, end: number] => [
  Math.floor((at * length) / cells),
  Math.floor(((at + 1) * length) / cells),
];

/**
 * Draws a tensor into at most `rows` x `columns` cells of nearly equal size. The largest element stands for its cell, not
 * the mean: changes of both signs would cancel in a mean, and one that stands out would be lost.
 */
export function gridOf(values: Float32Array, shape: readonly number[], rows: number, columns: number): Grid {
  const matrix = matrixOf(shape);
  const grid = { rows: Math.min(rows, matrix.rows), columns: Math.min(columns, matrix.columns) };
  const cells = new Array<number>(grid.rows * grid.columns).fill(0);
  const spans = Array.from({ length: grid.columns }, (_, at) => spanOf(at, grid.columns, matrix.columns));
  for (let r = 0; r < grid.rows; r++) {
    const [top, bottom] = spanOf(r, grid.rows, matrix.rows);
    for (let row = top; row < bottom; row++)
      for (let c = 0; c < grid.columns; c++) {
        const [left, right] = spans[c]!;
        let most = cells[r * grid.columns + c]!;
        const end = Math.min(values.length, row * matrix.columns + right);
        for (let i = row * matrix.columns + left; i < end; i++)
          if (Math.abs(values[i]!) > Math.abs(most)) most = values[i]!;
        cells[r * grid.columns + c] = most;
      }
  }
  return { matrix, ...grid, cells };
}

/** A part of a tensor, element by element. */
export interface Crop extends Grid {
  /** Where it begins in the matrix. */
  row: number;
  column: number;
}

/** Cuts at most `rows` x `columns` elements out of the middle of a tensor. */
export function cropOf(values: Float32Array, shape: readonly number[], rows: number, columns: number): Crop {
  const whole = matrixOf(shape);
  const matrix = { rows: Math.min(rows, whole.rows), columns: Math.min(columns, whole.columns) };
  const row = (whole.rows - matrix.rows) >> 1;
  const column = (whole.columns - matrix.columns) >> 1;
  const cells = Array.from({ length: matrix.rows * matrix.columns }, (_, at) => {
    const line = row + Math.floor(at / matrix.columns);
    return values[line * whole.columns + column + (at % matrix.columns)] ?? 0;
  });
  return { matrix, ...matrix, cells, row, column };
}

/** All 0 for a tensor without elements. */
export function spreadOf(values: Float32Array): Spread {
  if (values.length === 0) return { min: 0, max: 0, mean: 0, norm: 0 };
  let [min, max] = [Infinity, -Infinity];
  const [sum, squares] = sumBlocks(values.length, 2, (begin, end, block) => {
    for (let i = begin; i < end; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
      block[0]! += value;
      block[1]! += value * value;
    }
  });
  return { min, max, mean: sum! / values.length, norm: Math.sqrt(squares!) };
}

/** Indices of the `count` elements of largest magnitude that are not 0, the largest first; of equals the first. */
export function largestOf(values: Float32Array, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size === 0 || (found.length === count && size <= Math.abs(values[found.at(-1)!]!))) continue;
    let at = found.length;
    while (at > 0 && Math.abs(values[found[at - 1]!]!) < size) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}
