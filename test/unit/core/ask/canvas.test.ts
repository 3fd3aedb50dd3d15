import { describe, expect, it } from 'vitest';
import {
  averaged,
  dot,
  FINE,
  flood,
  MODEL_SIDE,
  PAINT_NAMES,
  PAINTS,
  sheet,
  SIDE,
  stroke,
} from '../../../../src/core/ask/canvas';

const AREA = MODEL_SIDE * MODEL_SIDE;
const of = (pixels: Float32Array, x: number, y: number) =>
  [0, 1, 2].map((channel) => pixels[channel * AREA + y * MODEL_SIDE + x]! * 255);
const count = (cells: Uint8Array, paint: keyof typeof PAINTS) =>
  cells.filter((cell) => cell === PAINT_NAMES.indexOf(paint)).length;

describe('a drawing', () => {
  it('of one colour is that colour everywhere', () => {
    for (const paint of PAINT_NAMES) {
      const pixels = averaged(sheet(paint));
      expect(pixels).toHaveLength(3 * AREA);
      for (const [x, y] of [
        [0, 0],
        [15, 15],
        [7, 3],
      ] as const)
        of(pixels, x, y).forEach((value, channel) => expect(value).toBeCloseTo(PAINTS[paint][channel]!, 3));
    }
  });

  it('is averaged cell by cell: a pixel half covered is half of each', () => {
    let cells = sheet('dark');
    for (let row = 0; row < FINE; row++)
      for (let column = 0; column < FINE / 2; column++) cells = dot(cells, 8 * FINE + column, 2 * FINE + row, 0, 'red');
    const pixels = averaged(cells);
    const half = PAINTS.red.map((value, channel) => Math.floor((value + PAINTS.dark[channel]!) / 2 + 0.5));
    expect(of(pixels, 8, 2).map(Math.round)).toEqual(half);
    expect(of(pixels, 9, 2).map(Math.round)).toEqual([...PAINTS.dark]);
    expect(of(pixels, 2, 8).map(Math.round)).toEqual([...PAINTS.dark]);
  });

  it('takes dots and strokes, also over its edge, and is never changed itself', () => {
    const empty = sheet('light');
    const one = dot(empty, 10, 10, 3, 'blue');
    expect(count(empty, 'blue')).toBe(0);
    expect(count(one, 'blue')).toBe(29);
    expect(dot(one, 10, 10, 3, 'blue')).toBe(one);
    expect(count(dot(empty, 0, 0, 3, 'blue'), 'blue')).toBeGreaterThan(5);
    const line = stroke(empty, [0, 5], [SIDE - 1, 5], 0.5, 'green');
    expect(count(line, 'green')).toBe(SIDE);
    const slant = stroke(empty, [3, 3], [40, 55], 1, 'green');
    for (let row = 3; row <= 55; row++)
      expect(slant.subarray(row * SIDE, (row + 1) * SIDE).includes(PAINT_NAMES.indexOf('green'))).toBe(true);
  });

  it('is filled up to what is drawn, and not beyond', () => {
    const ring = [0, 1, 2, 3].reduce((cells, side) => {
      const corners = [
        [10, 10],
        [30, 10],
        [30, 30],
        [10, 30],
        [10, 10],
      ] as const;
      return stroke(cells, corners[side]!, corners[side + 1]!, 0, 'purple');
    }, sheet('dark'));
    const inside = flood(ring, 20, 20, 'yellow');
    expect(count(inside, 'yellow')).toBe(19 * 19);
    expect(count(flood(ring, 0, 0, 'yellow'), 'yellow')).toBe(SIDE * SIDE - 21 * 21);
    expect(flood(inside, 20, 20, 'yellow')).toBe(inside);
  });
});
