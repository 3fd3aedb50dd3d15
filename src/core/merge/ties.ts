import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Trim each task vector to its largest elements, elect a sign, average what agrees: Yadav et al. 2023. */
export const ties = sparseTaskArithmetic({
  id: 'ties',
  sparsify: 'magnitude',
  consensus: true,
});
