import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DTYPES,
  byteLength,
  canDecode,
  decodeToF32,
  encodeFromF32,
  f16Table,
  isDType,
  isFloat,
} from '../../../../src/core/tensor/dtype';
import { openSafetensors } from '../../../../src/core/tensor/safetensors';
import { memorySource } from '../../../../src/core/tensor/source';
import { golden, infoOf, refusal } from './files';

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);
const floatOf = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer);
const halves = (bytes: Uint8Array) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

/** IEEE 754 value of a small binary format without its sign, straight from the definition, in float64. */
function valueOf(code: number, mantissaBits: number, bias: number): number {
  const exponent = code >> mantissaBits;
  const fraction = (code & ((1 << mantissaBits) - 1)) / 2 ** mantissaBits;
  return exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
}

/** The slow reference of rounding: the two codes around a value, by bisection, the nearer one, of a tie the even one. */
function nearest(value: number, infinity: number, mantissaBits: number, bias: number, signBit: number): number {
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const size = Math.abs(value);
  let low = 0;
  let high = infinity;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (valueOf(middle, mantissaBits, bias) <= size) low = middle;
    else high = middle;
  }
  if (size === Infinity) return sign | infinity;
  const below = size - valueOf(low, mantissaBits, bias);
  const above = valueOf(high, mantissaBits, bias) - size;
  return sign | (below < above || (below === above && low % 2 === 0) ? low : high);
}
const nearestF16 = (value: number) => nearest(value, 0x7c00, 10, 15, 0x8000);
const nearestBF16 = (value: number) => nearest(value, 0x7f80, 7, 127, 0x8000);

const everyHalf = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe('dtype table', () => {
  it('has the sizes of the format', () => {
    const sizes = Object.fromEntries([...DTYPES].map(([name, { bits }]) => [name, bits]));
    expect(sizes).toMatchObject({
      BOOL: 8,
      F4: 4,
      F6_E2M3: 6,
      F8_E4M3: 8,
      U16: 16,
      BF16: 16,
      F32: 32,
      C64: 64,
      U64: 64,
    });
    expect([isFloat('BF16'), isFloat('F4'), isFloat('I64'), isFloat('BOOL'), isFloat('C64')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([isDType('F32'), isDType('f32'), isDType('constructor')]).toEqual([true, false, false]);
  });

  it('counts bytes exactly, up to 2^53 and not beyond', async () => {
    expect(byteLength('F32', [])).toBe(4);
    expect(byteLength('F32', [3, 0, 5])).toBe(0);
    expect(byteLength('F4', [3, 2])).toBe(3);
    expect(byteLength('U8', [2 ** 30, 2 ** 22])).toBe(2 ** 52);
    expect(byteLength('U8', [2 ** 53 - 1])).toBe(2 ** 53 - 1);
    expect((await refusal(() => byteLength('F32', [2 ** 53 - 1], 'w'))).code).toBe('tensor/shape-overflow');
    expect((await refusal(() => byteLength('F32', [2 ** 40, 2 ** 40, 0], 'w'))).code).toBe('tensor/shape-overflow');
    const misaligned = await refusal(() => byteLength('F6_E2M3', [3], 'w'));
    expect(misaligned.code).toBe('tensor/misaligned');
    expect(misaligned.message).toContain('"w"');
  });
});

describe('decoding', () => {
  it('gives each of the 65536 float16 patterns its IEEE value', () => {
    const decoded = decodeToF32(new Uint8Array(everyHalf.buffer), 'F16');
    const table = f16Table();
    for (let half = 0; half < 65536; half++) {
      const size = half & 0x7fff;
      const expected = size > 0x7c00 ? NaN : size === 0x7c00 ? Infinity : valueOf(size, 10, 15);
      const signed = half & 0x8000 ? -expected : expected;
      if (!Object.is(decoded[half], signed) || !Object.is(table[half], signed))
        expect([half, decoded[half]]).toEqual([half, signed]);
    }
    expect(bitsOf(decoded)[0xfe01]).toBe(0xffc02000);
  });

  it('takes bfloat16 as the upper half of float32, payloads included', () => {
    const bits = bitsOf(decodeToF32(new Uint8Array(everyHalf.buffer), 'BF16'));
    expect(bits.findIndex((word, half) => word !== half * 65536)).toBe(-1);
  });

  it('agrees with torch on all codes of both 8-bit floats', async () => {
    const { tensors } = await openSafetensors(memorySource('f8', golden('f8.safetensors')));
    for (const [name, dtype] of [
      ['e4m3', 'F8_E4M3'],
      ['e5m2', 'F8_E5M2'],
    ] as const) {
      const read = ({ begin, end }: { begin: number; end: number }) => golden('f8.safetensors').slice(begin, end);
      const ours = decodeToF32(read(infoOf(tensors, name)), dtype);
      const torch = decodeToF32(read(infoOf(tensors, `${name}.f32`)), 'F32');
      expect(ours.length).toBe(256);
      expect([...ours]).toEqual([...torch]);
    }
  });

  it('rounds float64 to the nearest float32', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const decoded = decodeToF32(new Uint8Array(Float64Array.of(value).buffer), 'F64')[0];
        expect(decoded).toBe(Math.fround(value));
      }),
    );
  });

  it.each(['F32', 'F16', 'BF16', 'F64', 'F8_E4M3'] as const)(
    'reads %s from an odd address, into the given array too',
    (dtype) => {
      const values = dtype === 'F8_E4M3' ? null : Float32Array.of(1.5, -0, 0.25, -3);
      const bytes = values ? encodeFromF32(values, dtype) : Uint8Array.of(0x3c, 0x80, 0x28, 0xc4);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      const out = new Float32Array(6).fill(7);
      const target = out.subarray(1, 5);
      expect(decodeToF32(shifted.subarray(3), dtype, target)).toBe(target);
      expect([...out]).toEqual([7, 1.5, -0, 0.25, -3, 7]);
      expect([...decodeToF32(shifted.subarray(3), dtype)]).toEqual([1.5, -0, 0.25, -3]);
    },
  );

  it('refuses what are not floats, what it cannot read, and lengths that disagree', async () => {
    expect(canDecode('F8_E5M2')).toBe(true);
    expect(canDecode('F4')).toBe(false);
    expect((await refusal(() => decodeToF32(new Uint8Array(8), 'I64'))).code).toBe('tensor/not-float');
    expect((await refusal(() => decodeToF32(new Uint8Array(8), 'F8_E8M0'))).code).toBe('tensor/cannot-decode');
    expect((await refusal(() => decodeToF32(new Uint8Array(7), 'F16'))).code).toBe('tensor/length');
    expect((await refusal(() => decodeToF32(new Uint8Array(8), 'F16', new Float32Array(3)))).code).toBe(
      'tensor/length',
    );
    expect((await refusal(() => encodeFromF32(new Float32Array(1), 'F8_E4M3'))).code).toBe('tensor/cannot-encode');
    expect((await refusal(() => encodeFromF32(new Float32Array(1), 'BOOL'))).code).toBe('tensor/not-float');
  });
});

describe('encoding', () => {
  it('gives every float16 and bfloat16 back, NaN as the canonical one', () => {
    for (const [dtype, infinity, nan] of [
      ['F16', 0x7c00, 0x7e00],
      ['BF16', 0x7f80, 0x7fc0],
    ] as const) {
      const back = halves(encodeFromF32(decodeToF32(new Uint8Array(everyHalf.buffer), dtype), dtype));
      const wrong = back.findIndex((half, i) => half !== ((i & 0x7fff) > infinity ? nan : i));
      expect(wrong).toBe(-1);
    }
  });

  it('rounds like torch on every class of float32', async () => {
    const bytes = golden('floats.safetensors');
    const { tensors } = await openSafetensors(memorySource('floats', bytes));
    const part = (name: string) => bytes.slice(infoOf(tensors, name).begin, infoOf(tensors, name).end);
    const values = decodeToF32(part('w'), 'F32');
    expect(values.length).toBeGreaterThan(7000);
    expect(halves(encodeFromF32(values, 'F16'))).toEqual(halves(part('f16')));
    expect(halves(encodeFromF32(values, 'BF16'))).toEqual(halves(part('bf16')));
  });

  it('breaks every tie of float16 to even, and nothing beside a tie', () => {
    for (let code = 0; code < 0x7c00; code++) {
      const tie = Math.fround((valueOf(code, 10, 15) + valueOf(code + 1, 10, 15)) / 2);
      const word = bitsOf(Float32Array.of(tie))[0]!;
      const around = new Float32Array(Uint32Array.of(word - 1, word, word + 1).buffer);
      const expected = [code, code + (code % 2), code + 1];
      const found = [...halves(encodeFromF32(around, 'F16'))];
      if (found.join() !== expected.join()) expect([code, found]).toEqual([code, expected]);
    }
  });

  it('agrees with the slow reference on any float32', () => {
    const anyBits = fc.integer({ min: 0, max: 0xffffffff });
    const f16Range = fc
      .integer({ min: 0x32000000, max: 0x48000000 })
      .chain((size) => fc.constantFrom(size, size + 2 ** 31));
    fc.assert(
      fc.property(fc.oneof(anyBits, f16Range), (word) => {
        const value = floatOf(word);
        fc.pre(!Number.isNaN(value[0]));
        expect(halves(encodeFromF32(value, 'F16'))[0]).toBe(nearestF16(value[0]!));
        expect(halves(encodeFromF32(value, 'BF16'))[0]).toBe(nearestBF16(value[0]!));
      }),
      { numRuns: 5000 },
    );
  });

  it('canonicalises every NaN and keeps every other float32', () => {
    const nan = floatOf(0xff812345);
    expect(bitsOf(decodeToF32(encodeFromF32(nan, 'F32'), 'F32'))[0]).toBe(0x7fc00000);
    expect(halves(encodeFromF32(nan, 'F16'))[0]).toBe(0x7e00);
    expect(halves(encodeFromF32(nan, 'BF16'))[0]).toBe(0x7fc0);
    expect([...encodeFromF32(nan, 'F64')]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        for (const dtype of ['F32', 'F64'] as const) {
          expect(decodeToF32(encodeFromF32(Float32Array.of(value), dtype), dtype)[0]).toBe(Math.fround(value));
        }
      }),
    );
  });
});
