import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Drop the smallest changes and the outliers of each task vector, add up: Davari and Belilovsky 2023 (Model Breadcrumbs). */
export const breadcrumbs = sparseTaskArithmetic({
  id: 'breadcrumbs',
  sparsify: 'outliers',
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

/** The same drop, then TIES' election of signs. */
export const breadcrumbsTies = sparseTaskArithmetic({
  id: 'breadcrumbs_ties',
  sparsify: 'outliers',
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
