import { type SimdOps, simdOps } from '../simd/ops';
import type { Ops } from './ops';
import { plainOps } from './plain';
import { ROOM } from './work';

/** Counts of magnitudes of one task vector, and what little is asked for besides. */
const COUNTS = 512 * 1024;
/** Memory of merges that are over, for those to come. Stages merge while others wait for them. */
const idle: SimdOps[] = [];
const KEPT = 2;

interface Need {
  /** Models of the tensor. */
  readonly inputs: number;
  /** What is held besides the blocks at work. */
  readonly bytes: number;
}

/** Bytes that any method asks for to merge a tensor of so many models (see work.ts), and for each array a cache line. */
const capacityFor = ({ inputs, bytes }: Need): number => bytes + 4 * ROOM * (4 * inputs + 8) + (inputs + 1) * COUNTS;

/** Lends ops to `work`, in SIMD where the engine has it. @param plain for tests: without SIMD */
export async function withOps<T>(need: Need, plain: boolean, work: (ops: Ops) => Promise<T>): Promise<T> {
  if (plain) return work(plainOps);
  const capacity = capacityFor(need);
  const ops = idle.pop();
  const enough = ops && ops.capacity >= capacity ? ops : simdOps(capacity);
  if (!enough) return work(plainOps);
  try {
    return await work(enough);
  } finally {
    enough.reset();
    if (idle.length < KEPT) idle.push(enough);
  }
}
