import { method, type MergeMethod } from './method';

const f = Math.fround;
/** Below this |sum of weights| mergekit leaves a normalized sum as it is. */
const NEGLIGIBLE = 1e-8;

/**
 * theta_base + lambda * sum of w_i * (theta_i - theta_base), the sum divided by sum of w_i when `normalize`.
 * Ilharco et al. 2023 (arXiv:2212.04089); order of operations as mergekit 0.1.5 (references: mergekit, section 1.6).
 */
export const taskArithmetic: MergeMethod = method('task_arithmetic', {
  laws: [
    { id: 'identical-inputs', tolerance: 0 },
    { id: 'zero-weights-give-base', tolerance: 0 },
    { id: 'weight-one-gives-input', tolerance: 2e-6 },
    { id: 'weight-zero-changes-nothing', tolerance: 0 },
    { id: 'negation', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
    { id: 'additive-in-weights', tolerance: 4e-6 },
  ],
  elementwise: true,
  apply(inputs, { base, shared, perInput }, length, out) {
    const origin = inputs[base]!;
    let total = f(0);
    let first = true;
    inputs.forEach((input, k) => {
      if (k === base) return;
      const weight = f(perInput[k]!['weight']!);
      total = f(total + weight);
      if (first) for (let i = 0; i < length; i++) out[i] = f(weight * f(input[i]! - origin[i]!));
      else for (let i = 0; i < length; i++) out[i] = f(out[i]! + f(weight * f(input[i]! - origin[i]!)));
      first = false;
    });
    if (first) {
      out.set(origin.subarray(0, length));
      return;
    }
    const lambda = f(shared['lambda']!);
    if (shared['normalize'] && Math.abs(total) >= NEGLIGIBLE)
      for (let i = 0; i < length; i++) out[i] = f(out[i]! / total);
    if (lambda !== 1) for (let i = 0; i < length; i++) out[i] = f(out[i]! * lambda);
    for (let i = 0; i < length; i++) out[i] = f(origin[i]! + out[i]!);
  },
  start: ({ base, shared, perInput }, _length, ops) => ({
    looks: [],
    merge(inputs, _begin, out) {
      const origin = inputs[base]!;
      let total = f(0);
      let first = true;
      inputs.forEach((input, k) => {
        if (k === base) return;
        const weight = f(perInput[k]!['weight']!);
        total = f(total + weight);
        if (first) ops.scaleDelta(weight, input, origin, out);
        else ops.addDelta(weight, input, origin, out);
        first = false;
      });
      if (first) {
        out.set(origin);
        return;
      }
      const lambda = f(shared['lambda']!);
      if (shared['normalize'] && Math.abs(total) >= NEGLIGIBLE) ops.divide(total, out);
      if (lambda !== 1) ops.scale(lambda, out, out);
      ops.add(origin, out);
    },
  }),
});
