import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BINS, FIRST_EXPONENT, histogram, roundingLoss } from '../../../../src/core/analyze/fine';

const floats = fc.array(fc.oneof(fc.constant(0), fc.float({ noNaN: true, noDefaultInfinity: true })), {
  minLength: 1,
  maxLength: 200,
});

describe('histogram', () => {
  test('each power of two opens a bin; zeros are in none; what lies outside counts at the ends', () => {
    const bin = (...values: number[]) => histogram(Float32Array.from(values)).flatMap((n, k) => (n ? [[k, n]] : []));
    expect(bin(0, -0)).toEqual([]);
    expect(bin(1, -1.99)).toEqual([[-FIRST_EXPONENT, 2]]);
    expect(bin(2)).toEqual([[1 - FIRST_EXPONENT, 1]]);
    expect(bin(1e-30, 1e-45, 1e30)).toEqual([
      [0, 2],
      [BINS - 1, 1],
    ]);
  });

  test('counts every element that changed', () => {
    fc.assert(
      fc.property(floats, (values) => {
        const delta = Float32Array.from(values);
        expect(histogram(delta).reduce((a, b) => a + b)).toBe(delta.filter((value) => value !== 0).length);
      }),
    );
  });
});

describe('what a narrow format takes away', () => {
  test('a change below half a unit vanishes, one that fits stays whole', () => {
    const base = Float32Array.of(1, 1, 0);
    const delta = Float32Array.of(2 ** -12, 2 ** -8, 2 ** -20);
    // bfloat16 has 8 bits: 1 + 2^-8 ties to the even 1.
    expect(roundingLoss(base, delta, 1, 'BF16')).toEqual({
      squares: 2 ** -24 + 2 ** -16 + 2 ** -40,
      lost: 2 ** -24 + 2 ** -16,
      changed: 3,
      vanished: 2,
    });
    // float16 has 11 bits: only 2^-12 is lost.
    expect(roundingLoss(base, delta, 1, 'F16')).toMatchObject({ lost: 2 ** -24, vanished: 1 });
    expect(roundingLoss(base, delta, 2, 'F16')).toMatchObject({ lost: 2 ** -22, vanished: 1 });
    expect(roundingLoss(base, delta, 4, 'F16')).toMatchObject({ lost: 0, vanished: 0 });
    expect(roundingLoss(base, delta, 0, 'F16')).toEqual({ squares: 0, lost: 0, changed: 0, vanished: 0 });
  });

  test('nothing of weights that the format holds; all of those beyond its range', () => {
    const halves = fc.array(fc.integer({ min: -2047, max: 2047 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(halves, (values) => {
        const tune = Float32Array.from(values, (value) => value / 1024);
        const zeros = new Float32Array(tune.length);
        expect(roundingLoss(zeros, tune, 1, 'F16')).toMatchObject({ lost: 0, vanished: 0 });
      }),
    );
    expect(roundingLoss(Float32Array.of(65504), Float32Array.of(65504), 1, 'F16').lost).toBe(Infinity);
  });
});
