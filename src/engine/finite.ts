import { LabError } from '../core/errors';

/** @returns the error for a model that computes no numbers. */
export const notFinite = (): LabError =>
  new LabError(
    'model/not-finite',
    'The model computes numbers that are not finite. Its weights are damaged, or the coefficients are far too large.',
  );
