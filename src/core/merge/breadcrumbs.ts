import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Drop the smallest changes and the outliers of each task vector, add up: Davari and Belilovsky 2023 (Model Breadcrumbs). */
export const breadcrumbs = sparseTaskArithmetic({
  id: 'breadcrumbs',
  sparsify: 'outliers',
  consensus: false,
});

/** The same drop, then TIES' election of signs. */
export const breadcrumbsTies = sparseTaskArithmetic({
  id: 'breadcrumbs_ties',
  sparsify: 'outliers',
  consensus: true,
});
