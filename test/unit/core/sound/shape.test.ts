import { expect, test } from 'vitest';
import { loudestStart, peaks } from '../../../../src/core/sound/shape';

test('peaks are the largest values of equal pieces, at most 1', () => {
  expect([...peaks(new Float32Array([0.25, -0.5, 0, 2, 0, 0]), 3)]).toEqual([0.5, 1, 0]);
  expect([...peaks(new Float32Array([0.5]), 2)]).toEqual([0.5, 0]);
});

test('the loudest part is where most energy is, whatever its sign', () => {
  const samples = new Float32Array(20);
  samples.set([0.5, -0.9, 0.5], 11);
  const start = loudestStart(samples, 5);
  expect(start).toBeGreaterThanOrEqual(9);
  expect(start).toBeLessThanOrEqual(11);
  expect(loudestStart(samples.subarray(0, 4), 5)).toBe(0);
});
