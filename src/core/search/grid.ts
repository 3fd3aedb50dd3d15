import type { Optimizer } from './optimizer';

export interface GridState {
  readonly axes: number;
  /** Points along each axis, both ends included. */
  readonly points: number;
  readonly asked: number;
}

/** @returns the points along each of some axes that a budget allows; at least 2 */
export function gridPoints(axes: number, budget: number): number {
  let points = 2;
  while ((points + 1) ** axes <= budget) points++;
  return points;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** A step through `total` points that visits each once, about a golden section apart: ended early, it has seen every part. */
function stride(total: number): number {
  let step = Math.max(1, Math.round(total * 0.6180339887498949));
  while (gcd(step, total) !== 1) step++;
  return step;
}

/** Every point of an even grid, once. */
export const grid: Optimizer<GridState> = {
  start: ({ start, budget }) => ({ axes: start.length, points: gridPoints(start.length, budget), asked: 0 }),
  ask({ axes, points, asked }) {
    const total = points ** axes;
    if (asked >= total) return null;
    let rest = (asked * stride(total)) % total;
    return Array.from({ length: axes }, () => {
      const at = rest % points;
      rest = Math.floor(rest / points);
      return at / (points - 1);
    });
  },
  tell: (state) => ({ ...state, asked: state.asked + 1 }),
};
