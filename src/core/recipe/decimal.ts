/** An exact decimal number: units * 10^-scale. Coefficients are collected in these so that 0.1 + 0.2 is 0.3. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };
export const ONE: Decimal = { units: 1n, scale: 0 };

/** @param literal an unsigned or signed decimal literal, such as String(x) gives for a finite number x. */
export function decimal(literal: string): Decimal {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const units = BigInt(`${whole}${fraction}` || '0');
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const lift = (x: Decimal) => x.units * 10n ** BigInt(scale - x.scale);
  return { units: lift(a) + lift(b), scale };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

export function negate(a: Decimal): Decimal {
  return { units: -a.units, scale: a.scale };
}

export function equals(a: Decimal, b: Decimal): boolean {
  return add(a, negate(b)).units === 0n;
}

/** @returns the nearest float64, the one a literal of the same value denotes. */
export function toNumber(a: Decimal): number {
  return Number(`${a.units}e${-a.scale}`);
}

/** @returns the value in plain digits without needless zeros, exact. */
export function toText(a: Decimal): string {
  const digits = (a.units < 0n ? -a.units : a.units).toString().padStart(a.scale + 1, '0');
  const whole = digits.slice(0, digits.length - a.scale);
  const fraction = digits.slice(digits.length - a.scale).replace(/0+$/, '');
  return `${a.units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
