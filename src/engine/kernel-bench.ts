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

/** What a merge does to float16 tensors in memory: block by block into the module's memory, through the kernel, and out. */
function kernel(): (inputs: readonly Uint8Array[], out: Float32Array, check: boolean) => void {
  const ops = simdOps(16 * UNIT);
  if (!ops) throw new LabError('engine/no-simd', 'This engine has no WebAssembly SIMD.');
  const rooms = [0, 1, 2].map(() => ops.bytes(2 * UNIT)) as [Uint8Array, Uint8Array, Uint8Array];
  const result = ops.floats(UNIT);
  return (inputs, out, check) => {
    const bytes = new Uint8Array(out.buffer);
    for (let begin = 0; begin < out.length; begin += UNIT) {
      const end = Math.min(begin + UNIT, out.length);
      const block = result.subarray(0, end - begin);
      inputs.forEach((input, k) => rooms[k]!.set(input.subarray(2 * begin, 2 * end)));
      ops.pairF16(rooms, [0.9, 1.1], block);
      if (check) ops.encode(block, 'F32', bytes.subarray(4 * begin, 4 * end));
      else out.set(block, begin);
    }
  };
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
  const make = (values: Float32Array): Uint8Array => {
    const pattern = encodeFromF32(values, 'F16');
    const bytes = new Uint8Array(2 * elements);
    for (let at = 0; at < bytes.length; at += pattern.length) bytes.set(pattern.subarray(0, bytes.length - at), at);
    return bytes;
  };
  const inputs = [make(base), make(tune(2)), make(tune(3))];
  const out = new Float32Array(elements);
  const merge = kernel();
  const bytes = 3 * 2 * elements + 4 * elements;
  const from = new Uint8Array(bytes / 2).fill(1);
  const to = new Uint8Array(bytes / 2);
  const figures: KernelFigures = { bytes, kernel: [], checked: [], copy: [] };
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    merge(inputs, out, false);
    const merged = performance.now();
    merge(inputs, out, true);
    const checked = performance.now();
    to.set(from);
    const copied = performance.now();
    figures.kernel.push(merged - start);
    figures.checked.push(checked - merged);
    figures.copy.push(copied - checked);
  }
  return figures;
}
