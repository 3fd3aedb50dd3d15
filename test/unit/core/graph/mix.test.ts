import * as ort from 'onnxruntime-web/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGraph } from '../../../../src/core/graph/registry';
import { COEFFICIENTS, partName } from '../../../../src/core/graph/types';
import { Decoder, goldenCase, maxDifference } from './checkpoint';

const COEFFICIENT_SETS = [
  [0, 0],
  [1, 0],
  [0.75, -1.25],
  [2, 0.5],
] as const;

/** xorshift32 in [-0.5, 0.5), so that every run mixes the same weights. */
function noise(length: number, seed: number): Float32Array {
  let x = seed;
  return Float32Array.from({ length }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32 - 0.5;
  });
}

describe.each(['llama-tied', 'llama-untied-bias-llama3', 'qwen3'])(
  'the graph of %s with its coefficients as input',
  (name) => {
    const { config, weights, batches } = goldenCase(name);
    const [batch] = batches;
    const tensors = [...weights.keys()];
    /** The first vector leaves every third tensor alone. */
    const changes = (tensor: string, vector: number) => vector === 1 || tensors.indexOf(tensor) % 3 !== 0;
    const vectors = [0, 1].map(
      (i) =>
        new Map(
          [...weights].map(([tensor, { shape, data }]) => {
            const values = noise(data.length, 7 + i * 1000 + tensors.indexOf(tensor)).map((v) => v * 0.1);
            return [tensor, { shape, data: changes(tensor, i) ? values : values.fill(0) }];
          }),
        ),
    );
    const parts = (): typeof weights =>
      new Map(
        vectors.flatMap((vector, i) => [...vector].map(([tensor, value]) => [partName(tensor, i), value] as const)),
      );
    let mixed: Decoder;
    beforeAll(async () => {
      const graph = buildGraph(config, { mix: { vectors: 2, base: true, changes } });
      expect(graph.tensors.filter((tensor) => tensor.endsWith('#0')).length).toBeLessThan(weights.size);
      mixed = await Decoder.create(graph, new Map([...weights, ...parts()]));
    });
    afterAll(() => mixed.release());

    it.each(COEFFICIENT_SETS)('computes what the merged weights %d, %d do', async (...coefficients) => {
      const merged: typeof weights = new Map(
        [...weights].map(([tensor, { shape, data }]) => [
          tensor,
          {
            shape,
            data: data.map((value, i) => {
              const [a, b] = vectors.map((vector, v) => Math.fround(vector.get(tensor)!.data[i]! * coefficients[v]!));
              return value + Math.fround(a! + b!);
            }),
          },
        ]),
      );
      const plain = await Decoder.create(buildGraph(config), merged);
      const expected = await plain.prefill(batch!.input_ids, batch!.attention_mask);
      await plain.release();
      mixed.extra = { [COEFFICIENTS]: new ort.Tensor('float32', Float32Array.from(coefficients), [2]) };
      const ours = await mixed.prefill(batch!.input_ids, batch!.attention_mask);
      expect(maxDifference(ours, expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, ...expected.map(Math.abs)));
    });

    it('needs no base: a bare sum of whole models is a mix too', async () => {
      const bare = buildGraph(config, { mix: { vectors: 1, base: false, changes: () => true } });
      expect(bare.tensors.every((tensor) => tensor.endsWith('#0'))).toBe(true);
      const decoder = await Decoder.create(bare, new Map([...weights].map(([t, value]) => [partName(t, 0), value])));
      decoder.extra = { [COEFFICIENTS]: new ort.Tensor('float32', Float32Array.of(1), [1]) };
      const plain = await Decoder.create(buildGraph(config), weights);
      const [ours, expected] = await Promise.all(
        [decoder, plain].map((one) => one.prefill(batch!.input_ids, batch!.attention_mask)),
      );
      expect(maxDifference(ours!, expected!)).toBe(0);
      await decoder.release();
      await plain.release();
    });
  },
);
