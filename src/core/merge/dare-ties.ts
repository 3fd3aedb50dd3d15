import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** DARE's random drop, then TIES' election of signs: Yu et al. 2024 on Yadav et al. 2023. */
export const dareTies = sparseTaskArithmetic({
  id: 'dare_ties',
  sparsify: 'random',
  consensus: true,
});
