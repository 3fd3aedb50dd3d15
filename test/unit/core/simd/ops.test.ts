import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileKernels } from '../../../../src/cli/build-simd';
import type { Ops } from '../../../../src/core/merge/ops';
import { plainOps } from '../../../../src/core/merge/plain';
import { drawMask, limitOf, type PhiloxKey } from '../../../../src/core/merge/random';
import { simdOps } from '../../../../src/core/simd/ops';
import { decodeToF32, encodeFromF32 } from '../../../../src/core/tensor/dtype';
import { readFileSync } from 'node:fs';

const simd = simdOps(1 << 22)!;

test('the committed module is what its sources compile to', async () => {
  expect(await compileKernels()).toBe(readFileSync('src/core/simd/module.ts', 'utf8'));
}, 60_000);

/** Bit patterns, NaN as one: which NaN an operation gives is the processor's choice. */
const bits = (values: Float32Array): number[] =>
  [...values].map((value) => (Number.isNaN(value) ? -1 : new Uint32Array(Float32Array.of(value).buffer)[0]!));

const number = fc.oneof(
  fc.float({ noDefaultInfinity: true, noNaN: true }),
  fc.float({ min: Math.fround(-0.01), max: Math.fround(0.01), noNaN: true }),
  // Few sizes, so that many are equal.
  fc.constantFrom(0, -0, 0.5, -0.5, 2 ** -140, 65520, -(2 ** -25), 2 ** -24),
);
const anything = fc.oneof({ weight: 9, arbitrary: number }, fc.constantFrom(NaN, Infinity, -Infinity));
const lists = (count: number, of = number) =>
  fc
    .integer({ min: 0, max: 70 })
    .chain((n) =>
      fc.tuple(
        ...Array.from({ length: count }, () =>
          fc.array(of, { minLength: n, maxLength: n }).map((list) => Float32Array.from(list)),
        ),
      ),
    );

/** Runs an operation in both, on arrays of their own. */
function both<T>(operation: (ops: Ops, own: (values: Float32Array) => Float32Array<ArrayBuffer>) => T): [T, T] {
  const run = (ops: Ops): T =>
    operation(ops, (values) => {
      const room = ops.floats(values.length);
      room.set(values);
      return room;
    });
  simd.reset();
  return [run(simd), run(plainOps)];
}

function same(operation: Parameters<typeof both<Float32Array>>[0]): void {
  const [a, b] = both(operation);
  expect(bits(a)).toEqual(bits(b));
}

test('every float16 and bfloat16 pattern is decoded to the same bits, wherever it starts', () => {
  for (const dtype of ['F16', 'BF16'] as const)
    for (const shift of [0, 1, 3]) {
      const halves = new Uint16Array(65536).map((_, i) => i);
      const bytes = new Uint8Array(halves.byteLength + shift);
      bytes.set(new Uint8Array(halves.buffer), shift);
      const [a, b] = both((ops) => {
        const out = ops.floats(65535);
        ops.decode(bytes.subarray(shift, shift + 2 * 65535), dtype, out);
        return new Uint32Array(out.buffer, out.byteOffset, out.length).slice();
      });
      expect(a).toEqual(b);
    }
});

test('float32 is rounded to the same 16 bits: all exponents, ties, what is next to them, NaN', () => {
  const words: number[] = [];
  for (let high = 0; high < 65536; high += 3)
    for (const low of [0, 1, 0x7fff, 0x8000, 0x8001, 0x0fff, 0x1000, 0x1001, 0x3000, 0xffff])
      words.push(((high << 16) | low) >>> 0);
  const values = new Float32Array(Uint32Array.from(words).buffer);
  for (const dtype of ['F16', 'BF16', 'F32'] as const) {
    const [a, b] = both((ops, own) => {
      const out = new Uint8Array(values.length * (dtype === 'F32' ? 4 : 2));
      const step = 60_001;
      let special = 0;
      for (let begin = 0; begin < values.length; begin += step) {
        const part = values.subarray(begin, begin + step);
        const width = out.length / values.length;
        special += ops.encode(own(part), dtype, out.subarray(width * begin, width * (begin + part.length)));
      }
      return { out, special };
    });
    expect(Buffer.compare(a.out, b.out)).toBe(0);
    expect(a.special).toBe(b.special);
    expect(a.special).toBeGreaterThan(0);
  }
});

test('sums and products, subnormal and not finite ones too', () => {
  fc.assert(
    fc.property(lists(3, anything), number, fc.nat(2), ([a, b, c], w, over) => {
      const scale = over === 0 ? 1 : w;
      const made = (ops: Ops, values: Float32Array, act: (out: Float32Array) => void): Float32Array => {
        const out = ops.floats(values.length);
        out.set(values);
        act(out);
        return out.slice();
      };
      same((ops, own) => made(ops, c!, (out) => ops.scale(w, own(a!), out)));
      same((ops, own) => made(ops, c!, (out) => ops.addScaled(w, own(a!), out)));
      same((ops, own) => made(ops, c!, (out) => ops.subtract(own(a!), own(b!), out)));
      same((ops, own) => made(ops, c!, (out) => ops.scaleDelta(w, own(a!), own(b!), out)));
      same((ops, own) => made(ops, c!, (out) => ops.addDelta(w, own(a!), own(b!), out)));
      same((ops, own) => made(ops, c!, (out) => ops.add(own(a!), out)));
      same((ops) => made(ops, c!, (out) => ops.divide(w, out)));
      same((ops, own) => made(ops, c!, (out) => ops.divideEach(own(a!), out)));
      same((ops, own) =>
        made(ops, c!, (out) => {
          const mask = ops.bytes(out.length);
          for (let i = 0; i < mask.length; i++) mask[i] = (i * 7 + over) % 3 === 0 ? 1 : 0;
          ops.thinned(w, own(a!), own(b!), mask, scale, out);
        }),
      );
      same((ops, own) => {
        const [mixed, divisor] = [own(c!), own(b!)];
        ops.agree(own(a!), own(a!), own(b!), w, mixed, divisor);
        return Float32Array.of(...mixed, ...divisor);
      });
    }),
  );
});

test('two terms elected in one pass, as in several', () => {
  fc.assert(
    fc.property(lists(3, anything), number, number, fc.boolean(), number, (vectors, wa, wb, normalize, factor) => {
      const n = vectors[0]!.length;
      const mask = (ops: Ops, step: number): Uint8Array<ArrayBuffer> => {
        const made = ops.bytes(n);
        for (let i = 0; i < n; i++) made[i] = i % step === 0 ? 1 : 0;
        return made;
      };
      same((ops, own) => {
        const [origin, a, b] = vectors.map(own) as [Float32Array, Float32Array, Float32Array];
        const out = ops.floats(n);
        const [maskA, maskB] = [mask(ops, 1), mask(ops, 2)];
        if (ops.electPair) {
          ops.electPair(origin, [a, b], [maskA, maskB], [wa, wb], [1, factor], normalize, 0.7, out);
          return out.slice();
        }
        const [termA, termB, winner, divisor] = [a, b, a, b].map(() => ops.floats(n)) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        ops.thinned(wa, a, origin, maskA, 1, termA);
        ops.thinned(wb, b, origin, maskB, factor, termB);
        winner.set(termA);
        ops.add(termB, winner);
        out.fill(-0);
        ops.agree(termA, termA, winner, wa, out, divisor);
        ops.agree(termB, termB, winner, wb, out, divisor);
        if (normalize) ops.divideEach(divisor, out);
        ops.scale(0.7, out, out);
        ops.add(origin, out);
        return out.slice();
      });
    }),
  );
});

/** Reproducible values of a task vector's kind: `levels` 0 for continuous ones, else as many sizes as it says. */
function vector(length: number, seed: number, levels = 0): Float32Array {
  let x = seed * 2654435761 + 1;
  return new Float32Array(length).map(() => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    const value = (x / 2 ** 31) * 0.01;
    return levels ? Math.round(value * levels * 100) / (levels * 1000) : value;
  });
}

test.each([0, 1, 15, 4095, 4096, 4097, 16384, 20481, 40000])('exact sums of %i elements', (n) => {
  const [a, b] = both((ops, own) => {
    const [x, y, mask] = [own(vector(n, 3)), own(vector(n, 5)), ops.bytes(n)];
    for (let i = 0; i < n; i++) mask[i] = (i * 5) % 3 === 0 ? 1 : 0;
    const sums: [number, number] = [0.25, 1e-9];
    ops.norms(x, mask, sums);
    return [ops.dot(x, y, 0.1), ops.dot(x, x, 0), ...sums];
  });
  expect(a).toEqual(b);
});

test.each([0, 5])('the largest are found and marked, of %i sizes (0: all differ)', (levels) => {
  for (const n of [1, 7, 64, 1001, 30000]) {
    const [a, b] = both((ops, own) => {
      const values = own(vector(n, n, levels));
      const [high, low] = [ops.counts(1 << 16), ops.counts(1 << 15)];
      ops.countHigh(values, high);
      const sample = new Uint32Array(values.buffer, values.byteOffset, n)[n >> 1]! & 0x7fffffff;
      ops.countLow(values, sample >>> 15, low);
      const mask = ops.bytes(n);
      const left = [0, 1, 3, 2 ** 31 - 1].map((ties) => {
        const rest = ops.maskLargest(values, sample, ties, mask);
        return [rest, ...mask];
      });
      return { high: high.slice(), low: low.slice(), left };
    });
    expect(a).toEqual(b);
  }
});

test('masks by chance: any block', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 4, 16384, 2 ** 31 - 32),
      fc.integer({ min: 0, max: 70 }),
      fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 2 ** -24, 0.5)),
      fc.nat(),
      (begin, length, density, seed) => {
        const key = [seed | 0, (seed * 7919) | 0] as const;
        const [a, b] = both((ops) => {
          const mask = ops.bytes(length);
          ops.chanceMask(key, begin, density, mask);
          return [...mask];
        });
        expect(a).toEqual(b);
      },
    ),
  );
});

/** What rankedMask promises, the slow way: every row sorted, every element compared with the chance of its rank. */
function maskOfSorted(key: PhiloxKey, begin: number, values: Float32Array, limits: Uint32Array): Uint8Array {
  const n = limits.length;
  const chances = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += n)
    Array.from({ length: n }, (_, i) => row + i)
      .sort((i, j) => Math.abs(values[i]!) - Math.abs(values[j]!) || i - j)
      .forEach((i, r) => (chances[i] = limits[r]! / 2 ** 24));
  const mask = new Uint8Array(values.length);
  drawMask(key, chances, begin, mask);
  return mask;
}

/** Task vectors whose rows the kernel bins, sorts, or counts in: continuous, few sizes, zeros, subnormal, one giant. */
const kinds: Record<string, (values: Float32Array, n: number) => Float32Array> = {
  continuous: (values) => values,
  'of few octaves, many close': (values) => values.map((x, i) => (i % 7 === 0 ? x : 0.004 + x * 1e-4)),
  'of 40 sizes': (values) => values.map((x) => Math.round(x * 2000) / 4096),
  'half zeros': (values) => values.map((x, i) => (i % 2 === 0 ? x : i % 4 === 1 ? 0 : -0)),
  'all zeros': (values) => values.fill(0),
  'all equal': (values) => values.map((x) => (x < 0 ? -0.5 : 0.5)),
  subnormal: (values) => values.map((x) => x * 2 ** -130),
  'tiny beside one giant': (values, n) => values.map((x, i) => (i % n === n >> 1 ? 3e38 : x)),
  'over all octaves': (values) => values.map((x, i) => x * 2 ** ((i * 37) % 240) * 2 ** -120),
};

test.each(Object.keys(kinds))('ranked masks of rows that are %s', (kind) => {
  for (const n of [1, 2, 3, 5, 16, 33, 64, 576, 1000, 1537])
    for (const [low, high] of [
      [0.35, 0.65],
      [0, 1],
      // Chances that fall with the rank: a negative epsilon.
      [0.9, 0.1],
      [0.5, 0.5],
    ] as const)
      for (const begin of [0, 4, 2 ** 31 - 16384]) {
        const rows = n > 500 ? 3 : 7;
        const values = kinds[kind]!(vector(rows * n, 11 + n), n);
        const limits = Uint32Array.from({ length: n }, (_, r) =>
          limitOf(low + ((high - low) * r) / Math.max(1, n - 1)),
        );
        const key = [n * 7919, begin + 1] as const;
        const [a, b] = both((ops, own) => {
          const [table, mask] = [ops.counts(n), ops.bytes(rows * n)];
          const behind = ops.bytes(64).fill(7);
          table.set(limits);
          ops.rankedMask(key, begin, own(values), table, mask);
          expect(behind.every((byte) => byte === 7)).toBe(true);
          return mask.slice();
        });
        const expected = maskOfSorted(key, begin, values, limits);
        expect(Buffer.compare(a, expected)).toBe(0);
        expect(Buffer.compare(b, expected)).toBe(0);
      }
});

test('the fused float16 kernel gives the bits of the general road', () => {
  fc.assert(
    fc.property(lists(3, anything), number, number, (vectors, wa, wb) => {
      const halves = vectors.map((v) => encodeFromF32(v, 'F16'));
      const length = vectors[0]!.length;
      simd.reset();
      const rooms = halves.map((bytes) => {
        const room = simd.bytes(bytes.length);
        room.set(bytes);
        return room;
      }) as [Uint8Array, Uint8Array, Uint8Array];
      const out = simd.floats(length);
      simd.pairF16(rooms, [wa, wb], out);
      const [origin, a, b] = halves.map((bytes) => decodeToF32(bytes, 'F16')) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const expected = new Float32Array(length);
      plainOps.scaleDelta(wa, a, origin, expected);
      plainOps.addDelta(wb, b, origin, expected);
      plainOps.add(origin, expected);
      expect(bits(out)).toEqual(bits(expected));
    }),
  );
});
