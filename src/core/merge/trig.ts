/**
 * Math.sin, cos, acos, exp and log may differ in the last bit from engine to engine, and what is fingerprinted may not:
 * these are made of + - * / and sqrt alone, which IEEE 754 rounds everywhere alike. Errors are about 1e-15 of the result
 * for arguments of ordinary size (tested against Math.*), and the bits are the same for any argument.
 */

/** pi / 2 in three parts of 33 bits each, so that small multiples of the first two are exact. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
const PI = 3.141592653589793;
/** ln 2 in two parts: 32 bits, and the rest. */
const LN2 = [0.6931471803691238, 1.9082149292705877e-10] as const;
/** Terms of the Taylor series on [-pi/4, pi/4] and [-ln 2 / 2, ln 2 / 2]: the next one is below 2^-53 of the sum. */
const TERMS = 18;
const TINY = 2 ** -1022;

/** sum of (-1)^j x^(2j) first! / (2j + first)!, by Horner's rule: sin(x)/x for `first` 1, cos(x) for 0. */
function alternating(x: number, first: 0 | 1): number {
  const square = x * x;
  let value = 1;
  for (let n = TERMS + first; n >= 2 + first; n -= 2) value = 1 - (square / (n * (n - 1))) * value;
  return value;
}

/** sin(x + quarter * pi / 2) */
function rotated(x: number, quarter: number): number {
  if (!Number.isFinite(x)) return NaN;
  const turns = Math.floor(x / (PI / 2) + 0.5);
  const rest = x - turns * HALF_PI[0] - turns * HALF_PI[1] - turns * HALF_PI[2];
  const at = (((turns + quarter) % 4) + 4) % 4;
  const value = at % 2 === 0 ? rest * alternating(rest, 1) : alternating(rest, 0);
  return at < 2 ? value : 0 - value;
}

export const sin = (x: number): number => rotated(x, 0);
export const cos = (x: number): number => rotated(x, 1);

/** atan for x >= 0: halving the angle three times leaves an argument below 0.1, where the series is short. */
function atan(x: number): number {
  let y = x > 1 ? 1 / x : x;
  for (let i = 0; i < 3; i++) y = y / (1 + Math.sqrt(1 + y * y));
  const square = y * y;
  let value = 0;
  for (let n = 17; n >= 1; n -= 2) value = 1 / n - square * value;
  const angle = 8 * y * value;
  return x > 1 ? PI / 2 - angle : angle;
}

/** @param c in [-1, 1] */
export function acos(c: number): number {
  if (!(Math.abs(c) <= 1)) return NaN;
  return c === -1 ? PI : 2 * atan(Math.sqrt((1 - c) / (1 + c)));
}

/** 0 where the result would be below the smallest normal number. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709) return Infinity;
  if (x < -708) return 0;
  const twos = Math.floor(x / LN2[0] + 0.5);
  const rest = x - twos * LN2[0] - twos * LN2[1];
  let value = 1;
  for (let n = TERMS; n >= 1; n--) value = 1 + (rest / n) * value;
  // Powers of two are made by squaring: Math.pow is not bound to be exact.
  let power = 1;
  for (let bit = 1024, left = Math.abs(twos); bit >= 1; bit /= 2) {
    power *= power;
    if (left >= bit) {
      power *= 2;
      left -= bit;
    }
  }
  return twos < 0 ? value / power : value * power;
}

/** Natural logarithm; -Infinity of 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let twos = 0;
  let m = x;
  if (m < TINY) {
    m *= 2 ** 54;
    twos -= 54;
  }
  // Halvings of a normal number are exact; a ratio of probabilities is at most some 30 of them away from 1.
  for (; m > 2 ** 32; m /= 2 ** 32) twos += 32;
  for (; m < 2 ** -32; m *= 2 ** 32) twos -= 32;
  for (; m > Math.SQRT2; m /= 2) twos++;
  for (; m < Math.SQRT1_2; m *= 2) twos--;
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let value = 0;
  for (let n = 23; n >= 1; n -= 2) value = 1 / n + square * value;
  return twos * LN2[0] + (2 * s * value + twos * LN2[1]);
}
