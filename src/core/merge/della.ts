import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Drop at random, the smallest the likeliest, then elect a sign: Deep et al. 2024 (DELLA). */
export const della = sparseTaskArithmetic({
  id: 'della',
  sparsify: 'ranked',
  consensus: true,
});

/** The same drop, then added up without an election. */
export const dellaLinear = sparseTaskArithmetic({
  id: 'della_linear',
  sparsify: 'ranked',
  consensus: false,
});
