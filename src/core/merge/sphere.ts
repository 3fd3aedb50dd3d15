import { acos, sin } from './trig';

/**
 * How much of two vectors, whose directions have the cosine `c`, lies at `t` on the great circle from one to the other.
 * @param straight above this |c| the straight way is taken.
 */
export function slerpShares(c: number, t: number, straight: (c: number) => boolean): readonly [number, number] {
  if (straight(c)) return [1 - t, t];
  const angle = acos(c);
  const sine = sin(angle);
  return [sin((1 - t) * angle) / sine, sin(t * angle) / sine];
}

export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
