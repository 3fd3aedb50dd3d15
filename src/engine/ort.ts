import * as ort from 'onnxruntime-web/wasm';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { LabError, messageOf } from '../core/errors';
import type { GraphPart } from '../core/graph/types';

// Must be set before transformers.js is imported: on import it writes a CDN address where it finds none.
ort.env.wasm.wasmPaths = { wasm: wasmUrl };
ort.env.wasm.numThreads = 1;

export type Session = ort.InferenceSession;

/** A 1-D float32 tensor. */
export const floats = (values: Float32Array): ort.Tensor => new ort.Tensor('float32', values, [values.length]);

/**
 * An ORT session over a graph whose weights are given by name. ORT copies them, so the buffers are free afterwards.
 * @param tensors float32 tensors by Hugging Face name; more than the graph needs is fine.
 * @throws LabError `model/missing-tensor`, `model/session`.
 */
export async function createSession(graph: GraphPart, tensors: ReadonlyMap<string, Float32Array>): Promise<Session> {
  const externalData = graph.tensors.map((name) => {
    const data = tensors.get(name);
    if (!data)
      throw new LabError(
        'model/missing-tensor',
        `The config asks for the tensor ${name}, which the checkpoint does not have. Use the config.json that belongs to these weights.`,
        {
          tensor: name,
        },
      );
    return { path: name, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  });
  try {
    return await ort.InferenceSession.create(graph.bytes, {
      executionProviders: ['wasm'],
      externalData,
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new LabError(
      'model/session',
      `The model could not be started (${messageOf(error)}). Its weights and its config do not fit together, or memory ran out.`,
      {
        detail: messageOf(error),
      },
    );
  }
}
