import { LabError } from '../errors';
import { combine, gram, inner, length as lengthOf } from './gram';
import { method, type MergeMethod } from './method';
import { cos, sin } from './trig';

/**
 * Directions averaged by one step on the sphere, from their weighted mean into its tangent plane and back; the length is
 * the mean of the lengths. As mergekit 0.1.5 does it (references: mergekit, section 1.4). Every vector of the way is a sum
 * of the inputs, so the scalar products of the inputs say all, and the tensors are read twice.
 */
export const multislerp: MergeMethod = method('multislerp', {
  laws: [
    { id: 'identical-inputs', tolerance: 4e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
    { id: 'weight-zero-changes-nothing', tolerance: 2e-6 },
  ],
  elementwise: false,
  apply(inputs, { base, shared, perInput }, length, out) {
    const tunes = inputs.filter((_, k) => k !== base);
    const origin = base < 0 ? null : inputs[base]!;
    if (tunes.length === 1) {
      out.set(tunes[0]!.subarray(0, length));
      return;
    }
    const eps = shared['eps']!;
    let weights = perInput.filter((_, k) => k !== base).map((params) => params['weight']!);
    if (shared['normalize_weights'] === 1) {
      const total = weights.reduce((a, b) => a + b, 0);
      weights = weights.map((weight) => weight / total);
    }
    const g = gram(tunes, origin, 0, length);
    const norms = tunes.map((_, k) => Math.sqrt(g[k * tunes.length + k]!));
    const unit = norms.map((norm) => 1 / (norm + eps));
    const mean = weights.map((weight, k) => weight * unit[k]!);
    const size = lengthOf(g, mean);
    if (size < eps) {
      if (tunes.length > 2)
        throw new LabError(
          'merge/antipodal',
          'The weighted directions of the models cancel, so multislerp has no mean to start from. Change a weight, or use another method.',
        );
      return combine(tunes, origin, weights, 0, length, out);
    }
    const pole = mean.map((m) => m / size);
    // The tangent at the pole, sum of w_k (u_k - d_k m), and the step along it.
    const along = weights.reduce((sum, weight, k) => {
      const direction = unit.map((u, i) => (i === k ? u : 0));
      return sum + weight * inner(g, direction, pole);
    }, 0);
    const tangent = mean.map((m, k) => m - along * pole[k]!);
    const step = lengthOf(g, tangent) + eps;
    const scale = weights.reduce((sum, weight, k) => sum + weight * norms[k]!, 0);
    const shares = pole.map((p, k) => scale * (p * cos(step) + (tangent[k]! * sin(step)) / step));
    combine(tunes, origin, shares, 0, length, out);
  },
});
