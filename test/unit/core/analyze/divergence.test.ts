import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { divergences, klOfLogits } from '../../../../src/core/analyze/divergence';

const logits = (size: number, range = 20) =>
  fc
    .array(fc.double({ min: -range, max: range, noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => Float32Array.from(values));
const pair = fc.integer({ min: 1, max: 40 }).chain((size) => fc.tuple(logits(size), logits(size)));

/** The definition, from probabilities: fine while no exponential overflows. */
function byDefinition(p: Float32Array, q: Float32Array): number {
  const softmax = (values: Float32Array): number[] => {
    const powers = Array.from(values, Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  };
  const [P, Q] = [softmax(p), softmax(q)];
  return P.reduce((sum, share, i) => sum + share * Math.log(share / Q[i]!), 0);
}

describe('the divergence of two next-token distributions', () => {
  test('is the one of the definition, and never negative', () => {
    fc.assert(
      fc.property(pair, ([p, q]) => {
        const kl = klOfLogits(p, q);
        expect(kl).toBeGreaterThanOrEqual(0);
        expect(kl).toBeCloseTo(byDefinition(p, q), 9);
      }),
    );
  });

  test('of a distribution from itself is exactly 0, whatever is added to all its logits', () => {
    fc.assert(
      fc.property(logits(12), fc.integer({ min: -64, max: 64 }), (p, shift) => {
        expect(klOfLogits(p, p)).toBe(0);
        const exact = p.map((v) => Math.round(v * 8) / 8);
        expect(
          klOfLogits(
            exact,
            exact.map((v) => v + shift),
          ),
        ).toBeLessThan(1e-12);
      }),
    );
  });

  test('has a direction', () => {
    const [sure, unsure] = [Float32Array.of(0, Math.log(3)), Float32Array.of(0, 0)];
    expect(klOfLogits(sure, unsure)).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 7);
    expect(klOfLogits(unsure, sure)).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 7);
  });

  test('stays a number where an exponential would overflow or vanish', () => {
    expect(klOfLogits(Float32Array.of(3e38, 0), Float32Array.of(3e38, 0))).toBe(0);
    // All of p on a token that q holds for e^-1000 as likely as the other.
    expect(klOfLogits(Float32Array.of(1000, 0), Float32Array.of(0, 1000))).toBeCloseTo(1000, 6);
    expect(klOfLogits(Float32Array.of(0, -Infinity), Float32Array.of(0, 0))).toBeCloseTo(Math.log(2), 12);
    expect(klOfLogits(Float32Array.of(0, 0), Float32Array.of(0, -Infinity))).toBe(Infinity);
    expect(klOfLogits(Float32Array.of(NaN, 0), Float32Array.of(0, 0))).toBeNaN();
  });

  test('is told token by token, with the probability of the token that was chosen', () => {
    const own = Float32Array.of(0, 0, Math.log(2), 5, 5, 5);
    const other = Float32Array.of(0, 0, 0, 5, 5, 5);
    const [first, second, ...rest] = divergences(own, other, [2, 0]);
    expect(rest).toEqual([]);
    expect(first!.p).toBeCloseTo(0.5, 7);
    expect(first!.kl).toBeCloseTo(byDefinition(own.subarray(0, 3), other.subarray(0, 3)), 12);
    expect(second).toEqual({ p: expect.closeTo(1 / 3, 12) as number, kl: 0 });
  });
});
