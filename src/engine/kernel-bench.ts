import { LabError } from '../core/errors';
import { UNIT } from '../core/merge/work';
import { simdOps } from '../core/simd/ops';
import { encodeFromF32 } from '../core/tensor/dtype';

/** Milliseconds of each round: the float16 kernel (base + 2 fine-tunes -> float32), with its check for NaN, and a plain copy of the same bytes. */
export interface KernelFigures {
  bytes: number;
  kernel: number[];
  checked: number[];
  copy: number[];
}

const WEIGHTS = [0.9, 1.1] as const;
/** Arrays begin on cache lines. */
const PADDING = 4096;

/** xorshift32, so that every run benches the same numbers. */
function randomBlock(seed: number, scale: number): Float32Array {
  let x = seed;
  return new Float32Array(1 << 16).map(() => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x / 2 ** 31) * scale;
  });
}

/**
 * Times the merge kernel and a copy in turn, in this realm. `bytes` = inputs read + output written; the copy moves half
 * of that, so that read + written are the same on both sides.
 */
export function benchKernel(elements: number, rounds: number): KernelFigures {
  // As fine-tunes are: the base and a little, so most high bits agree.
  const base = randomBlock(1, 0.05);
  const tune = (seed: number): Float32Array => {
    const change = randomBlock(seed, 0.001);
    return base.map((value, i) => value + change[i]!);
  };
  // All in the memory of the module, as chunks of a merge are.
  const bytes = 3 * 2 * elements + 4 * elements;
  const ops = simdOps(bytes + PADDING);
  if (!ops) throw new LabError('engine/no-simd', 'This engine has no WebAssembly SIMD.');
  const make = (values: Float32Array): Uint8Array => {
    const pattern = encodeFromF32(values, 'F16');
    const room = ops.bytes(2 * elements);
    for (let at = 0; at < room.length; at += pattern.length) room.set(pattern.subarray(0, room.length - at), at);
    return room;
  };
  const inputs = [make(base), make(tune(2)), make(tune(3))] as const;
  const out = ops.floats(elements);
  const from = new Uint8Array(bytes / 2).fill(1);
  const to = new Uint8Array(bytes / 2);
  const figures: KernelFigures = { bytes, kernel: [], checked: [], copy: [] };
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    ops.pairF16(inputs, WEIGHTS, out);
    const merged = performance.now();
    for (let begin = 0; begin < elements; begin += UNIT) {
      const part = out.subarray(begin, begin + UNIT);
      const block = inputs.map((input) => input.subarray(2 * begin, 2 * (begin + part.length)));
      ops.pairF16(block as unknown as typeof inputs, WEIGHTS, part);
      ops.countNonFinite(part);
    }
    const checked = performance.now();
    to.set(from);
    const copied = performance.now();
    figures.kernel.push(merged - start);
    figures.checked.push(checked - merged);
    figures.copy.push(copied - checked);
  }
  return figures;
}
