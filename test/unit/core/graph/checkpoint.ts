import { readdirSync, readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web/wasm';
import { LabError } from '../../../../src/core/errors';
import type { BuiltGraph, GraphPart } from '../../../../src/core/graph/types';

ort.env.wasm.numThreads = 1;

/** The seeded checkpoints and reference values that training/goldens_graph.py and goldens_speech_graph.py wrote. */
const GOLDEN = new URL('../../../golden/graph/', import.meta.url);

export interface Batch {
  input_ids: number[][];
  attention_mask: number[][];
  /** Greedy tokens, one list over the batch per decode step. */
  tokens: number[][];
}

export interface GoldenCase {
  name: string;
  config: Record<string, unknown>;
  weights: Map<string, { shape: number[]; data: Float32Array }>;
  batches: Batch[];
  inverseFrequencies: number[];
  /** All reference logits, in the order of the batches: prefill, then steps. */
  logits: Float32Array;
}

/** @param architecture which cases; without it those that write text from text. */
export function goldenNames(architecture = /ForCausalLM$/): string[] {
  return readdirSync(GOLDEN)
    .filter((name) => architecture.test((json(name, 'config.json') as { architectures: [string] }).architectures[0]))
    .sort();
}

const bytes = (name: string, file: string) => new Uint8Array(readFileSync(new URL(`${name}/${file}`, GOLDEN))).slice();
const json = (name: string, file: string) => JSON.parse(new TextDecoder().decode(bytes(name, file)));

/** A case's list of float32 values. */
export function goldenFloats(name: string, list: string): Float32Array {
  return new Float32Array(bytes(name, `${list}.f32`).buffer);
}

/** The token ids a case with pictures is asked with. */
export function goldenIds(name: string): number[][] {
  return json(name, 'reference.json').input_ids;
}

export function goldenCase(name: string): GoldenCase {
  const reference = json(name, 'reference.json');
  return {
    name,
    config: json(name, 'config.json'),
    weights: float32Tensors(bytes(name, 'model.safetensors')),
    batches: reference.batches,
    inverseFrequencies: reference.inverse_frequencies,
    logits: goldenFloats(name, 'logits'),
  };
}

/** Just enough of safetensors for goldens, so that a graph test does not fail for a reader's mistake. */
function float32Tensors(file: Uint8Array<ArrayBuffer>): GoldenCase['weights'] {
  const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  delete header.__metadata__;
  const tensors: GoldenCase['weights'] = new Map();
  for (const [name, info] of Object.entries<{ shape: number[]; data_offsets: [number, number] }>(header)) {
    const [begin, end] = info.data_offsets;
    tensors.set(name, { shape: info.shape, data: new Float32Array(file.slice(start + begin, start + end).buffer) });
  }
  return tensors;
}

/** Graph optimisation is off, as in the product: the graph must not need it. */
export function sessionOf(graph: GraphPart, weights: GoldenCase['weights']): Promise<ort.InferenceSession> {
  const externalData = graph.tensors.map((path) => {
    const tensor = weights.get(path);
    if (!tensor) throw new Error(`the checkpoint has no ${path}`);
    return { path, data: new Uint8Array(tensor.data.buffer) };
  });
  const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'disabled' as const, externalData };
  return ort.InferenceSession.create(graph.bytes, options);
}

/** A session that keeps its own cache between calls. */
export class Decoder {
  /** Further inputs of the graph, given at every run. */
  extra: Record<string, ort.Tensor> = {};
  private past: Record<string, ort.Tensor> = {};
  private mask: number[][] = [];

  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly graph: BuiltGraph,
  ) {}

  static async create(graph: BuiltGraph, weights: GoldenCase['weights']): Promise<Decoder> {
    return new Decoder(await sessionOf(graph, weights), graph);
  }

  /** Type and shape of every input and output, in order. */
  get metadata(): { inputs: Record<string, object>; outputs: Record<string, object> } {
    const byName = (values: readonly ort.InferenceSession.ValueMetadata[]) =>
      Object.fromEntries(
        values.map((value) => [value.name, value.isTensor ? { type: value.type, shape: value.shape } : {}]),
      );
    return { inputs: byName(this.session.inputMetadata), outputs: byName(this.session.outputMetadata) };
  }

  /** Starts a new text. Rows are left-padded where the mask is 0. */
  async prefill(ids: number[][], mask: number[][], keep = 0): Promise<Float32Array> {
    this.past = {};
    for (let layer = 0; layer < this.graph.decoder!.numLayers; layer++) {
      for (const part of ['key', 'value']) {
        const dims = [ids.length, this.graph.decoder!.kvHeads, 0, this.graph.decoder!.headDim];
        this.past[`past_key_values.${layer}.${part}`] = new ort.Tensor('float32', new Float32Array(0), dims);
      }
    }
    this.mask = mask.map((row) => [...row]);
    const positions = mask.map((row) => {
      let seen = 0;
      return row.map((real) => (real ? seen++ : 1));
    });
    return this.run(ids, positions, keep);
  }

  /** One more token per row. */
  async step(tokens: number[]): Promise<Float32Array> {
    for (const row of this.mask) row.push(1);
    const positions = this.mask.map((row) => [row.reduce((sum, real) => sum + real, 0) - 1]);
    return this.run(
      tokens.map((token) => [token]),
      positions,
      1,
    );
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private async run(ids: number[][], positions: number[][], keep: number): Promise<Float32Array> {
    const outputs = await this.session.run({
      input_ids: int64(ids),
      attention_mask: int64(this.mask),
      position_ids: int64(positions),
      num_logits_to_keep: new ort.Tensor('int64', [BigInt(keep)], []),
      ...this.past,
      ...this.extra,
    });
    for (const name of Object.keys(this.past)) {
      const present = outputs[name.replace('past_key_values', 'present')];
      if (!present) throw new Error(`no present output for ${name}`);
      this.past[name] = present;
    }
    return outputs['logits']!.data as Float32Array;
  }
}

function int64(rows: number[][]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(rows.flat().map(BigInt)), [rows.length, rows[0]!.length]);
}

/** Largest distance between two lists of equal length; Infinity where one has a value that is not a number. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}

export function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

/** @returns the LabError that `run` must throw. */
export function refusal(run: () => unknown): LabError {
  try {
    run();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
