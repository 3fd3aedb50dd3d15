import { type SimdOps, simdOps } from '../simd/ops';
import type { Ops } from './ops';
import { plainOps } from './plain';
import { ROOM } from './work';

/** Counts of magnitudes of one task vector, and what little is asked for besides. */
const COUNTS = 512 * 1024;
/** Memory of merges that are over, for those to come. Stages merge while others wait for them. */
const idle: SimdOps[] = [];
const KEPT = 2;

/** Bytes that any method needs to merge a tensor of `inputs` models: see work.ts. */
const capacityFor = (inputs: number): number => 4 * ROOM * (4 * inputs + 8) + inputs * COUNTS;

/** Lends ops to `work`, in SIMD where the engine has it. @param plain for tests: without SIMD */
export async function withOps<T>(inputs: number, plain: boolean, work: (ops: Ops) => Promise<T>): Promise<T> {
  if (plain) return work(plainOps);
  const capacity = capacityFor(inputs);
  const at = idle.findIndex((ops) => ops.capacity >= capacity);
  const ops = at < 0 ? simdOps(capacity) : idle.splice(at, 1)[0]!;
  if (!ops) return work(plainOps);
  try {
    return await work(ops);
  } finally {
    ops.reset();
    if (idle.length < KEPT) idle.push(ops);
  }
}
