import type { Ops } from '../merge/ops';
import { limitOf, type PhiloxKey } from '../merge/random';
import { fromBase64Url } from '../recipe/base64url';
import { decodeToF32, encodeFromF32 } from '../tensor/dtype';
import type { DType } from '../tensor/types';
import { WASM } from './module';

/** Functions of wasm/index.ts: all addresses and lengths in, or numbers. */
type Kernels = Record<string, (...args: number[]) => number>;

const PAGE = 65536;
/** Arrays begin on cache lines, with room behind their end for what whole vectors write. */
const ALIGN = 64;
/** Elements to whose multiples loops may run. */
const VECTOR = 16;
/** Of what `rankedMask` counts and draws, but for its 5 words for each element of a row. */
const RANKED_BYTES = 12288;
/** Of the random words that are drawn at once. */
const WORDS_BYTES = 128;

let compiled: WebAssembly.Module | null | undefined;

/** null where the engine has no WebAssembly, no SIMD, or may not compile. */
function compile(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled;
  try {
    compiled = new WebAssembly.Module(fromBase64Url(WASM)!);
  } catch {
    compiled = null;
  }
  return compiled;
}

/**
 * The hot loops in WebAssembly SIMD.
 * @param capacity bytes of all arrays that will be asked for at a time
 * @returns null where the engine cannot run them
 */
export function simdOps(capacity: number): SimdOps | null {
  const module = compile();
  return module && new SimdOps(module, capacity);
}

export class SimdOps implements Ops {
  readonly #buffer: ArrayBuffer;
  readonly #run: Kernels;
  #top = 0;

  constructor(
    module: WebAssembly.Module,
    readonly capacity: number,
  ) {
    // One page more than asked for: whole vectors may be read behind the last array, too.
    const memory = new WebAssembly.Memory({ initial: Math.ceil(capacity / PAGE) + 1 });
    this.#run = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels;
    this.#buffer = memory.buffer;
  }

  /** Forgets all arrays. */
  reset(): void {
    this.#top = 0;
  }

  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer, this.#take(4 * length), length);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#take(length), length);
  }

  counts(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer, this.#take(4 * length), length).fill(0);
  }

  decode(outer: Uint8Array, dtype: DType, out: Float32Array): void {
    if (dtype === 'F32') new Uint8Array(this.#buffer, out.byteOffset, out.byteLength).set(outer);
    else if (dtype === 'F16' || dtype === 'BF16') {
      const kernel = this.#run[dtype === 'F16' ? 'decodeF16' : 'decodeBF16']!;
      if (outer.buffer === this.#buffer) return void kernel(outer.byteOffset, out.byteOffset, out.length);
      // Read from where the values will be: the upper half of their room, which is written after it is read.
      const from = out.byteOffset + 2 * VECTOR * Math.ceil(out.length / VECTOR);
      this.#stage(from, outer);
      kernel(from, out.byteOffset, out.length);
    } else decodeToF32(outer, dtype, out);
  }

  encode(values: Float32Array<ArrayBuffer>, dtype: DType, outer: Uint8Array): number {
    const { byteOffset: at, length } = values;
    if (dtype === 'F16' || dtype === 'BF16') {
      const spare = this.#top;
      const inside = outer.buffer === this.#buffer;
      const to = inside ? outer.byteOffset : this.#take(2 * length);
      this.#run[dtype === 'F16' ? 'encodeF16' : 'encodeBF16']!(at, to, length);
      const special = this.#run['countSpecial16']!(to, length, dtype === 'F16' ? 0x7c00 : 0x7f80);
      if (!inside) outer.set(new Uint8Array(this.#buffer, to, 2 * length));
      this.#top = spare;
      return special;
    }
    const special = this.countNonFinite(values);
    if (dtype === 'F32' && special === 0) outer.set(new Uint8Array(this.#buffer, at, 4 * length));
    else outer.set(encodeFromF32(values, dtype));
    return special;
  }

  countNonFinite(values: Float32Array): number {
    return this.#run['countSpecial32']!(values.byteOffset, values.length);
  }

  scale(w: number, a: Float32Array, out: Float32Array): void {
    this.#run['scale']!(w, a.byteOffset, out.byteOffset, out.length);
  }

  addScaled(w: number, a: Float32Array, out: Float32Array): void {
    this.#run['addScaled']!(w, a.byteOffset, out.byteOffset, out.length);
  }

  subtract(a: Float32Array, b: Float32Array, out: Float32Array): void {
    this.#run['subtract']!(a.byteOffset, b.byteOffset, out.byteOffset, out.length);
  }

  scaleDelta(w: number, a: Float32Array, b: Float32Array, out: Float32Array): void {
    this.#run['scaleDelta']!(w, a.byteOffset, b.byteOffset, out.byteOffset, out.length);
  }

  addDelta(w: number, a: Float32Array, b: Float32Array, out: Float32Array): void {
    this.#run['addDelta']!(w, a.byteOffset, b.byteOffset, out.byteOffset, out.length);
  }

  add(a: Float32Array, out: Float32Array): void {
    this.#run['add']!(a.byteOffset, out.byteOffset, out.length);
  }

  divide(by: number, out: Float32Array): void {
    this.#run['divide']!(by, out.byteOffset, out.length);
  }

  divideEach(by: Float32Array, out: Float32Array): void {
    this.#run['divideEach']!(by.byteOffset, out.byteOffset, out.length);
  }

  dot(a: Float32Array, b: Float32Array, sum: number): number {
    return this.#run['dot']!(a.byteOffset, b.byteOffset, a.length, sum);
  }

  norms(a: Float32Array, mask: Uint8Array, sums: [number, number]): void {
    const spare = this.#top;
    const pair = new Float64Array(this.#buffer, this.#take(16), 2);
    pair.set(sums);
    this.#run['norms']!(a.byteOffset, mask.byteOffset, a.length, pair.byteOffset);
    [sums[0], sums[1]] = pair as unknown as [number, number];
    this.#top = spare;
  }

  countHigh(values: Float32Array, counts: Uint32Array): void {
    this.#run['countHigh']!(values.byteOffset, values.length, counts.byteOffset);
  }

  countLow(values: Float32Array, bin: number, counts: Uint32Array): void {
    this.#run['countLow']!(values.byteOffset, values.length, bin, counts.byteOffset);
  }

  maskLargest(values: Float32Array, size: number, ties: number, mask: Uint8Array): number {
    return this.#run['maskLargest']!(values.byteOffset, values.length, size, ties, mask.byteOffset);
  }

  chanceMask(key: PhiloxKey, begin: number, chance: number, mask: Uint8Array): void {
    const spare = this.#top;
    const scratch = this.#take(WORDS_BYTES);
    this.#run['chanceMask']!(...key, begin / 4, limitOf(chance), mask.byteOffset, mask.length, scratch);
    this.#top = spare;
  }

  rankedMask(key: PhiloxKey, begin: number, values: Float32Array, limits: Uint32Array, mask: Uint8Array): void {
    const spare = this.#top;
    const n = limits.length;
    const scratch = this.#take(RANKED_BYTES + 20 * n);
    const [from, rows] = [values.byteOffset, values.length / n];
    this.#run['rankedMask']!(...key, begin / 4, from, rows, n, limits.byteOffset, mask.byteOffset, scratch);
    this.#top = spare;
  }

  thinned(w: number, a: Float32Array, b: Float32Array, mask: Uint8Array, factor: number, out: Float32Array): void {
    this.#run['thinned']!(w, a.byteOffset, b.byteOffset, mask.byteOffset, factor, out.byteOffset, out.length);
  }

  agree(
    term: Float32Array,
    vote: Float32Array,
    winner: Float32Array,
    w: number,
    mixed: Float32Array,
    divisor: Float32Array,
  ): void {
    this.#run['agree']!(
      term.byteOffset,
      vote.byteOffset,
      winner.byteOffset,
      w,
      mixed.byteOffset,
      divisor.byteOffset,
      mixed.length,
    );
  }

  electPair(
    origin: Float32Array,
    tunes: readonly [Float32Array, Float32Array],
    masks: readonly [Uint8Array, Uint8Array],
    weights: readonly [number, number],
    factors: readonly [number, number],
    normalize: boolean,
    lambda: number,
    out: Float32Array,
  ): void {
    this.#run['electPair']!(
      origin.byteOffset,
      tunes[0].byteOffset,
      tunes[1].byteOffset,
      masks[0].byteOffset,
      masks[1].byteOffset,
      ...weights,
      ...factors,
      Number(normalize),
      lambda,
      out.byteOffset,
      out.length,
    );
  }

  /** task_arithmetic of float16 tensors, in one pass: `scaleDelta`, `addDelta` and `add` after `decode`. */
  pairF16(
    inputs: readonly [Uint8Array, Uint8Array, Uint8Array],
    weights: readonly [number, number],
    out: Float32Array,
  ): void {
    const [origin, a, b] = inputs;
    this.#run['pairF16']!(origin.byteOffset, a.byteOffset, b.byteOffset, ...weights, out.byteOffset, out.length);
  }

  #stage(at: number, outer: Uint8Array): void {
    new Uint8Array(this.#buffer, at, outer.length).set(outer);
  }

  #take(bytes: number): number {
    const at = this.#top;
    this.#top = at + Math.ceil(bytes / ALIGN) * ALIGN;
    if (this.#top > this.capacity)
      throw new Error(`a merge asked for ${this.#top} bytes of scratch, not ${this.capacity}`);
    return at;
  }
}
