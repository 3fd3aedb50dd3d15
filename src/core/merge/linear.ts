import { method, type MergeMethod } from './method';

const f = Math.fround;

/** sum of w_i * theta_i, divided by sum of w_i when `normalize`. Model soups, Wortsman et al. 2022 (arXiv:2203.05482). */
export const linear: MergeMethod = method('linear', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'weight-one-gives-input', tolerance: 0 },
    { id: 'weight-zero-changes-nothing', tolerance: 0 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
  ],
  elementwise: true,
  apply(inputs, { shared, perInput }, length, out) {
    let total = f(0);
    inputs.forEach((input, k) => {
      const weight = f(perInput[k]!['weight']!);
      total = f(total + weight);
      if (k === 0) for (let i = 0; i < length; i++) out[i] = f(weight * input[i]!);
      else for (let i = 0; i < length; i++) out[i] = f(out[i]! + f(weight * input[i]!));
    });
    // A sum of 0 divides by 0, as in mergekit; the plan refuses it unless non-finite results are allowed.
    if (!shared['normalize']) return;
    if (total !== 1) for (let i = 0; i < length; i++) out[i] = f(out[i]! / total);
  },
  start: ({ shared, perInput }, _length, ops) => ({
    looks: [],
    merge(inputs, _begin, out) {
      let total = f(0);
      inputs.forEach((input, k) => {
        const weight = f(perInput[k]!['weight']!);
        total = f(total + weight);
        if (k === 0) ops.scale(weight, input, out);
        else ops.addScaled(weight, input, out);
      });
      if (shared['normalize'] && total !== 1) ops.divide(total, out);
    },
  }),
});
