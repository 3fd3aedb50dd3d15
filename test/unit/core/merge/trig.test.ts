import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acos, cos, exp, log, sin } from '../../../../src/core/merge/trig';

/** Math.* itself is right to about one unit in the last place; the worst of two million was 1e-15, of acos. */
const RELATIVE = 2e-15;
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const near = (got: number, want: number, scale = Math.abs(want)): void => {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(RELATIVE * Math.max(scale, 1e-300));
};

describe('own functions agree with Math', () => {
  const many = { numRuns: 2000 };
  test('sin and cos', () => {
    fc.assert(
      fc.property(real(-10, 10), (x) => {
        near(sin(x), Math.sin(x), Math.max(Math.abs(Math.sin(x)), 0.1));
        near(cos(x), Math.cos(x), Math.max(Math.abs(Math.cos(x)), 0.1));
      }),
      many,
    );
    fc.assert(
      fc.property(real(-1e5, 1e5), (x) => near(sin(x), Math.sin(x), 1)),
      many,
    );
    // Small angles keep their digits: what lies between nearby models hangs on them.
    fc.assert(
      fc.property(real(1e-12, 0.1), (x) => near(sin(x), Math.sin(x))),
      many,
    );
  });
  test('acos', () => {
    fc.assert(
      fc.property(real(-1, 1), (c) => near(acos(c), Math.acos(c))),
      many,
    );
    fc.assert(
      fc.property(real(1e-16, 1e-3), (gap) => near(acos(1 - gap), Math.acos(1 - gap))),
      many,
    );
  });
  test('exp and log', () => {
    fc.assert(
      fc.property(real(-700, 700), (x) => near(exp(x), Math.exp(x))),
      many,
    );
    fc.assert(
      fc.property(real(1e-12, 1e12), (x) => near(log(x), Math.log(x), Math.max(Math.abs(Math.log(x)), 1e-3))),
      many,
    );
    fc.assert(
      fc.property(real(-1e-3, 1e-3), (x) => near(log(1 + x), Math.log(1 + x))),
      many,
    );
  });
  test('at the ends', () => {
    expect([sin(0), cos(0), acos(1), acos(-1), exp(0), log(1)]).toEqual([0, 1, 0, Math.PI, 1, 0]);
    expect([exp(-1000), exp(1000), log(0), log(Infinity)]).toEqual([0, Infinity, -Infinity, Infinity]);
    for (const nothing of [sin(NaN), sin(Infinity), cos(NaN), acos(1.1), acos(NaN), exp(NaN), log(-1), log(NaN)])
      expect(nothing).toBeNaN();
    for (const x of [5e-324, 1e-310, 2 ** -1022, 1.7e308]) near(log(x), Math.log(x));
  });
});
