import { combine, gram } from './gram';
import { method, type MergeMethod } from './method';
import { clamp, slerpShares } from './sphere';
import { UNIT } from './work';

const f = Math.fround;

/** Norms below this count as 1. */
const NO_NORM = 1e-8;
/** Directions closer than this are joined by a straight line, in mergekit. */
const COLINEAR = 0.9995;

/** @param aa, ab, bb scalar products of base and other */
function shares(aa: number, ab: number, bb: number, t: number): readonly [number, number] {
  const norm = (square: number): number => {
    const size = Math.sqrt(square);
    return size > NO_NORM ? size : 1;
  };
  const c = clamp(ab / (norm(aa) * norm(bb)), -1, 1);
  return slerpShares(c, t, (x) => Math.abs(x) > COLINEAR);
}

/**
 * Between the base (t = 0) and the other model (t = 1) on the arc of their directions: Shoemake 1985, with the choices
 * of mergekit 0.1.5 (references: mergekit, section 1.2): shares apply to the tensors as they are, of any length.
 */
export const slerp: MergeMethod = method('slerp', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 't-zero-gives-base', tolerance: 0 },
    { id: 't-one-gives-other', tolerance: 0 },
    { id: 'homogeneous', tolerance: 0 },
  ],
  elementwise: false,
  apply(inputs, { base, shared }, length, out) {
    const pair = [inputs[base]!, inputs[1 - base]!];
    const g = gram(pair, null, 0, length);
    combine(pair, null, shares(g[0]!, g[1]!, g[3]!, shared['t']!), 0, length, out);
  },
  start({ base, shared }, _length, ops) {
    let [aa, ab, bb] = [0, 0, 0];
    let chosen: readonly [number, number] = [0, 0];
    return {
      looks: [
        {
          unit: UNIT,
          at(inputs) {
            const [a, b] = [inputs[base]!, inputs[1 - base]!];
            aa = ops.dot(a, a, aa);
            ab = ops.dot(a, b, ab);
            bb = ops.dot(b, b, bb);
          },
          end: () => void (chosen = shares(aa, ab, bb, shared['t']!)),
        },
      ],
      merge(inputs, _begin, out) {
        out.fill(0);
        ops.addScaled(f(chosen[0]), inputs[base]!, out);
        ops.addScaled(f(chosen[1]), inputs[1 - base]!, out);
      },
    };
  },
});
