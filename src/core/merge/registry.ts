import { LabError } from '../errors';
import { arceeFusion } from './arcee-fusion';
import { breadcrumbs, breadcrumbsTies } from './breadcrumbs';
import { dareLinear } from './dare-linear';
import { dareTies } from './dare-ties';
import { della, dellaLinear } from './della';
import { karcher } from './karcher';
import { linear } from './linear';
import type { MergeMethod } from './method';
import { modelStock } from './model-stock';
import { multislerp } from './multislerp';
import { nearswap } from './nearswap';
import { nuslerp } from './nuslerp';
import { passthrough } from './passthrough';
import { ram, ramPlus } from './ram';
import { sce } from './sce';
import { slerp } from './slerp';
import { taskArithmetic } from './task-arithmetic';
import { ties } from './ties';

/** Every method this build can run, in the order of its table of specs. A new method is one file and one entry in each. */
export const METHODS: readonly MergeMethod[] = [
  linear,
  taskArithmetic,
  ties,
  dareLinear,
  dareTies,
  dellaLinear,
  della,
  breadcrumbs,
  breadcrumbsTies,
  slerp,
  nuslerp,
  multislerp,
  karcher,
  modelStock,
  sce,
  ram,
  ramPlus,
  nearswap,
  arceeFusion,
  passthrough,
];

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
