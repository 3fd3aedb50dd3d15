import { matrixOf } from './grid';
import { sumBlocks } from './norms';
import { truncatedSvd } from './svd';

/** Singular values looked at. */
const RANK = 32;
/** A matrix above this many elements is not decomposed: it would hold the worker for more than a quarter of a minute. */
const LARGEST = 1 << 26;

/** How many directions a change goes in. */
export interface Spectrum {
  /** The largest singular values, from the largest down. */
  values: number[];
  /** Sum of squares of all of them, known from the matrix itself. */
  squares: number;
  /** The rank that the matrix could have. */
  full: number;
}

/**
 * The largest singular values of a tensor of two axes or more (all but the last are rows), by {@link truncatedSvd}.
 * @returns null for a vector, for nothing but zeros, and for a matrix too large to decompose here.
 */
export function spectrumOf(values: Float32Array, shape: readonly number[]): Spectrum | null {
  const { rows, columns } = matrixOf(shape);
  if (shape.length < 2 || values.length === 0 || values.length > LARGEST) return null;
  const [squares] = sumBlocks(values.length, 1, (begin, end, block) => {
    for (let i = begin; i < end; i++) block[0]! += values[i]! * values[i]!;
  });
  if (squares === 0) return null;
  const { s } = truncatedSvd(values, rows, columns, RANK, { powerIterations: 1 });
  return { values: [...s], squares: squares!, full: Math.min(rows, columns) };
}

/** Share of the energy (squared length) in the first `rank` directions, from 0 to 1; rounding may not exceed it. */
export const energyIn = ({ values, squares }: Spectrum, rank: number): number =>
  Math.min(1, values.slice(0, rank).reduce((sum, value) => sum + value * value, 0) / squares);

/** How many directions hold `share` of the energy; null where more are needed than were looked at. */
export function rankFor(spectrum: Spectrum, share: number): number | null {
  const rank = spectrum.values.findIndex((_, k) => energyIn(spectrum, k + 1) >= share - 1e-9);
  return rank < 0 ? null : rank + 1;
}
