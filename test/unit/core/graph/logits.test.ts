import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGraph } from '../../../../src/core/graph/registry';
import { argmax, Decoder, goldenCase, goldenNames, maxDifference } from './checkpoint';

const TOLERANCE = 1e-4;

describe.each(goldenNames())('logits of %s against Python transformers', (name) => {
  const golden = goldenCase(name);
  const vocab = golden.config['vocab_size'] as number;
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await Decoder.create(buildGraph(golden.config), golden.weights);
  });
  afterAll(() => decoder.release());

  let at = 0;
  for (const batch of golden.batches) {
    const rows = batch.input_ids.length;
    const length = batch.input_ids[0]!.length;
    const prefill = golden.logits.subarray(at, (at += rows * length * vocab));
    const steps = golden.logits.subarray(at, (at += batch.tokens.length * rows * vocab));

    it(`batch of ${rows}: prefill and ${batch.tokens.length} decode steps`, async () => {
      const ours = await decoder.prefill(batch.input_ids, batch.attention_mask);
      const real = batch.attention_mask.flat();
      const positions = (logits: Float32Array) => logits.filter((_, i) => real[Math.floor(i / vocab)] === 1);
      const prefillDifference = maxDifference(positions(ours), positions(prefill));

      let last = lastPositions(ours, rows, vocab);
      let stepDifference = 0;
      for (const [step, tokens] of batch.tokens.entries()) {
        expect(last.map(argmax)).toEqual(tokens);
        const logits = await decoder.step(tokens);
        const expected = steps.subarray(step * rows * vocab, (step + 1) * rows * vocab);
        stepDifference = Math.max(stepDifference, maxDifference(logits, expected));
        last = lastPositions(logits, rows, vocab);
      }
      if (process.env['SHOW_DIFFERENCES']) console.log(name, rows, prefillDifference, stepDifference);
      expect(prefillDifference).toBeLessThanOrEqual(TOLERANCE);
      expect(stepDifference).toBeLessThanOrEqual(TOLERANCE);
    });
  }

  it('num_logits_to_keep gives the last positions only, with the same values', async () => {
    const [batch] = golden.batches;
    const all = await decoder.prefill(batch!.input_ids, batch!.attention_mask);
    const two = await decoder.prefill(batch!.input_ids, batch!.attention_mask, 2);
    expect(two.length).toBe(2 * vocab);
    expect(maxDifference(two, all.subarray(all.length - 2 * vocab))).toBeLessThanOrEqual(1e-5);
  });
});

describe('what the goldens can tell apart', () => {
  const prefillError = async (name: string, change: (config: Record<string, unknown>) => void, rows = 0) => {
    const golden = goldenCase(name);
    const config = structuredClone(golden.config);
    change(config);
    const decoder = await Decoder.create(buildGraph(config), golden.weights);
    const batch = golden.batches[rows]!;
    const ours = await decoder.prefill(batch.input_ids, batch.attention_mask);
    await decoder.release();
    return maxDifference(ours, golden.logits.subarray(0, ours.length));
  };

  it('is silent when nothing is changed', async () => {
    expect(await prefillError('llama-linear', () => {})).toBeLessThanOrEqual(TOLERANCE);
  });

  it.each(['llama-linear', 'llama-untied-bias-llama3'])(
    '%s: RoPE without its scaling is another model',
    async (name) => {
      const plain = (config: Record<string, unknown>) => {
        config['rope_parameters'] = { rope_type: 'default', rope_theta: 10_000 };
      };
      expect(await prefillError(name, plain)).toBeGreaterThan(0.1);
    },
  );

  it('attention and feed-forward biases matter', async () => {
    const without = (key: string) => (config: Record<string, unknown>) => void (config[key] = false);
    expect(await prefillError('llama-untied-bias-llama3', without('attention_bias'))).toBeGreaterThan(0.1);
    expect(await prefillError('llama-untied-bias-llama3', without('mlp_bias'))).toBeGreaterThan(0.1);
  });

  it('a tied head and an own head that is its copy are the same model', async () => {
    const golden = goldenCase('llama-tied');
    const [batch] = golden.batches;
    const weights = new Map(golden.weights);
    weights.set('lm_head.weight', weights.get('model.embed_tokens.weight')!);
    const decoder = await Decoder.create(buildGraph(golden.config, { lmHead: true }), weights);
    const ours = await decoder.prefill(batch!.input_ids, batch!.attention_mask);
    await decoder.release();
    expect(maxDifference(ours, golden.logits.subarray(0, ours.length))).toBeLessThanOrEqual(TOLERANCE);
  });

  it('what stands in the padding does not matter', async () => {
    const golden = goldenCase('qwen3');
    const batch = golden.batches[1]!;
    const decoder = await Decoder.create(buildGraph(golden.config), golden.weights);
    const first = await decoder.prefill(batch.input_ids, batch.attention_mask, 1);
    const noise = batch.input_ids.map((row, r) => row.map((id, i) => (batch.attention_mask[r]![i] ? id : 7 + i)));
    expect(noise).not.toEqual(batch.input_ids);
    const second = await decoder.prefill(noise, batch.attention_mask, 1);
    await decoder.release();
    expect(maxDifference(first, second)).toBe(0);
  });
});

describe('what transformers.js reads from a session', () => {
  it('names, types and symbolic dimensions of inputs and outputs', async () => {
    const golden = goldenCase('qwen3');
    const graph = buildGraph(golden.config);
    const decoder = await Decoder.create(graph, golden.weights);
    const { inputs, outputs } = decoder.metadata;
    await decoder.release();
    const cache = (prefix: string, dim: string) =>
      Object.fromEntries(
        [0, 1].flatMap((layer) =>
          ['key', 'value'].map((part) => [
            `${prefix}.${layer}.${part}`,
            { type: 'float32', shape: ['batch_size', graph.decoder!.kvHeads, dim, graph.decoder!.headDim] },
          ]),
        ),
      );
    expect(inputs).toEqual({
      input_ids: { type: 'int64', shape: ['batch_size', 'sequence_length'] },
      attention_mask: { type: 'int64', shape: ['batch_size', 'total_sequence_length'] },
      position_ids: { type: 'int64', shape: ['batch_size', 'sequence_length'] },
      num_logits_to_keep: { type: 'int64', shape: [] },
      ...cache('past_key_values', 'past_sequence_length'),
    });
    const present = cache('present', 'total_sequence_length');
    expect(Object.keys(outputs)).toEqual(['logits', ...Object.keys(present)]);
    // num_logits, because fewer positions than went in may come out.
    expect(outputs).toEqual({ logits: { type: 'float32', shape: ['batch_size', 'num_logits', 96] }, ...present });
  });
});

function lastPositions(logits: Float32Array, rows: number, vocab: number): Float32Array[] {
  const perRow = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => logits.subarray((row + 1) * perRow - vocab, (row + 1) * perRow));
}
