import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cropOf, gridOf, largestOf, spanOf, spreadOf } from '../../../../src/core/analyze/grid';
import { energyIn, rankFor, spectrumOf } from '../../../../src/core/analyze/spectrum';
import { drawableTensors, readTensor, viewTensor } from '../../../../src/core/analyze/tensor-view';
import { madeHead } from '../merge/helpers';

describe('a tensor drawn smaller', () => {
  test('one that fits is drawn as it is; a row of numbers is broken into lines', () => {
    expect(gridOf(Float32Array.of(1, -2, 3, 4, 5, -6), [2, 3], 9, 9)).toEqual({
      matrix: { rows: 2, columns: 3 },
      rows: 2,
      columns: 3,
      cells: [1, -2, 3, 4, 5, -6],
    });
    expect(gridOf(new Float32Array(130).fill(1), [130], 9, 64)).toMatchObject({ rows: 3, columns: 64 });
  });

  test('each cell shows its largest element, with its sign', () => {
    expect(gridOf(Float32Array.of(1, -2, 3, 4, 5, -6, 0, 0), [2, 4], 1, 2).cells).toEqual([-6, 4]);
  });

  test('every element is in just one cell, and the largest of all is seen', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), ([rows, columns], [height, width], at) => {
        const values = new Float32Array(rows * columns);
        const [row, column] = [at % rows, at % columns];
        values[row * columns + column] = -1;
        const grid = gridOf(values, [rows, columns], height, width);
        expect(grid.cells.filter((value) => value !== 0)).toEqual([-1]);
        const cell = grid.cells.indexOf(-1);
        const [top, bottom] = spanOf(Math.floor(cell / grid.columns), grid.rows, rows);
        expect(row >= top && row < bottom).toBe(true);
      }),
    );
  });

  test('a part of it, element by element, is cut out of the middle', () => {
    const values = Float32Array.from({ length: 20 }, (_, i) => i);
    expect(cropOf(values, [4, 5], 2, 3)).toMatchObject({ rows: 2, columns: 3, row: 1, column: 1 });
    expect(cropOf(values, [4, 5], 2, 3).cells).toEqual([6, 7, 8, 11, 12, 13]);
    expect(cropOf(values, [4, 5], 9, 9)).toMatchObject({ rows: 4, columns: 5, row: 0, column: 0 });
  });

  test('figures of all elements, and the largest by name', () => {
    expect(spreadOf(Float32Array.of(3, -4, 0, 1))).toEqual({ min: -4, max: 3, mean: 0, norm: Math.sqrt(26) });
    expect(largestOf(Float32Array.of(3, -4, 0, 4, 1), 3)).toEqual([1, 3, 0]);
    expect(largestOf(Float32Array.of(0, 1), 3)).toEqual([1]);
  });
});

describe('how many directions a change has', () => {
  test('a change of rank one, and one of full rank', () => {
    const outer = Float32Array.from({ length: 12 }, (_, i) => (1 + Math.floor(i / 4)) * (1 + (i % 4)));
    const one = spectrumOf(outer, [3, 4])!;
    expect(one.full).toBe(3);
    expect(one.values[0]! ** 2 / one.squares).toBeCloseTo(1, 12);
    expect(rankFor(one, 0.99)).toBe(1);
    const eye = spectrumOf(Float32Array.of(1, 0, 0, 1), [2, 2])!;
    expect([energyIn(eye, 1), rankFor(eye, 0.9), rankFor(eye, 0.5)]).toEqual([0.5, 2, 1]);
  });

  test('a vector, and nothing, have none', () => {
    expect(spectrumOf(Float32Array.of(1, 2), [2])).toBeNull();
    expect(spectrumOf(new Float32Array(4), [2, 2])).toBeNull();
  });
});

describe('one tensor of two checkpoints', () => {
  const head = (alias: string, values: number[], shape = [2, 2]) => madeHead(alias, { w: { shape, values } });

  test('only tensors that all have in one shape can be chosen', () => {
    const more = madeHead('a', { w: { shape: [1], values: [1] }, v: { shape: [2], values: [1, 2] } });
    expect(drawableTensors([more, madeHead('b', { v: { shape: [2], values: [1, 2] } })])).toEqual([
      { name: 'v', shape: [2] },
    ]);
    expect(drawableTensors([more, head('b', [1, 2, 3, 4])])).toEqual([]);
  });

  test('reference, first, and what both changed', async () => {
    const names = ['base', 'one', 'two'];
    const [base, one, two] = await Promise.all(
      [
        [1, 1, 1, 1],
        [1, 3, 0, 1],
        [1, 1, 1, 2],
      ].map(async (values, k) => ({ alias: names[k]!, values: await readTensor(head(names[k]!, values), 'w') })),
    );
    const view = viewTensor('w', [2, 2], base!, one!, two!, true);
    expect(view.panels.map(({ alias, kind, grid }) => [alias, kind, ...grid.cells])).toEqual([
      ['base', 'values', 1, 1, 1, 1],
      ['one', 'values', 1, 3, 0, 1],
      ['one', 'delta', 0, 2, -1, 0],
      ['two', 'delta', 0, 0, 0, 1],
    ]);
    expect(view.largest).toEqual([
      { row: 0, column: 1, values: [1, 3, 2, 0] },
      { row: 1, column: 0, values: [1, 0, -1, 0] },
    ]);
    expect(view.panels.map(({ spectrum }) => spectrum?.values.map((value) => Math.round(value * 1e6) / 1e6))).toEqual([
      undefined,
      undefined,
      [2, 1],
      [1, 0],
    ]);
  });

  test('a tensor that is not there, or damaged, is refused by name', async () => {
    await expect(readTensor(head('a', [1, 2, 3, 4]), 'x')).rejects.toMatchObject({ code: 'analyze/no-tensor' });
    await expect(readTensor(head('a', [1, NaN, 3, 4]), 'w')).rejects.toMatchObject({
      code: 'merge/nan-input',
      params: { tensor: 'w', model: 'a', index: 1 },
    });
  });
});
