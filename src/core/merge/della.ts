import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Drop at random, the smallest the likeliest, then elect a sign: Deep et al. 2024 (DELLA). */
export const della = sparseTaskArithmetic({
  id: 'della',
  sparsify: 'ranked',
  consensus: true,
  laws: [
    { id: 'identical-inputs', tolerance: 0 },
    { id: 'zero-weights-give-base', tolerance: 0 },
    { id: 'density-zero-gives-base', tolerance: 0 },
    { id: 'weight-one-gives-input', tolerance: 2e-6 },
    { id: 'weight-zero-changes-nothing', tolerance: 0 },
    { id: 'negation', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
  ],
});

/** The same drop, then added up without an election. */
export const dellaLinear = sparseTaskArithmetic({
  id: 'della_linear',
  sparsify: 'ranked',
  consensus: false,
  laws: [
    { id: 'identical-inputs', tolerance: 0 },
    { id: 'zero-weights-give-base', tolerance: 0 },
    { id: 'density-zero-gives-base', tolerance: 0 },
    { id: 'density-one-gives-task-arithmetic', tolerance: 0 },
    { id: 'weight-one-gives-input', tolerance: 2e-6 },
    { id: 'weight-zero-changes-nothing', tolerance: 0 },
    { id: 'negation', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
    { id: 'additive-in-weights', tolerance: 4e-6 },
  ],
});
