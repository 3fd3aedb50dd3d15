import { sparseTaskArithmetic } from './sparse-task-arithmetic';

/** Drop elements of each task vector at random, rescale the rest, add up: Yu et al. 2024 (DARE). */
export const dareLinear = sparseTaskArithmetic({
  id: 'dare_linear',
  sparsify: 'random',
  consensus: false,
});
