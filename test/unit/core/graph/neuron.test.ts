import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { buildGraph, expectedTensors, taken } from '../../../../src/core/graph/registry';

ort.env.wasm.numThreads = 1;

const config = (change: Record<string, unknown> = {}) => ({
  model_type: 'merge_lab_neuron',
  in_features: 3,
  activation: 'relu',
  ...change,
});

async function run(activation: string | null, weights: number[], rows: number[][]): Promise<Record<string, number[]>> {
  const graph = buildGraph(config({ activation, in_features: weights.length }));
  const data = new Uint8Array(Float32Array.from(weights).buffer);
  const session = await ort.InferenceSession.create(graph.bytes, { externalData: [{ path: 'weight', data }] });
  const inputs = new ort.Tensor('float32', Float32Array.from(rows.flat()), [rows.length, weights.length]);
  const outputs = await session.run({ inputs });
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data: d }]) => [name, [...(d as Float32Array)]]));
}

describe('the graph of one neuron', () => {
  const weights = [1, 2, -1];
  const rows = [
    [0, 2, 1],
    [1, 0, 3],
    [0, 0, 0],
  ];

  it('sums inputs times weights, row by row, and cuts a negative sum off', async () => {
    expect(await run('relu', weights, rows)).toEqual({ sum: [3, -2, 0], output: [3, 0, 0] });
  });

  it.each(['none', null])('activation %s leaves the sum as it is', async (activation) => {
    expect(await run(activation, weights, rows)).toEqual({ sum: [3, -2, 0], output: [3, -2, 0] });
  });

  it('gives one weight, exactly, for each unit row', async () => {
    const odd = [0.1, -7.25, 1 / 3, 999.999];
    const units = odd.map((_, i) => odd.map((__, j) => Number(i === j)));
    expect((await run('none', odd, units))['sum']).toEqual([...Float32Array.from(odd)]);
  });

  it('asks for one tensor, and for numbers', () => {
    expect([...expectedTensors(config())]).toEqual([['weight', [1, 3]]]);
    expect(taken(config())).toBe('numbers');
    expect(taken({ model_type: 'llama' })).toBe('text');
    expect(taken({})).toBe(null);
    expect(taken({ model_type: 'whisper' })).toBe('sound');
    expect(taken({ architectures: ['LlamaForSequenceClassification'], model_type: 'llama' })).toBe('whole text');
  });

  it.each([
    [{ activation: 'gelu' }, 'config/unsupported'],
    [{ activation: 3 }, 'config/invalid'],
    [{ in_features: 0 }, 'config/out-of-range'],
    [{ in_features: null }, 'config/missing'],
  ])('refuses %j', (change, code) => {
    let found = 'no error';
    try {
      buildGraph(config(change));
    } catch (error) {
      found = error instanceof LabError ? error.code : String(error);
    }
    expect(found).toBe(code);
  });
});
