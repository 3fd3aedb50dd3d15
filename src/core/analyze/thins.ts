import { specOf } from '../merge/specs';

/** Methods that drop elements of each vector have a density that counts; the others have no before and after. */
export const thins = (method: string): boolean =>
  specOf(method)?.params.some(({ id, ignored }) => id === 'density' && ignored !== true) ?? false;
