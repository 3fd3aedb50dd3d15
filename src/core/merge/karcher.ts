import { combine, gram, inner, length as lengthOf } from './gram';
import { method, type MergeMethod } from './method';
import { clamp } from './sphere';
import { acos, cos, sin } from './trig';

/** The mean direction, as coefficients of the vectors, of those listed in `valid`. */
function meanDirection(
  g: Float64Array,
  unit: readonly number[],
  valid: readonly number[],
  maxSteps: number,
  tol: number,
): number[] {
  const share = 1 / valid.length;
  const of = (k: number): number[] => unit.map((u, i) => (i === k ? u : 0));
  const normalised = (vector: readonly number[]): number[] => {
    const size = lengthOf(g, vector);
    return vector.map((x) => x / size);
  };
  const sum = unit.map((u, k) => (valid.includes(k) ? share * u : 0));
  let mean = lengthOf(g, sum) < tol ? of(valid[0]!) : normalised(sum);
  for (let step = 0; step < maxSteps; step++) {
    const tangent = unit.map(() => 0);
    for (const k of valid) {
      const c = clamp(inner(g, mean, of(k)), -1, 1);
      const angle = acos(c);
      if (angle < tol) continue;
      const pull = (share * angle) / sin(angle);
      tangent[k]! += pull * unit[k]!;
      mean.forEach((m, i) => (tangent[i]! -= pull * c * m));
    }
    const size = lengthOf(g, tangent);
    if (size < tol) break;
    mean = normalised(mean.map((m, i) => cos(size) * m + (sin(size) * tangent[i]!) / size));
  }
  return mean;
}

/**
 * The Riemannian centre of the directions of all models, of equal weight, with the mean of their lengths: Karcher 1977, as
 * mergekit 0.1.5 iterates it (references: mergekit, section 1.5). Every vector of the way is a sum of the inputs, so the
 * scalar products of the inputs say all, and the tensors are read twice however many steps it takes.
 */
export const karcher: MergeMethod = method('karcher', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 4e-6 },
    { id: 'homogeneous', tolerance: 2e-6 },
  ],
  elementwise: false,
  apply(inputs, { shared }, length, out) {
    const tol = shared['tol']!;
    const g = gram(inputs, null, 0, length);
    const norms = inputs.map((_, k) => Math.sqrt(g[k * inputs.length + k]!));
    const valid = norms.flatMap((norm, k) => (norm > tol ? [k] : []));
    const unit = norms.map((norm) => (norm === 0 ? 0 : 1 / norm));
    const mean = valid.length === 0 ? norms.map(() => 0) : meanDirection(g, unit, valid, shared['max_iter']!, tol);
    const size = norms.reduce((a, b) => a + b, 0) / inputs.length;
    combine(
      inputs,
      null,
      mean.map((m) => size * m),
      0,
      length,
      out,
    );
  },
});
