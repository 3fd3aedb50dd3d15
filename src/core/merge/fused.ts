import { SimdOps } from '../simd/ops';
import type { MergeContext } from './method';
import type { Ops } from './ops';
import type { PlanTensor } from './types';
import { UNIT } from './work';

/** Computes elements `begin` to `begin + out.length` from the stored bytes of just these elements. */
export type FusedMerge = (stored: readonly Uint8Array[], out: Float32Array) => void;

/**
 * task_arithmetic of a base and two float16 fine-tunes in one pass over the bits: the same roundings in the same order as
 * the general road (a test holds the two together).
 * @returns null where the tensor asks for something else, or the engine has no SIMD
 */
export function fusedPairF16(
  ops: Ops,
  method: string,
  context: MergeContext,
  { inputs, base, castTo }: Pick<PlanTensor, 'inputs' | 'base' | 'castTo'>,
): FusedMerge | null {
  if (!(ops instanceof SimdOps) || method !== 'task_arithmetic' || inputs.length !== 3) return null;
  if (context.shared['lambda'] !== 1 || context.shared['normalize']) return null;
  if (castTo === 'BF16' || inputs.some(({ info }) => info.dtype !== 'F16')) return null;
  const order = [base, ...[0, 1, 2].filter((k) => k !== base)];
  const [first, second] = order.slice(1).map((k) => context.perInput[k]!['weight']!) as [number, number];
  const room = order.map(() => ops.bytes(2 * UNIT));
  return (stored, out) => {
    order.forEach((k, j) => room[j]!.set(stored[k]!));
    ops.pairF16([room[0]!, room[1]!, room[2]!], [first, second], out);
  };
}
