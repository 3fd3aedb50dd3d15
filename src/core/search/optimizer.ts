/**
 * A search for the least loss in the unit cube, one question at a time. States are plain JSON: one that is written and read
 * again goes on with the same points. All numbers are float64.
 */
export interface Optimizer<State> {
  start(setup: Setup): State;
  /** @returns the next point, each coordinate from 0 to 1; the same for the same state. null: nothing is left to ask. */
  ask(state: State): number[] | null;
  /** @returns the state after the point just asked has turned out to have this loss; lower is better */
  tell(state: State, loss: number): State;
}

export interface Setup {
  /** Where to begin, one coordinate an axis. */
  readonly start: readonly number[];
  /** How many points may be asked, for a method that spreads them. */
  readonly budget: number;
  readonly seed: number;
  /** Coordinates that are nearer to each other are not worth telling apart. */
  readonly tolerance: number;
}

export const clamp = (x: number, min = 0, max = 1): number => Math.min(max, Math.max(min, x));
