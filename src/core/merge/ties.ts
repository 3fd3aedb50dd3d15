import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Trim each task vector to its largest elements, elect a sign, average what agrees: Yadav et al. 2023. */
export const ties = sparseTaskArithmetic({
  id: 'ties',
  sparsify: 'magnitude',
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
