import type { RawConfig } from './config';
import { LLAMA_MEMBERS, readLlamaConfig } from './llama-config';
import type { LlamaConfig } from './llama-config';
import { GraphBuilder } from './onnx';
import { ropeTables } from './rope';
import type { Architecture, BuiltGraph, Mix } from './types';

/** First operator set with RMSNormalization, RotaryEmbedding and Attention. */
const OPSET = 23;
/** Added to the score of a key that must not be seen. Finite, so that a row with nothing to see gives no NaN. */
const MASKED = -3.4028234663852886e38;
const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

/** Llama and the architectures that differ from it only in biases, head norms and defaults. */
export const llamaFamily: readonly Architecture[] = LLAMA_MEMBERS.map((member) => ({
  id: member.id,
  modelType: member.modelType,
  takes: 'text',
  expectedTensors: (config: RawConfig, options) => tensorShapes(readLlamaConfig(config, member, options)),
  build: (config: RawConfig, options) => build(readLlamaConfig(config, member, options), options.mix),
}));

/** Hugging Face names and [out, in] shapes, in the order in which the model computes. */
function tensorShapes(c: LlamaConfig): Map<string, number[]> {
  const queryWidth = c.numHeads * c.headDim;
  const kvWidth = c.kvHeads * c.headDim;
  const shapes = new Map<string, number[]>([[EMBEDDING, [c.vocabSize, c.hiddenSize]]]);
  const linear = (name: string, out: number, into: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [out, into]);
    if (bias) shapes.set(`${name}.bias`, [out]);
  };
  for (let layer = 0; layer < c.numLayers; layer++) {
    const at = `model.layers.${layer}`;
    shapes.set(`${at}.input_layernorm.weight`, [c.hiddenSize]);
    linear(`${at}.self_attn.q_proj`, queryWidth, c.hiddenSize, c.qkvBias);
    linear(`${at}.self_attn.k_proj`, kvWidth, c.hiddenSize, c.qkvBias);
    linear(`${at}.self_attn.v_proj`, kvWidth, c.hiddenSize, c.qkvBias);
    linear(`${at}.self_attn.o_proj`, c.hiddenSize, queryWidth, c.outBias);
    if (c.qkNorm) {
      shapes.set(`${at}.self_attn.q_norm.weight`, [c.headDim]);
      shapes.set(`${at}.self_attn.k_norm.weight`, [c.headDim]);
    }
    shapes.set(`${at}.post_attention_layernorm.weight`, [c.hiddenSize]);
    linear(`${at}.mlp.gate_proj`, c.intermediateSize, c.hiddenSize, c.mlpBias);
    linear(`${at}.mlp.up_proj`, c.intermediateSize, c.hiddenSize, c.mlpBias);
    linear(`${at}.mlp.down_proj`, c.hiddenSize, c.intermediateSize, c.mlpBias);
  }
  shapes.set('model.norm.weight', [c.hiddenSize]);
  if (c.lmHead) shapes.set(HEAD, [c.vocabSize, c.hiddenSize]);
  return shapes;
}

/**
 * The decoder as transformers computes it (modeling_llama.py, modeling_mistral.py, modeling_qwen2.py, modeling_qwen3.py
 * of 5.24). Inputs and outputs carry the names and symbolic dimensions transformers.js expects of a decoder.
 *
 * Activations are 2-D, [batch_size * sequence_length, width], except around attention: a weight as Hugging Face stores
 * it, [out, in], then goes straight into Gemm with transB, which adds the bias as well and needs no graph optimiser.
 */
function build(c: LlamaConfig, mix?: Mix): BuiltGraph {
  const g = new GraphBuilder(OPSET, mix);
  const shapes = tensorShapes(c);

  g.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  g.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  g.input('position_ids', 'int64', ['batch_size', 'sequence_length']);
  g.input('num_logits_to_keep', 'int64', []);
  for (let layer = 0; layer < c.numLayers; layer++) {
    for (const part of ['key', 'value']) {
      const dims = ['batch_size', c.kvHeads, 'past_sequence_length', c.headDim];
      g.input(`past_key_values.${layer}.${part}`, 'float', dims);
    }
  }

  const weight = (name: string) => {
    const shape = shapes.get(name);
    if (!shape) throw new Error(`graph/llama: ${name} is not a tensor of this config`);
    return g.weight(name, shape);
  };
  const project = (x: string, weightName: string, output?: string) => {
    const bias = weightName.replace(/weight$/, 'bias');
    const inputs = [x, weight(weightName), ...(shapes.has(bias) ? [weight(bias)] : [])];
    return g.node('Gemm', inputs, { transB: 1 }, output);
  };
  const norm = (x: string, name: string) =>
    g.node('RMSNormalization', [x, weight(name)], { axis: -1, epsilon: { float: c.rmsNormEps } });
  const flatten = (x: string, width: number) => g.node('Reshape', [x, g.ints(-1, width)]);

  const tables = ropeTables(c.rope, c.headDim, c.maxPositions);
  const tableShape = [c.maxPositions, c.headDim / 2];
  const cos = g.constant('rope_cos', tableShape, tables.cos);
  const sin = g.constant('rope_sin', tableShape, tables.sin);
  const rotate = (x: string, heads: number) =>
    g.node('RotaryEmbedding', [x, cos, sin, 'position_ids'], { num_heads: heads, interleaved: 0 });

  const inputShape = g.node('Shape', ['input_ids']);
  const sequenceShape = g.node('Concat', [inputShape, g.ints(-1)], { axis: 0 });
  const unflatten = (x: string) => g.node('Reshape', [x, sequenceShape]);
  const headNorm = (x: string, name: string) => (shapes.has(name) ? norm(flatten(x, c.headDim), name) : x);

  const mask = attentionMask(g);
  const attend = (x: string, layer: number) => {
    const at = `model.layers.${layer}.self_attn`;
    const q = unflatten(headNorm(project(x, `${at}.q_proj.weight`), `${at}.q_norm.weight`));
    const k = unflatten(headNorm(project(x, `${at}.k_proj.weight`), `${at}.k_norm.weight`));
    const v = unflatten(project(x, `${at}.v_proj.weight`));
    const past = [`past_key_values.${layer}.key`, `past_key_values.${layer}.value`];
    const present = [`present.${layer}.key`, `present.${layer}.value`];
    const attended = g.node(
      'Attention',
      [rotate(q, c.numHeads), rotate(k, c.kvHeads), v, mask, ...past],
      { q_num_heads: c.numHeads, kv_num_heads: c.kvHeads, scale: { float: 1 / Math.sqrt(c.headDim) } },
      `attention_${layer}`,
      present,
    );
    return project(flatten(attended, c.numHeads * c.headDim), `${at}.o_proj.weight`);
  };
  const feedForward = (x: string, layer: number) => {
    const at = `model.layers.${layer}.mlp`;
    const gate = project(x, `${at}.gate_proj.weight`);
    const silu = g.node('Mul', [gate, g.node('Sigmoid', [gate])]);
    return project(g.node('Mul', [silu, project(x, `${at}.up_proj.weight`)]), `${at}.down_proj.weight`);
  };

  let x = flatten(g.node('Gather', [weight(EMBEDDING), 'input_ids'], { axis: 0 }), c.hiddenSize);
  for (let layer = 0; layer < c.numLayers; layer++) {
    const at = `model.layers.${layer}`;
    x = g.node('Add', [x, attend(norm(x, `${at}.input_layernorm.weight`), layer)]);
    x = g.node('Add', [x, feedForward(norm(x, `${at}.post_attention_layernorm.weight`), layer)]);
  }

  // The vocabulary is by far the widest layer, so the positions nobody asked for are cut off before it. Keeping 0 means
  // keeping all: a slice from -0.
  const first = g.node('Reshape', [g.node('Neg', ['num_logits_to_keep']), g.ints(1)]);
  const kept = g.node('Slice', [unflatten(x), first, g.ints(Number.MAX_SAFE_INTEGER), g.ints(1)]);
  const keptShape = g.node('Concat', [g.node('Shape', [kept], { end: 2 }), g.ints(c.vocabSize)], { axis: 0 });
  const normed = norm(flatten(kept, c.hiddenSize), 'model.norm.weight');
  g.node('Reshape', [project(normed, c.lmHead ? HEAD : EMBEDDING), keptShape], {}, 'logits');
  g.output('logits', 'float', ['batch_size', 'num_logits', c.vocabSize]);
  for (let layer = 0; layer < c.numLayers; layer++) {
    for (const part of ['key', 'value']) {
      const dims = ['batch_size', c.kvHeads, 'total_sequence_length', c.headDim];
      g.output(`present.${layer}.${part}`, 'float', dims);
    }
  }
  return {
    bytes: g.build('llama'),
    tensors: g.weights,
    decoder: { maxPositions: c.maxPositions, numLayers: c.numLayers, kvHeads: c.kvHeads, headDim: c.headDim },
  };
}

/**
 * Additive mask [batch_size, 1, sequence_length, total_sequence_length]: 0 where a query may see a key. Explicit rather
 * than the operator's is_causal, which knows nothing of left padding and counts queries from 0, not from the past.
 */
function attentionMask(g: GraphBuilder): string {
  const length = (x: string) => g.node('Squeeze', [g.node('Shape', [x], { start: 1, end: 2 })]);
  const total = length('attention_mask');
  const past = g.node('Sub', [total, length('input_ids')]);
  const keys = g.node('Range', [g.int(0), total, g.int(1)]);
  const queries = g.node('Unsqueeze', [g.node('Range', [past, total, g.int(1)]), g.ints(1)]);
  const causal = g.node('LessOrEqual', [keys, queries]);
  const real = g.node('Greater', [g.node('Unsqueeze', ['attention_mask', g.ints(1, 2)]), g.int(0)]);
  return g.node('Where', [g.node('And', [causal, real]), g.float(0), g.float(MASKED)]);
}
