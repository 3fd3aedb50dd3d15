import { LabError } from '../errors';
import type { DType } from './types';

interface DTypeFacts {
  /** Bits of one element: below 8 for the packed formats. */
  readonly bits: number;
  /** Position in the format's own enum, by which the canonical writer sorts. */
  readonly order: number;
  /** Real floating point: C64 and integers are not. */
  readonly float: boolean;
}

/** [bits, float], in the order of `enum Dtype` of safetensors/src/tensor.rs. */
const DEFINITIONS: readonly (readonly [DType, number, boolean])[] = [
  ['BOOL', 8, false],
  ['F4', 4, true],
  ['F6_E2M3', 6, true],
  ['F6_E3M2', 6, true],
  ['U8', 8, false],
  ['I8', 8, false],
  ['F8_E5M2', 8, true],
  ['F8_E4M3', 8, true],
  ['F8_E8M0', 8, true],
  ['F8_E4M3FNUZ', 8, true],
  ['F8_E5M2FNUZ', 8, true],
  ['I16', 16, false],
  ['U16', 16, false],
  ['F16', 16, true],
  ['BF16', 16, true],
  ['I32', 32, false],
  ['U32', 32, false],
  ['F32', 32, true],
  ['C64', 64, false],
  ['F64', 64, true],
  ['I64', 64, false],
  ['U64', 64, false],
];

/** Every dtype of the format, by the name a header spells. A Map: a header may name its dtype `constructor`. */
export const DTYPES: ReadonlyMap<DType, DTypeFacts> = new Map(
  DEFINITIONS.map(([name, bits, float], order) => [name, { bits, order, float }]),
);

/** @returns whether a header's string names a dtype; case matters. */
export function isDType(name: string): name is DType {
  return DTYPES.has(name as DType);
}

function facts(dtype: DType): DTypeFacts {
  const found = DTYPES.get(dtype);
  if (!found) throw new LabError('tensor/unknown-dtype', `There is no dtype "${dtype}" in safetensors.`, { dtype });
  return found;
}

/** @returns whether the elements are real floating point numbers, of any width (packed and scale formats included). */
export function isFloat(dtype: DType): boolean {
  return facts(dtype).float;
}

/** @returns how many elements a tensor of this shape has; a scalar has one. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** @returns the dtype's position in the format's enum. */
export function dtypeOrder(dtype: DType): number {
  return facts(dtype).order;
}

const U64_MAX = (1n << 64n) - 1n;

/**
 * @param shape dimensions, safe integers >= 0; `[]` is a scalar
 * @param name the tensor, for the messages
 * @returns the exact size in bytes of a tensor in C order
 * @throws LabError `tensor/shape-overflow` (elements beyond u64, as the reference counts, or bytes beyond 2^53),
 *   `tensor/misaligned` (a packed dtype that does not end on a whole byte)
 */
export function byteLength(dtype: DType, shape: readonly number[], name = ''): number {
  const { bits } = facts(dtype);
  const params = { tensor: name, dtype, shape: shape.join(',') };
  // BigInt: a product of doubles would round, and a 0 behind an overflow must not hide it (the reference refuses both).
  let elements = 1n;
  for (const dim of shape) {
    elements *= BigInt(dim);
    if (elements > U64_MAX) break;
  }
  const total = elements * BigInt(bits);
  if (elements > U64_MAX || total / 8n > BigInt(Number.MAX_SAFE_INTEGER)) {
    const message = `Tensor "${name}" claims the shape [${params.shape}] of ${dtype}, more bytes than any file can hold.`;
    throw new LabError('tensor/shape-overflow', `${message} The header is damaged or forged.`, params);
  }
  if (total % 8n !== 0n) {
    const message = `Tensor "${name}" of shape [${params.shape}] and dtype ${dtype} does not fill whole bytes.`;
    throw new LabError('tensor/misaligned', `${message} The header is damaged or forged.`, params);
  }
  return Number(total / 8n);
}

let halfTable: Float32Array<ArrayBuffer> | null = null;
let e4m3Table: Float32Array<ArrayBuffer> | null = null;

/** @returns the float32 value of each of the 65536 float16 bit patterns (256 KiB, made once, not to be written). */
export function f16Table(): Float32Array<ArrayBuffer> {
  if (halfTable) return halfTable;
  const values = new Float32Array(65536);
  const bits = new Uint32Array(values.buffer);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const mantissa = half & 1023;
    if (exponent === 0) {
      values[half] = mantissa * 2 ** -24;
      bits[half]! |= sign;
    } else {
      const wide = exponent === 31 ? 255 : exponent + 112;
      bits[half] = sign | (wide << 23) | (mantissa << 13);
    }
  }
  return (halfTable = values);
}

/** E4M3FN of arXiv:2209.05433: bias 7, no infinities, only S.1111.111 is NaN. */
function f8e4m3Table(): Float32Array<ArrayBuffer> {
  if (e4m3Table) return e4m3Table;
  const values = new Float32Array(256);
  for (let code = 0; code < 256; code++) {
    const exponent = (code >> 3) & 15;
    const mantissa = code & 7;
    const size = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10);
    values[code] = (code & 0x7f) === 0x7f ? NaN : code & 0x80 ? -size : size;
  }
  return (e4m3Table = values);
}

/** Typed arrays need an aligned start, which only the canonical writer promises. */
function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : bytes.slice();
}

function unsupported(dtype: DType, action: 'decode' | 'encode'): LabError {
  if (!isFloat(dtype)) {
    const message = `Values of dtype ${dtype} are not floating point numbers and cannot take part in a merge; copy the tensor instead.`;
    return new LabError('tensor/not-float', message, { dtype });
  }
  if (action === 'decode') {
    const message = `Values of dtype ${dtype} cannot be read as numbers here. Use a checkpoint in F32, F16, BF16 or F64.`;
    return new LabError('tensor/cannot-decode', message, { dtype });
  }
  const message = `Values cannot be written as ${dtype}. Choose float32, float16, bfloat16 or float64 as the output dtype.`;
  return new LabError('tensor/cannot-encode', message, { dtype });
}

const WIDTH: ReadonlyMap<DType, number> = new Map([
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['F64', 8],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
]);

/** @returns whether decodeToF32 reads this dtype. */
export function canDecode(dtype: DType): boolean {
  return WIDTH.has(dtype);
}

/**
 * Exact for every dtype but F64, which rounds to nearest even. NaN payloads and -0 of F32, F16 and BF16 are kept bit by bit.
 * @param bytes little-endian, any alignment
 * @param out where given, receives the values and is returned; else the result is new, or for F32 a view of `bytes`
 * @throws LabError `tensor/not-float`, `tensor/cannot-decode`, `tensor/length` (not whole elements, or `out` of another length)
 */
export function decodeToF32(bytes: Uint8Array, dtype: DType, out?: Float32Array): Float32Array {
  const width = WIDTH.get(dtype);
  if (!width) throw unsupported(dtype, 'decode');
  const count = bytes.length / width;
  if (!Number.isInteger(count) || (out && out.length !== count)) {
    const target = out ? ` for ${out.length} values` : '';
    const message = `${bytes.length} bytes of ${dtype}${target}: the lengths do not agree.`;
    throw new LabError('tensor/length', message, { bytes: bytes.length, dtype, values: out ? out.length : -1 });
  }
  const source = aligned(bytes, width);
  if (dtype === 'F32') {
    const values = new Float32Array(source.buffer, source.byteOffset, count);
    if (!out) return values;
    out.set(values);
    return out;
  }
  const values = out ?? new Float32Array(count);
  const bits = new Uint32Array(values.buffer, values.byteOffset, count);
  switch (dtype) {
    case 'F64':
      values.set(new Float64Array(source.buffer, source.byteOffset, count));
      break;
    case 'BF16': {
      const halves = new Uint16Array(source.buffer, source.byteOffset, count);
      for (let i = 0; i < count; i++) bits[i] = halves[i]! << 16;
      break;
    }
    case 'F16': {
      const halves = new Uint16Array(source.buffer, source.byteOffset, count);
      // Bits, not floats: an engine may canonicalise a NaN that passes through a number.
      const table = new Uint32Array(f16Table().buffer);
      for (let i = 0; i < count; i++) bits[i] = table[halves[i]!]!;
      break;
    }
    case 'F8_E4M3': {
      const table = f8e4m3Table();
      for (let i = 0; i < count; i++) values[i] = table[source[i]!]!;
      break;
    }
    case 'F8_E5M2': {
      // E5M2 is the upper byte of a float16.
      const table = new Uint32Array(f16Table().buffer);
      for (let i = 0; i < count; i++) bits[i] = table[source[i]! << 8]!;
      break;
    }
  }
  return values;
}

const F32_INFINITY = 0x7f800000;

function encodeF16(bits: Int32Array, out: Uint16Array): void {
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fffffff;
    if (size >= 0x38800000 && size < 0x477ff000) {
      // Normal in both formats: rebias the exponent by 112, then add just under half a unit, and one more where it is odd.
      const rebiased = size - 0x38000000;
      out[i] = sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
    } else if (size < 0x38800000) {
      // Subnormal: units of 2^-24. Below 2^-25 everything is 0, and 2^-25 itself ties to the even 0.
      if (size <= 0x33000000) {
        out[i] = sign;
        continue;
      }
      const shift = 126 - (size >>> 23);
      const mantissa = (size & 0x7fffff) | 0x800000;
      const units = mantissa >>> shift;
      const rest = mantissa & ((1 << shift) - 1);
      const half = 1 << (shift - 1);
      out[i] = sign | (units + (rest > half || (rest === half && units & 1) ? 1 : 0));
    } else {
      // 65520 and above round to infinity.
      out[i] = size > F32_INFINITY ? 0x7e00 : sign | 0x7c00;
    }
  }
}

function encodeBF16(bits: Int32Array, out: Uint16Array): void {
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    out[i] = (word & 0x7fffffff) > F32_INFINITY ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/**
 * Rounds once, to nearest even, in integer code, so that every engine writes the same bits. Beyond the range is infinity; a
 * NaN becomes the positive quiet one (0x7fc00000, 0x7e00, 0x7fc0, 0x7ff8000000000000); -0 is kept.
 * @returns new little-endian bytes
 * @throws LabError `tensor/not-float`, `tensor/cannot-encode`
 */
export function encodeFromF32(values: Float32Array, dtype: DType): Uint8Array<ArrayBuffer> {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  switch (dtype) {
    case 'F32': {
      const out = new Int32Array(values.length);
      for (let i = 0; i < bits.length; i++) {
        const word = bits[i]!;
        out[i] = (word & 0x7fffffff) > F32_INFINITY ? 0x7fc00000 : word;
      }
      return new Uint8Array(out.buffer);
    }
    case 'F16': {
      const out = new Uint16Array(values.length);
      encodeF16(bits, out);
      return new Uint8Array(out.buffer);
    }
    case 'BF16': {
      const out = new Uint16Array(values.length);
      encodeBF16(bits, out);
      return new Uint8Array(out.buffer);
    }
    case 'F64': {
      const out = new Float64Array(values.length);
      const words = new Uint32Array(out.buffer);
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (value === value) out[i] = value;
        else words[2 * i + 1] = 0x7ff80000;
      }
      return new Uint8Array(out.buffer);
    }
    default:
      throw unsupported(dtype, 'encode');
  }
}
