import { expect, test } from 'vitest';
import { newSha256 } from '../../../../src/cli/disk';
import { elementCount, encodeFromF32 } from '../../../../src/core/tensor/dtype';
import { memorySource } from '../../../../src/core/tensor/source';
import type { DType } from '../../../../src/core/tensor/types';
import { METHODS } from '../../../../src/core/merge/registry';
import { contextOf, decodeWhole, mergeTensor, type RunOptions } from '../../../../src/core/merge/run';
import type { MergePlan, PlanTensor } from '../../../../src/core/merge/types';

/** Reproducible numbers; a task vector of few sizes, so that many are equal, as in 16-bit checkpoints. */
function numbers(length: number, seed: number, scale: number): Float32Array {
  let x = seed * 2654435761 + 1;
  return new Float32Array(length).map(() => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x / 2 ** 31) * scale;
  });
}

function planOf(
  method: string,
  shape: readonly number[],
  dtype: DType,
  shared: Record<string, number>,
  own: Record<string, number>,
  castTo: DType | null = null,
): { plan: MergePlan; tensor: PlanTensor } {
  const n = elementCount(shape);
  const spec = METHODS.find(({ id }) => id === method)!;
  const count = Math.min(spec.inputs[1], 3);
  const base = spec.base === 'ignored' ? -1 : 0;
  const origin = numbers(n, 1, 0.05);
  const inputs = Array.from({ length: count }, (_, k) => {
    const change = numbers(n, k + 2, 0.004);
    const bytes = encodeFromF32(k === 0 ? origin : origin.map((value, i) => value + change[i]!), dtype);
    const source = memorySource('x', bytes);
    const info = { name: 'w', dtype, shape, begin: 0, end: bytes.length, source };
    return { alias: `m${k}`, info, params: { weight: k === 1 ? 0.75 : 0.5, ...own } };
  });
  const tensor: PlanTensor = {
    name: 'w',
    shape,
    dtype: castTo ?? dtype,
    action: 'merge',
    inputs,
    base,
    params: { lambda: 1, normalize: 0, rescale: 0, ...shared },
    castTo,
    why: null,
  };
  const plan = {
    method,
    seed: 3,
    stage: null,
    tensors: [tensor],
    report: null,
    notices: [],
    donor: 'm0',
    config: null,
  };
  return { plan: plan as unknown as MergePlan, tensor };
}

const SHAPES: readonly (readonly number[])[] = [[], [5], [37, 61], [120, 576], [3, 23001], [7, 40, 3]];
const CASES: readonly (readonly [string, Record<string, number>, Record<string, number>])[] = [
  ['linear', { normalize: 1 }, {}],
  ['task_arithmetic', {}, {}],
  ['task_arithmetic', { lambda: 0.7, normalize: 1 }, {}],
  ['slerp', { t: 0.3 }, {}],
  ['model_stock', { filter_wise: 0 }, {}],
  ['ties', { normalize: 1 }, { density: 0.5 }],
  ['ties', { rescale: 1, lambda: 1.3 }, { density: 0.2 }],
  ['dare_ties', { rescale: 1 }, { density: 0.5 }],
  ['dare_linear', { rescale: 1, normalize: 1 }, { density: 0.3 }],
  ['dare_linear', {}, { density: 1 }],
  ['della', { rescale: 1, normalize: 1 }, { density: 0.5, epsilon: 0.15 }],
  ['della_linear', {}, { density: 0.5, epsilon: 0.15 }],
  ['breadcrumbs_ties', {}, { density: 0.5, gamma: 0.01 }],
  ['nearswap', { t: 0.001 }, {}],
];

for (const [method, shared, own] of CASES)
  test(`${method} ${JSON.stringify({ ...shared, ...own })}: block by block, in SIMD or not, in any chunks, as whole`, async () => {
    for (const dtype of ['F16', 'BF16', 'F32'] as const)
      for (const shape of SHAPES) {
        const { plan, tensor } = planOf(method, shape, dtype, shared, own);
        const whole = await Promise.all(
          tensor.inputs.map(async ({ info }) => decodeWhole(await info.source.read(0, info.end), dtype, null)),
        );
        const out = new Float32Array(elementCount(shape));
        const kernel = METHODS.find(({ id }) => id === method)!;
        kernel.apply(whole, contextOf(plan, tensor, newSha256), out.length, out);
        const expected = Buffer.from(encodeFromF32(out, dtype));
        const ways: RunOptions[] = [
          {},
          { plain: true },
          { chunk: 1 << 15 },
          { chunk: 10007 },
          { chunk: 777, plain: true },
        ];
        for (const options of ways) {
          const { bytes } = await mergeTensor(plan, tensor, newSha256, options);
          expect(Buffer.compare(expected, bytes), `${dtype} [${shape.join()}] ${JSON.stringify(options)}`).toBe(0);
        }
      }
  });

test.each(['F16', 'BF16'] as const)('a cast to %s before the arithmetic', async (castTo) => {
  const { plan, tensor } = planOf('task_arithmetic', [12, 4099], 'F32', {}, {}, castTo);
  const [a, b] = await Promise.all(
    [false, true].map((plain) => mergeTensor(plan, tensor, newSha256, { plain, chunk: 5000 })),
  );
  expect(a!.bytes).toEqual(b!.bytes);
  const { plan: stored, tensor: halves } = planOf('task_arithmetic', [12, 4099], castTo, {}, {});
  expect((await mergeTensor(stored, halves, newSha256)).bytes).toEqual(a!.bytes);
});

test('the first element that is not finite is named, in whatever chunk', async () => {
  const { plan, tensor } = planOf('task_arithmetic', [50000], 'F16', {}, { weight: 2e7 });
  const messages = await Promise.all(
    [{}, { plain: true }, { chunk: 999 }].map((options) =>
      mergeTensor(plan, tensor, newSha256, options).catch((error: Error) => error.message),
    ),
  );
  expect(new Set(messages).size).toBe(1);
  expect(messages[0]).toMatch(/overflows F16 \(first at element \d+\)/);
  const counts = await Promise.all(
    [{}, { plain: true }, { chunk: 999 }].map((options) =>
      mergeTensor(plan, tensor, newSha256, { ...options, allowNonFinite: true }),
    ),
  );
  expect(counts[0]!.nonFinite).toBeGreaterThan(0);
  for (const { nonFinite, bytes } of counts) {
    expect(nonFinite).toBe(counts[0]!.nonFinite);
    expect(bytes).toEqual(counts[0]!.bytes);
  }
});
