import { combine, gram } from './gram';
import { method, type MergeMethod } from './method';
import { clamp, slerpShares } from './sphere';

/** Norms below this count as 1. */
const NO_NORM = 1e-8;
/** Directions closer than this are joined by a straight line, in mergekit. */
const COLINEAR = 0.9995;

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
    const norm = (square: number): number => {
      const size = Math.sqrt(square);
      return size > NO_NORM ? size : 1;
    };
    const c = clamp(g[1]! / (norm(g[0]!) * norm(g[3]!)), -1, 1);
    combine(
      pair,
      null,
      slerpShares(c, shared['t']!, (x) => Math.abs(x) > COLINEAR),
      0,
      length,
      out,
    );
  },
});
