import { f16Table } from '../tensor/dtype';
import type { MergeContext } from './method';

const f = Math.fround;

/**
 * task_arithmetic of a base and two float16 fine-tunes in one pass over the bits, two elements per load: the same
 * roundings in the same order as the general road (a test holds the two together), about three times as fast.
 * @param inputs base first, then the fine-tunes; `length` elements each, 4-byte aligned.
 */
export function fusedPairF16(
  inputs: readonly [Uint32Array, Uint32Array, Uint32Array],
  weights: readonly [number, number],
  length: number,
  out: Float32Array,
): void {
  const table = f16Table();
  const [origin, a, b] = inputs;
  const [wa, wb] = [f(weights[0]), f(weights[1])];
  const pairs = length >>> 1;
  // No destructuring in here: it makes arrays, and this is the hottest loop of the lab.
  for (let j = 0, i = 0; j < pairs; j++, i += 2) {
    const po = origin[j]!;
    const pa = a[j]!;
    const pb = b[j]!;
    const low = table[po & 0xffff]!;
    const high = table[po >>> 16]!;
    out[i] = f(low + f(f(wa * f(table[pa & 0xffff]! - low)) + f(wb * f(table[pb & 0xffff]! - low))));
    out[i + 1] = f(high + f(f(wa * f(table[pa >>> 16]! - high)) + f(wb * f(table[pb >>> 16]! - high))));
  }
  if (length % 2 === 1) {
    const last = (words: Uint32Array): number =>
      table[new Uint16Array(words.buffer, words.byteOffset + 4 * pairs, 1)[0]!]!;
    const low = last(origin);
    out[length - 1] = f(low + f(f(wa * f(last(a) - low)) + f(wb * f(last(b) - low))));
  }
}

/** @returns whether {@link fusedPairF16} computes exactly what this plan asks for. */
export function isFusable(method: string, context: MergeContext, inputs: number): boolean {
  return method === 'task_arithmetic' && inputs === 3 && context.shared['lambda'] === 1 && !context.shared['normalize'];
}
