import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Drop elements of each task vector at random, rescale the rest, add up: Yu et al. 2024 (DARE). */
export const dareLinear = sparseTaskArithmetic({
  id: 'dare_linear',
  sparsify: 'random',
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
