import { combine, gram } from './gram';
import { method, type MergeContext, type MergeMethod } from './method';
import { rowLength, transposed } from './rows';
import { clamp, slerpShares } from './sphere';

const NO_NORM = 1e-7;
const NO_WEIGHT = 1e-6;
/** 1 - c * c below this: the same direction, or the opposite one. */
const COLINEAR = 1e-16;

/** Each stretch of `step` elements on an arc of its own. */
function alongArcs(
  pair: readonly Float32Array[],
  origin: Float32Array | null,
  t: number,
  step: number,
  length: number,
  out: Float32Array,
): void {
  for (let begin = 0; begin < length; begin += step) {
    const end = Math.min(begin + step, length);
    const g = gram(pair, origin, begin, end);
    const c = clamp(g[1]! / (Math.max(Math.sqrt(g[0]!), NO_NORM) * Math.max(Math.sqrt(g[3]!), NO_NORM)), -1, 1);
    combine(
      pair,
      origin,
      slerpShares(c, t, (x) => 1 - x * x <= COLINEAR),
      begin,
      end,
      out,
    );
  }
}

/** The share of the second of two weights. */
function shareOf({ base, perInput }: MergeContext): number {
  const [first, second] = perInput.filter((_, k) => k !== base).map((params) => params['weight']!);
  const total = first! + second!;
  return Math.abs(total) < NO_WEIGHT ? 0.5 : second! / total;
}

/**
 * Between two models, or their task vectors where there is a base, on the arc of their directions: of the whole tensor,
 * or of each vector along its last axis, or (`nuslerp_row_wise`) along its first. As mergekit 0.1.5 does it
 * (references: mergekit, section 1.3).
 */
export const nuslerp: MergeMethod = method('nuslerp', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'weights-one-zero-give-first', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
    { id: 'homogeneous', tolerance: 2e-6 },
  ],
  elementwise: false,
  apply(inputs, context, length, out) {
    const { base, shape, shared } = context;
    const t = shareOf(context);
    const pair = inputs.filter((_, k) => k !== base);
    const origin = base < 0 ? null : inputs[base]!;
    if (shared['nuslerp_flatten'] === 1) return alongArcs(pair, origin, t, Math.max(1, length), length, out);
    if (shared['nuslerp_row_wise'] !== 1) return alongArcs(pair, origin, t, rowLength(shape), length, out);
    const first = Math.max(1, shape[0] ?? 1);
    const turned = new Float32Array(length);
    alongArcs(
      pair.map((tensor) => transposed(tensor, length, first)),
      origin && transposed(origin, length, first),
      t,
      first,
      length,
      turned,
    );
    out.set(transposed(turned, length, length / first));
  },
});
