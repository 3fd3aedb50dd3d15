import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { DTYPES, byteLength, decodeToF32 } from '../../../../src/core/tensor/dtype';
import { openSafetensors } from '../../../../src/core/tensor/safetensors';
import { memorySource } from '../../../../src/core/tensor/source';
import type { DType, TensorIndex } from '../../../../src/core/tensor/types';
import { compareUtf8 } from '../../../../src/core/tensor/utf8';
import { layout } from '../../../../src/core/tensor/writer';
import { craft, golden, infoOf, refusal, save, zeros } from './files';
import type { Body } from './files';

const open = (bytes: Uint8Array) => openSafetensors(memorySource('model.safetensors', bytes));
const values = async (index: TensorIndex, name: string) => {
  const { source, begin, end } = index.tensors.get(name)!;
  return [...decodeToF32(await source.read(begin, end), 'F32')];
};
const entry = (shape: number[], begin: number, end: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

interface Description {
  metadata: Record<string, string> | null;
  tensors: { name: string; dtype: DType; shape: number[] }[];
}
const describeGolden = (name: string) => JSON.parse(new TextDecoder().decode(golden(`${name}.json`))) as Description;

describe('reading', () => {
  it('accepts no tensors at all', async () => {
    expect((await open(craft('{}'))).tensors.size).toBe(0);
  });

  it('accepts scalars, empty tensors, any order in the JSON, unaligned data', async () => {
    const header = {
      late: entry([2], 3, 11),
      scalar: entry([], 11, 15),
      none: entry([0, 7], 3, 3),
      odd: entry([3], 0, 3, 'U8'),
    };
    const { tensors, warnings } = await open(craft(JSON.stringify(header), 15));
    const shift = 8 + JSON.stringify(header).length;
    expect([...tensors.keys()]).toEqual(['odd', 'none', 'late', 'scalar']);
    expect(infoOf(tensors, 'late')).toMatchObject({ shape: [2], begin: shift + 3, end: shift + 11 });
    expect(infoOf(tensors, 'scalar')).toMatchObject({ shape: [], begin: shift + 11, end: shift + 15 });
    expect(warnings).toEqual([]);
  });

  it('accepts white space on both sides and null metadata', async () => {
    const json = JSON.stringify({ w: entry([1], 0, 4) }).replace('{', '{"__metadata__":null,');
    const { tensors, metadata } = await open(craft(` \t\r\n${json}\n   `, 4));
    expect([tensors.size, metadata.size]).toEqual([1, 0]);
  });

  it('accepts any name, those of Object.prototype included', async () => {
    const names = ['', '__proto__', 'constructor', 'toString', '重量', '\u{1f600}', 'a\nb"\\'];
    const index = await open(
      save(
        names.map((name, i) => ({ name, dtype: 'F32', shape: [1], bytes: new Uint8Array(Float32Array.of(i).buffer) })),
      ),
    );
    expect([...index.tensors.keys()].sort()).toEqual([...names].sort());
    for (const [i, name] of names.entries()) expect(await values(index, name)).toEqual([i]);
  });

  it('reads formats it cannot merge', async () => {
    const header = { e: entry([2], 0, 2, 'F8_E8M0'), f: entry([2, 3], 2, 5, 'F4'), six: entry([4], 5, 8, 'F6_E3M2') };
    expect([...(await open(craft(JSON.stringify(header), 8))).tensors.values()].map(({ dtype }) => dtype)).toEqual([
      'F8_E8M0',
      'F4',
      'F6_E3M2',
    ]);
  });

  it('warns of unknown fields and of metadata keys written twice, once each', async () => {
    const extra = { ...entry([1], 0, 4), strides: [1], 'x-note': { deep: [true, false, null, -1.5e3] } };
    const json = JSON.stringify({ w: extra }).replace('{', '{"__metadata__":{"a":"1","a":"2","a":"3"},');
    const { warnings, metadata } = await open(craft(json, 4));
    expect(warnings.map(({ code }) => code).sort()).toEqual([
      'safetensors/duplicate-metadata-key',
      'safetensors/extra-field',
    ]);
    expect(
      warnings.some(({ message }) => message.includes('2 field(s)') && message.includes('"strides" of tensor "w"')),
    ).toBe(true);
    expect([...metadata]).toEqual([['a', '3']]);
  });

  it('reads a header longer than its first read', async () => {
    const sizes = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`layer.${i}`, 1]));
    const bytes = zeros(sizes);
    expect((await open(bytes)).tensors.size).toBe(3000);
  });

  it('reads no weights, and stops when told', async () => {
    const bytes = zeros({ w: 1_000_000 });
    const source = memorySource('model.safetensors', bytes);
    let read = 0;
    const counting = {
      ...source,
      read: (begin: number, end: number) => ((read += end - begin), source.read(begin, end)),
    };
    await openSafetensors(counting);
    expect(read).toBeLessThanOrEqual(65_536);
    await expect(openSafetensors(source, AbortSignal.abort())).rejects.toThrow(/abort/i);
    expect((await refusal(() => source.read(0, bytes.length + 1))).code).toBe('source/range');
  });
});

describe('writing', () => {
  it.each(['empty', 'floats', 'f8', 'every'])(
    'writes the golden %s byte for byte as the Python library',
    async (name) => {
      const { metadata, tensors } = describeGolden(name);
      const expected = golden(`${name}.safetensors`);
      const { header, order, fileSize, offsets } = layout(tensors, metadata && new Map(Object.entries(metadata)));
      expect(new TextDecoder().decode(header)).toBe(new TextDecoder().decode(expected.subarray(0, header.length)));
      expect(fileSize).toBe(expected.length);
      const index = await open(expected);
      expect([...index.tensors.keys()]).toEqual(order);
      for (const [tensor, { begin, end }] of index.tensors) expect(offsets.get(tensor)).toEqual({ begin, end });
    },
  );

  it('finds in the golden what Python put there', async () => {
    const index = await open(golden('every.safetensors'));
    expect(await values(index, '__proto__')).toEqual([0]);
    expect(await values(index, '9')).toEqual([2, 2, 2]);
    expect(await values(index, 'q"\\/\n\x7f\u2028')).toEqual([3, 3, 3, 3]);
    expect(await values(index, '')).toEqual([1.5]);
    expect(await values(index, '重量')).toEqual([6, 6, 6, 6, 6, 6, 6]);
    expect([...index.metadata]).toEqual([['note 中', 'a "quoted" \\ line\n']]);
  });

  it('sorts metadata, keeps odd keys, and pads to 8 bytes', async () => {
    const metadata = new Map([['b', '2'], ['__proto__', 'x'], ['10', 'ten'], ['9', 'nine']]); // prettier-ignore
    const { header } = layout([], metadata);
    const text = new TextDecoder().decode(header.subarray(8));
    expect(text.trimEnd()).toBe('{"__metadata__":{"10":"ten","9":"nine","__proto__":"x","b":"2"}}');
    expect(header.length % 8).toBe(0);
    expect(text.length - text.trimEnd().length).toBeLessThan(8);
    expect([...(await open(header)).metadata].sort()).toEqual([...metadata].sort());
  });

  it('refuses names a file cannot hold', async () => {
    const of = (...names: string[]) => () => layout(names.map((name) => ({ name, dtype: 'F32', shape: [1] })), null); // prettier-ignore
    expect((await refusal(of('__metadata__'))).code).toBe('writer/reserved-name');
    expect((await refusal(of('a', 'a'))).code).toBe('writer/duplicate-tensor');
    expect((await refusal(of('\ud800'))).code).toBe('writer/not-unicode');
    expect((await refusal(() => layout([], new Map([['a', 'x'.repeat(100_000_001)]])))).code).toBe(
      'writer/header-too-large',
    );
  });

  it('orders names as their UTF-8 bytes', () => {
    const name = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(
        fc.oneof(name, fc.constantFrom('\uffee', '\u{1f600}')),
        fc.oneof(name, fc.constantFrom('\ud7ff', '\ue000')),
        (a, b) => {
          expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

const whole = [...DTYPES].filter(([, { bits }]) => bits % 8 === 0).map(([dtype]) => dtype);
const anyBody: fc.Arbitrary<Body> = fc
  .record({
    name: fc.string({ unit: 'binary', maxLength: 6 }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...whole),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
  })
  .chain((tensor) => {
    const length = byteLength(tensor.dtype, tensor.shape);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ ...tensor, bytes }));
  });
const anyFile = fc.uniqueArray(anyBody, { selector: ({ name }) => name, maxLength: 6 });

/** What must hold of anything accepted: the ranges tile the file from the header's end to its last byte. */
function expectTiled(index: TensorIndex, size: number): void {
  const spans = [...index.tensors.values()];
  let at = spans[0]?.begin ?? size;
  for (const { name, dtype, shape, begin, end } of spans) {
    expect([name, begin]).toEqual([name, at]);
    expect(end - begin).toBe(byteLength(dtype, shape));
    at = end;
  }
  expect(at).toBe(size);
}

/** Opens; a refusal is fine, any other error is not. @returns null where refused */
async function openOrRefuse(bytes: Uint8Array): Promise<TensorIndex | null> {
  try {
    return await open(bytes);
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
}

describe('any file', () => {
  it('comes back from a write as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }), async (bodies, notes) => {
        const metadata = new Map(Object.entries(notes));
        const file = save(bodies, metadata);
        const index = await open(file);
        expectTiled(index, file.length);
        expect(new Map(index.metadata)).toEqual(metadata);
        expect(index.tensors.size).toBe(bodies.length);
        for (const { name, dtype, shape, bytes } of bodies) {
          const info = index.tensors.get(name)!;
          expect([info.dtype, info.shape]).toEqual([dtype, shape]);
          expect(await info.source.read(info.begin, info.end)).toEqual(new Uint8Array(bytes));
        }
      }),
    );
  });

  it('is refused cleanly or read soundly, whichever bytes of it change', async () => {
    let accepted = 0;
    let refused = 0;
    const change = fc.record({
      at: fc.nat(),
      byte: fc.nat(255),
      kind: fc.constantFrom('set', 'insert', 'delete', 'cut', 'digit'),
    });
    await fc.assert(
      fc.asyncProperty(anyFile, fc.array(change, { minLength: 1, maxLength: 3 }), async (bodies, changes) => {
        const bytes = [...save(bodies)];
        for (const { at, byte, kind } of changes) {
          const place = at % Math.max(1, bytes.length);
          if (kind === 'set') bytes[place] = byte;
          else if (kind === 'insert') bytes.splice(place, 0, byte);
          else if (kind === 'delete') bytes.splice(place, 1);
          else if (kind === 'cut') bytes.length = place;
          else {
            // A random byte rarely hits a number, where the dangerous changes are.
            const digits = bytes.flatMap((value, i) => (i >= 8 && value >= 0x30 && value <= 0x39 ? [i] : []));
            const digit = digits[at % Math.max(1, digits.length)];
            if (digit !== undefined) bytes[digit] = 0x30 + (byte % 10);
          }
        }
        const index = await openOrRefuse(Uint8Array.from(bytes));
        if (index) expectTiled(index, bytes.length);
        if (index) accepted++;
        else refused++;
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(500);
  });

  it('is refused cleanly whatever the JSON of its header says', async () => {
    const number = fc.oneof(fc.nat(40), fc.constantFrom(-1, 1.5, 2 ** 53, 1e300));
    const field = fc.oneof(
      fc.array(number, { maxLength: 3 }),
      fc.json().map((text): unknown => JSON.parse(text)),
    );
    const dtype = fc.constantFrom('F32', 'U8', 'F4', 'F6_E2M3', 'x');
    const header = fc.dictionary(
      fc.string(),
      fc.record({ dtype, shape: field, data_offsets: field }, { requiredKeys: [] }),
      { maxKeys: 3 },
    );
    await fc.assert(
      fc.asyncProperty(header, fc.nat(40), async (json, body) => {
        const bytes = craft(JSON.stringify(json), body);
        const index = await openOrRefuse(bytes);
        if (index) expectTiled(index, bytes.length);
      }),
      { numRuns: 1000 },
    );
  });
});
