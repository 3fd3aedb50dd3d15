import type { Tunable } from '../../core/recipe/tunables';

/** @returns the two numbers that a map begins with: of a sum its first two weights, else a weight and what thins the vectors. */
export function defaultAxes(tunables: readonly Tunable[]): Tunable[] {
  const weights = tunables.filter(({ parameter }) => parameter === 'weight');
  const density = tunables.find(({ parameter }) => parameter === 'density');
  if (density && weights[0]) return [weights[0], density];
  return [...weights, ...tunables.filter((one) => !weights.includes(one))].slice(0, 2);
}
