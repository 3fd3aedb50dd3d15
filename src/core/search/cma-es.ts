import { exp, log } from '../merge/trig';
import { eigen } from './eigen';
import type { Optimizer } from './optimizer';
import { normals } from './random';

type Vector = readonly number[];
type Matrix = readonly Vector[];

export interface CmaState {
  readonly seed: number;
  readonly tolerance: number;
  readonly generation: number;
  readonly mean: Vector;
  /** Step size, in widths of the cube. */
  readonly sigma: number;
  readonly covariance: Matrix;
  /** covariance = axes * diag(lengths²) * axesᵀ */
  readonly axes: Matrix;
  readonly lengths: Vector;
  /** Evolution paths of the covariance and of the step size. */
  readonly path: Vector;
  readonly stepPath: Vector;
  /** Losses of this generation's points so far. */
  readonly losses: Vector;
}

/** Of the cube, as the tutorial advises for where the optimum is somewhere within. */
const FIRST_SIGMA = 0.3;

const times = (m: Matrix, x: Vector): number[] => m.map((row) => row.reduce((sum, a, j) => sum + a * x[j]!, 0));
const transposedTimes = (m: Matrix, x: Vector): number[] =>
  x.map((_, j) => m.reduce((sum, row, i) => sum + row[j]! * x[i]!, 0));
const norm = (x: Vector): number => Math.sqrt(x.reduce((sum, a) => sum + a * a, 0));

/** Strategy parameters for n axes (Hansen 2016, table 1, with weights of the better half only). */
function strategy(n: number) {
  const lambda = 4 + Math.floor(3 * log(n));
  const mu = Math.floor(lambda / 2);
  const raw = Array.from({ length: mu }, (_, i) => log((lambda + 1) / 2) - log(i + 1));
  const sum = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((w) => w / sum);
  const effective = 1 / weights.reduce((a, w) => a + w * w, 0);
  const cc = (4 + effective / n) / (n + 4 + (2 * effective) / n);
  const cs = (effective + 2) / (n + effective + 5);
  const c1 = 2 / ((n + 1.3) ** 2 + effective);
  const cmu = Math.min(1 - c1, (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective));
  const damping = 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cs;
  /** Expected length of a standard normal vector. */
  const chi = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  return { lambda, weights, effective, cc, cs, c1, cmu, damping, chi };
}

/** The step of one individual, before the step size: y ~ N(0, covariance). */
function step({ seed, generation, mean, axes, lengths }: CmaState, individual: number): number[] {
  const z = normals(seed, generation, individual, mean.length);
  return times(
    axes,
    z.map((x, i) => x * lengths[i]!),
  );
}

/** The cube continued by its mirror images: any point stands for one inside. */
function fold(x: number): number {
  const t = Math.abs(x) % 2;
  return t > 1 ? 2 - t : t;
}

/** The next generation (Hansen 2016, appendix A), once all losses of this one are known. */
function evolved(state: CmaState): CmaState {
  const { mean, sigma, covariance, axes, lengths, generation, losses } = state;
  const n = mean.length;
  const { weights, effective, cc, cs, c1, cmu, damping, chi } = strategy(n);
  // Of equal losses the one asked first: rates of few questions are often equal.
  const order = losses.map((_, i) => i).sort((a, b) => losses[a]! - losses[b]! || a - b);
  const best = weights.map((_, rank) => step(state, order[rank]!));
  const shift = mean.map((_, i) => weights.reduce((sum, w, k) => sum + w * best[k]![i]!, 0));
  const whitened = times(
    axes,
    transposedTimes(axes, shift).map((x, i) => x / lengths[i]!),
  );
  const stepPath = state.stepPath.map((p, i) => (1 - cs) * p + Math.sqrt(cs * (2 - cs) * effective) * whitened[i]!);
  const length = norm(stepPath);
  const expected = Math.sqrt(1 - exp(2 * (generation + 1) * log(1 - cs)));
  const goesOn = length / expected / chi < 1.4 + 2 / (n + 1) ? 1 : 0;
  const path = state.path.map((p, i) => (1 - cc) * p + goesOn * Math.sqrt(cc * (2 - cc) * effective) * shift[i]!);
  const keep = 1 - c1 - cmu + c1 * (1 - goesOn) * cc * (2 - cc);
  const next = covariance.map((row, i) =>
    row.map(
      (c, j) =>
        keep * c +
        c1 * path[i]! * path[j]! +
        cmu * weights.reduce((sum, w, k) => sum + w * best[k]![i]! * best[k]![j]!, 0),
    ),
  );
  const { values, vectors } = eigen(next);
  // Where all the better ones are alike there is no slope to follow: look further away.
  const flat = losses[order[0]!] === losses[order[weights.length]!] ? 0.2 + cs / damping : 0;
  return {
    ...state,
    generation: generation + 1,
    mean: mean.map((m, i) => m + sigma * shift[i]!),
    sigma: Math.min(1, sigma * exp(Math.min(1, (cs / damping) * (length / chi - 1)) + flat)),
    covariance: next,
    axes: vectors,
    lengths: values.map((value) => Math.sqrt(Math.max(value, 1e-30))),
    path,
    stepPath,
    losses: [],
  };
}

/**
 * CMA-ES with the tutorial's default parameters (Hansen 2016, "The CMA Evolution Strategy: A Tutorial",
 * arXiv:1604.00772). The random numbers of an individual are those of its generation and place, so a state remembers none.
 * It ends when its steps are all shorter than the tolerance.
 */
export const cmaEs: Optimizer<CmaState> = {
  start({ start, seed, tolerance }) {
    const identity = start.map((_, i) => start.map((_, j) => (i === j ? 1 : 0)));
    const zeros = start.map(() => 0);
    return {
      seed,
      tolerance,
      generation: 0,
      mean: [...start],
      sigma: FIRST_SIGMA,
      covariance: identity,
      axes: identity,
      lengths: start.map(() => 1),
      path: zeros,
      stepPath: zeros,
      losses: [],
    };
  },
  ask(state) {
    const { mean, sigma, lengths, losses, tolerance } = state;
    if (losses.length === 0 && sigma * Math.max(...lengths) < tolerance) return null;
    const y = step(state, losses.length);
    return mean.map((m, i) => fold(m + sigma * y[i]!));
  },
  tell(state, loss) {
    const told = { ...state, losses: [...state.losses, loss] };
    return told.losses.length < strategy(state.mean.length).lambda ? told : evolved(told);
  },
};
