import * as ort from 'onnxruntime-web/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGraph, expectedTensors } from '../../../../src/core/graph/registry';
import { argmax, goldenFloats, goldenNames, goldenCase, maxDifference, refusal, sessionOf } from './checkpoint';

const TOLERANCE = 1e-4;
const NAMES = goldenNames(/^Whisper/);

/** Reads a list of values part by part. */
function reader(values: Float32Array): (length: number) => Float32Array {
  let at = 0;
  return (length) => values.subarray(at, (at += length));
}

describe.each(NAMES)('%s against Python transformers', (name) => {
  const golden = goldenCase(name);
  const config = golden.config as Record<string, number>;
  const [width, positions, vocab] = [config['d_model']!, config['max_source_positions']!, config['vocab_size']!];
  const graph = buildGraph(golden.config);
  const { numLayers, kvHeads, headDim, maxPositions } = graph.decoder!;
  const features = reader(goldenFloats(name, 'features'));
  const next = reader(golden.logits);
  let encoder: ort.InferenceSession;
  let decoder: ort.InferenceSession;
  beforeAll(async () => {
    encoder = await sessionOf(graph.encoder!, golden.weights);
    decoder = await sessionOf(graph, golden.weights);
  });
  afterAll(async () => {
    await encoder.release();
    await decoder.release();
  });

  const emptyCache = (rows: number): Record<string, ort.Tensor> =>
    Object.fromEntries(
      decoder.inputNames
        .filter((input) => input.startsWith('past_key_values'))
        .map((input) => [input, new ort.Tensor('float32', new Float32Array(0), [rows, kvHeads, 0, headDim])]),
    );
  const ids = (rows: number[][]) =>
    new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

  for (const batch of golden.batches) {
    const rows = batch.input_ids.length;
    const mel = config['num_mel_bins']!;
    const sound = features(rows * mel * 2 * positions);
    const hidden = next(rows * positions * width);
    const prefill = next(rows * batch.input_ids[0]!.length * vocab);
    const steps = batch.tokens.map(() => next(rows * vocab));

    it(`batch of ${rows}: encoder, prompt and ${batch.tokens.length} steps through both caches`, async () => {
      const input_features = new ort.Tensor('float32', sound, [rows, mel, 2 * positions]);
      const { last_hidden_state } = await encoder.run({ input_features });
      expect(last_hidden_state!.dims).toEqual([rows, positions, width]);
      const differences = [maxDifference(last_hidden_state!.data as Float32Array, hidden)];

      let past = emptyCache(rows);
      const run = async (tokens: number[][], heard: ort.Tensor) => {
        const out = await decoder.run({ input_ids: ids(tokens), encoder_hidden_states: heard, ...past });
        past = Object.fromEntries(
          Object.keys(past).map((cache) => [cache, out[cache.replace('past_key_values', 'present')]!]),
        );
        return out['logits']!.data as Float32Array;
      };
      let logits = await run(batch.input_ids, last_hidden_state!);
      differences.push(maxDifference(logits, prefill));
      for (const [step, tokens] of batch.tokens.entries()) {
        const row = logits.length / rows;
        const last = tokens.map((_, r) => logits.subarray((r + 1) * row - vocab, (r + 1) * row));
        expect(last.map(argmax)).toEqual(tokens);
        // From here on the sound is known from the cache alone: what stands there must not matter.
        const noise = new ort.Tensor('float32', new Float32Array(hidden.length).fill(9), last_hidden_state!.dims);
        logits = await run(
          tokens.map((token) => [token]),
          noise,
        );
        differences.push(maxDifference(logits, steps[step]!));
      }
      if (process.env['SHOW_DIFFERENCES']) console.log(name, rows, differences);
      expect(Math.max(...differences)).toBeLessThanOrEqual(TOLERANCE);
      expect(past['past_key_values.0.encoder.key']!.dims).toEqual([rows, kvHeads, positions, headDim]);
    });
  }

  it('the tensors are those Python transformers saved', () => {
    const saved = [...golden.weights].map(([tensor, { shape }]) => [tensor, shape] as const);
    expect(new Map([...expectedTensors(golden.config)].sort())).toEqual(new Map([...saved].sort()));
    expect([...graph.tensors, ...graph.encoder!.tensors].sort()).toEqual([...golden.weights.keys()].sort());
  });

  it('names, types and symbolic dimensions are those transformers.js reads', () => {
    const shapes = (values: readonly ort.InferenceSession.ValueMetadata[]) =>
      Object.fromEntries(values.map((value) => [value.name, value.isTensor ? value.shape : null]));
    const cache = (prefix: string, decoderLength: string) =>
      Object.fromEntries(
        Array.from({ length: numLayers }, (_, layer) => layer).flatMap((layer) =>
          ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => {
            const length = part.startsWith('decoder') ? decoderLength : 'encoder_sequence_length_out';
            return [`${prefix}.${layer}.${part}`, ['batch_size', kvHeads, length, headDim]];
          }),
        ),
      );
    expect(shapes(encoder.inputMetadata)).toEqual({ input_features: ['batch_size', 12, 2 * positions] });
    expect(shapes(encoder.outputMetadata)).toEqual({ last_hidden_state: ['batch_size', positions, width] });
    expect(shapes(decoder.inputMetadata)).toEqual({
      input_ids: ['batch_size', 'decoder_sequence_length'],
      encoder_hidden_states: ['batch_size', 'encoder_sequence_length', width],
      ...cache('past_key_values', 'past_decoder_sequence_length'),
    });
    expect(shapes(decoder.outputMetadata)).toEqual({
      logits: ['batch_size', 'decoder_sequence_length', vocab],
      ...cache('present', 'total_decoder_sequence_length'),
    });
  });

  it('a position beyond the table fails', async () => {
    const heard = new ort.Tensor('float32', new Float32Array(positions * width), [1, positions, width]);
    const ask = (length: number) =>
      decoder.run({
        input_ids: ids([Array.from({ length }, () => 5)]),
        encoder_hidden_states: heard,
        ...emptyCache(1),
      });
    expect((await ask(maxPositions))['logits']!.dims).toEqual([1, maxPositions, vocab]);
    await expect(ask(maxPositions + 1)).rejects.toThrow();
  });
});

describe('what is refused', () => {
  const refused = (change: Record<string, unknown>) =>
    refusal(() => buildGraph({ ...goldenCase('whisper-tied').config, ...change }));
  it.each<[what: string, change: Record<string, unknown>, code: string, params: Record<string, unknown>]>([
    ['another activation', { activation_function: 'relu' }, 'config/unsupported', { key: 'activation_function' }],
    ['heads that do not divide the width', { decoder_attention_heads: 5 }, 'config/inconsistent', { otherFound: 5 }],
    ['no layers', { encoder_layers: 0 }, 'config/out-of-range', { key: 'encoder_layers' }],
    ['a size that is a text', { d_model: '32' }, 'config/invalid', { key: 'd_model' }],
    ['quantised weights', { quantization_config: { quant_method: 'gptq' } }, 'config/quantized', {}],
    ['another model type', { model_type: 'llama' }, 'config/model-type', { expected: 'whisper' }],
  ])('%s', (_, change, code, params) => {
    const error = refused(change);
    expect(error.code).toBe(code);
    expect(error.params).toMatchObject(params);
  });
});
