import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** DARE's random drop, then TIES' election of signs: Yu et al. 2024 on Yadav et al. 2023. */
export const dareTies = sparseTaskArithmetic({
  id: 'dare_ties',
  sparsify: 'random',
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
