import { LabError } from '../errors';
import { dareLinear } from './dare-linear';
import { dareTies } from './dare-ties';
import { linear } from './linear';
import type { MergeMethod } from './method';
import { taskArithmetic } from './task-arithmetic';
import { ties } from './ties';

/** Every method this build can run. A new method is one file and one entry here. */
export const METHODS: readonly MergeMethod[] = [linear, taskArithmetic, ties, dareLinear, dareTies];

/** @returns the method called `id`. @throws LabError `merge/unknown-method` naming the known ones. */
export function methodById(id: string): MergeMethod {
  const method = METHODS.find((m) => m.id === id);
  if (method) return method;
  const known = METHODS.map((m) => m.id).join(', ');
  throw new LabError(
    'merge/unknown-method',
    `The method "${id}" cannot be run by this version of Merge Lab; it runs ${known}.`,
    {
      method: id,
      known,
    },
  );
}
