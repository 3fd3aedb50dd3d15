import { decimals } from '../search/search';

/** One axis of a map: the values of its columns (or rows), evenly spaced, both ends included. */
export interface MapAxis {
  /** See `tunablesOf`. */
  readonly id: string;
  readonly min: number;
  readonly max: number;
}

/** Column and row of a cell; row 0 is the lowest value, drawn at the bottom. */
export type Cell = readonly [column: number, row: number];

/** Sizes that have a middle, and a half of which every second one is: coarse maps are part of fine ones. */
export const MAP_SIZES = [5, 9, 11, 21] as const;

/** @returns the value at a column or row, to the decimals that a search gives the same range */
export function valueAt({ min, max }: Omit<MapAxis, 'id'>, at: number, size: number): number {
  const value = min + ((max - min) * at) / (size - 1);
  return Number(value.toFixed(decimals({ min, max }))) + 0;
}

/** @returns where a value lies on an axis, in cells from the first: not rounded, and beyond the ends where it is outside */
export const placeOf = ({ min, max }: Omit<MapAxis, 'id'>, value: number, size: number): number =>
  ((value - min) / (max - min)) * (size - 1);

/** @returns the cell nearest to a place, within the map */
export const cellAt = (column: number, row: number, size: number): Cell => {
  const within = (at: number): number => Math.min(size - 1, Math.max(0, Math.round(at)));
  return [within(column), within(row)];
};

/**
 * In what order a map is filled: every eighth cell of each axis, every fourth, every second, all; of one step the cells nearest
 * to `from` first, so that the map is soon right in the large, and first where somebody looks.
 * @returns each cell once
 */
export function fillOrder(size: number, [column, row]: readonly [number, number]): Cell[] {
  const steps = [8, 4, 2, 1];
  const level = (at: number): number => steps.findIndex((step) => at % step === 0);
  const cells = Array.from({ length: size * size }, (_, i): Cell => [i % size, Math.floor(i / size)]);
  const rank = ([x, y]: Cell): number => Math.max(level(x), level(y));
  const far = ([x, y]: Cell): number => (x - column) ** 2 + (y - row) ** 2;
  return cells.sort((a, b) => rank(a) - rank(b) || far(a) - far(b) || a[1] - b[1] || a[0] - b[0]);
}

/** Rising whole numbers in few signs: 1, 3, 5, 6, 7 is `1, 3, 5–7`. */
export function runsOf(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  const named = runs.flatMap(([first, last]) => {
    if (last - first > 1) return [`${first}–${last}`];
    return first === last ? [`${first}`] : [`${first}`, `${last}`];
  });
  return named.join(', ');
}
