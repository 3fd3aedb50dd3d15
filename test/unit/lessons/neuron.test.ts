import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../../src/core/graph/registry';
import { isRight, type NeuronExample } from '../../../src/core/probe/numeric';
import type { PortMessage } from '../../../src/engine/api';
import { MergeEngine } from '../../../src/engine/merge-engine';
import { neuron } from '../../../src/lessons/neuron/lesson';
import { neuronFiles } from '../../../src/state/neuron-files';

ort.env.wasm.numThreads = 1;

const [different, same] = neuron.neurons as [NeuronExample, NeuronExample];
const engine = new MergeEngine(() => undefined);

/** What the merge worker sends to the infer worker. */
async function stream(example: NeuronExample, target: string): Promise<{ weights: Float32Array; outputs: number[] }> {
  const { port1, port2 } = new MessageChannel();
  const received = new Promise<{ weights: Float32Array<ArrayBuffer>; config: Record<string, unknown>; text: unknown }>(
    (resolve, reject) => {
      let weights = new Float32Array(0);
      port2.onmessage = ({ data }: MessageEvent<PortMessage>) => {
        if (data.type === 'tensor') weights = data.data;
        else if (data.type === 'end') resolve({ weights, config: data.spec.config, text: data.spec.text });
        else reject(new Error(data.error.message));
      };
    },
  );
  await engine.stream(1, example.recipe, target, port1);
  const { weights, config, text } = await received;
  port1.close();
  expect(text).toBeNull();
  const data = new Uint8Array(weights.slice().buffer);
  const session = await ort.InferenceSession.create(buildGraph(config).bytes, {
    externalData: [{ path: 'weight', data }],
  });
  const rows = example.tasks.map(({ inputs }) => inputs);
  const inputs = new ort.Tensor('float32', Float32Array.from(rows.flat()), [rows.length, weights.length]);
  const { output } = await session.run({ inputs });
  await session.release();
  return { weights, outputs: [...(output!.data as Float32Array)] };
}

describe.each([different, same])('the neuron lesson, $id', (example) => {
  test('its sources are the fingerprints of its weights', async () => {
    for (const [alias, weights] of Object.entries(example.weights)) {
      const { src } = await engine.addFiles(1, alias, neuronFiles(alias, weights));
      expect(example.recipe.models[alias]?.src, alias).toBe(src);
    }
    expect(Object.keys(example.recipe.models)).toEqual(Object.keys(example.weights));
  });

  test('every parent is right on its own task only, and the base on none', async () => {
    for (const alias of Object.keys(example.weights)) {
      const { outputs } = await stream(example, alias);
      const right = example.tasks.filter(({ target }, i) => isRight(outputs[i]!, target)).map(({ owner }) => owner);
      expect(right, alias).toEqual(alias === 'theta' ? [] : [alias]);
    }
  });

  test('merged is right on both tasks where they change different weights, and on none where they change the same', async () => {
    const { weights, outputs } = await stream(example, 'merged');
    expect([...weights]).toEqual(example === different ? [3, 2, -2] : [4, 2, -1]);
    const verdicts = example.tasks.map(({ target }, i) => isRight(outputs[i]!, target));
    expect(verdicts).toEqual(example.tasks.map(() => example === different));
  });
});
