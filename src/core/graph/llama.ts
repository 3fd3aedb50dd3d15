import { unsupported, type RawConfig } from './config';
import { causal, lengthOf, layersOf, MASKED, OPSET } from './layers';
import { LLAMA_MEMBERS, readLlamaConfig, readScores } from './llama-config';
import type { LlamaConfig, Scores } from './llama-config';
import { GraphBuilder } from './onnx';
import { ropeTables } from './rope';
import type { Architecture, BuiltGraph, GraphPart, Mix } from './types';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const SCORE = 'score.weight';

/** Llama and the architectures that differ from it only in biases, head norms and defaults. */
export const llamaFamily: readonly Architecture[] = LLAMA_MEMBERS.map((member) => ({
  id: member.id,
  modelType: member.modelType,
  takes: 'text',
  expectedTensors: (config: RawConfig, options) => tensorShapes(readLlamaConfig(config, member, options), null),
  build: (config: RawConfig, options) => build(readLlamaConfig(config, member, options), null, options.mix),
}));

/** The same backbones with a head that scores a whole text: classifiers, and reward models where there is one label. */
export const llamaScorers: readonly Architecture[] = LLAMA_MEMBERS.map((member) => {
  const read = (config: RawConfig) => readLlamaConfig(config, member, { lmHead: false });
  return {
    id: member.id.replace('ForCausalLM', 'ForSequenceClassification'),
    modelType: member.modelType,
    takes: 'whole text',
    expectedTensors: (config: RawConfig) => tensorShapes(read(config), readScores(config)),
    build: (config: RawConfig, options) => build(read(config), readScores(config), options.mix),
  };
});

/**
 * The text half of a larger model, for transformers.js's sessions `embed_tokens` and `decoder_model_merged`.
 * @param config the larger model's `text_config`.
 * @param prefix what the tensor names of that half begin with.
 * @returns both graphs, the tensors they need by name with their shapes, and the width of an embedding.
 * @throws LabError config/...
 */
export function buildTextHalf(
  config: RawConfig,
  prefix: string,
  scores: Scores | null,
  mix?: Mix,
): { embeddings: GraphPart; text: BuiltGraph; shapes: Map<string, number[]>; width: number } {
  const member = LLAMA_MEMBERS.find(({ modelType }) => modelType === config['model_type']);
  const known = LLAMA_MEMBERS.map(({ modelType }) => modelType).join(', ');
  if (!member) throw unsupported('text_config.model_type', config['model_type'], known);
  const c = readLlamaConfig(config, member, scores ? { lmHead: false } : {});
  const g = new GraphBuilder(OPSET, mix);
  const named = within(prefix);
  const { weight } = layersOf(g, tensorShapes(c, scores), named);
  g.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  g.node('Gather', [weight(EMBEDDING), 'input_ids'], { axis: 0 }, 'inputs_embeds');
  g.output('inputs_embeds', 'float', ['batch_size', 'sequence_length', c.hiddenSize]);
  const shapes = new Map([...tensorShapes(c, scores)].map(([name, shape]) => [named(name), shape]));
  return {
    embeddings: { bytes: g.build('embeddings'), tensors: g.weights },
    text: build(c, scores, mix, named),
    shapes,
    width: c.hiddenSize,
  };
}

/** A larger model keeps its text half under a prefix; a head that scores is its own. */
const within =
  (prefix: string) =>
  (name: string): string =>
    name === SCORE ? name : prefix + name;

/**
 * Hugging Face names and [out, in] shapes, in the order in which the model computes.
 * @param scores what stands in the language head's place; null: nothing.
 */
function tensorShapes(c: LlamaConfig, scores: Scores | null): Map<string, number[]> {
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
  if (scores) shapes.set(SCORE, [scores.labels, c.hiddenSize]);
  if (c.lmHead) shapes.set(HEAD, [c.vocabSize, c.hiddenSize]);
  return shapes;
}

/**
 * The decoder as transformers computes it (modeling_llama.py, modeling_mistral.py, modeling_qwen2.py, modeling_qwen3.py
 * of 5.24). Inputs and outputs carry the names and symbolic dimensions transformers.js expects of a decoder.
 * Activations are 2-D, [batch_size * sequence_length, width], except around attention.
 * @param scores the head of a classifier, which reads a text at once and keeps no cache; null: the language head.
 * @param named how the model calls a tensor that this is the text half of; it is then given embeddings,
 * `inputs_embeds`, instead of token ids. null: it is the whole model.
 */
function build(
  c: LlamaConfig,
  scores: Scores | null,
  mix?: Mix,
  named: ((name: string) => string) | null = null,
): BuiltGraph {
  const g = new GraphBuilder(OPSET, mix);
  const shapes = tensorShapes(c, scores);
  const { weight, project, flatten } = layersOf(g, shapes, named ?? undefined);

  const given =
    named === null
      ? g.input('input_ids', 'int64', ['batch_size', 'sequence_length'])
      : g.input('inputs_embeds', 'float', ['batch_size', 'sequence_length', c.hiddenSize]);
  g.input('attention_mask', 'int64', ['batch_size', scores ? 'sequence_length' : 'total_sequence_length']);
  if (!scores) {
    g.input('position_ids', 'int64', ['batch_size', 'sequence_length']);
    g.input('num_logits_to_keep', 'int64', []);
  }
  for (let layer = 0; !scores && layer < c.numLayers; layer++) {
    for (const part of ['key', 'value']) {
      const dims = ['batch_size', c.kvHeads, 'past_sequence_length', c.headDim];
      g.input(`past_key_values.${layer}.${part}`, 'float', dims);
    }
  }

  const norm = (x: string, name: string) =>
    g.node('RMSNormalization', [x, weight(name)], { axis: -1, epsilon: { float: c.rmsNormEps } });

  const tables = ropeTables(c.rope, c.headDim, c.maxPositions);
  const tableShape = [c.maxPositions, c.headDim / 2];
  const cos = g.constant('rope_cos', tableShape, tables.cos);
  const sin = g.constant('rope_sin', tableShape, tables.sin);
  const positions = scores ? countedPositions(g) : 'position_ids';
  const rotate = (x: string, heads: number) =>
    g.node('RotaryEmbedding', [x, cos, sin, positions], { num_heads: heads, interleaved: 0 });

  const inputShape = g.node('Shape', [given], { end: 2 });
  const sequenceShape = g.node('Concat', [inputShape, g.ints(-1)], { axis: 0 });
  const unflatten = (x: string) => g.node('Reshape', [x, sequenceShape]);
  const headNorm = (x: string, name: string) => (shapes.has(name) ? norm(flatten(x, c.headDim), name) : x);

  const mask = attentionMask(g, given);
  const attend = (x: string, layer: number) => {
    const at = `model.layers.${layer}.self_attn`;
    const q = unflatten(headNorm(project(x, `${at}.q_proj.weight`), `${at}.q_norm.weight`));
    const k = unflatten(headNorm(project(x, `${at}.k_proj.weight`), `${at}.k_norm.weight`));
    const v = unflatten(project(x, `${at}.v_proj.weight`));
    const cache = (name: string) => (scores ? [] : [`${name}.${layer}.key`, `${name}.${layer}.value`]);
    const attended = g.node(
      'Attention',
      [rotate(q, c.numHeads), rotate(k, c.kvHeads), v, mask, ...cache('past_key_values')],
      { q_num_heads: c.numHeads, kv_num_heads: c.kvHeads, scale: { float: 1 / Math.sqrt(c.headDim) } },
      `attention_${layer}`,
      cache('present'),
    );
    return project(flatten(attended, c.numHeads * c.headDim), `${at}.o_proj.weight`);
  };
  const feedForward = (x: string, layer: number) => {
    const at = `model.layers.${layer}.mlp`;
    const gate = project(x, `${at}.gate_proj.weight`);
    const silu = g.node('Mul', [gate, g.node('Sigmoid', [gate])]);
    return project(g.node('Mul', [silu, project(x, `${at}.up_proj.weight`)]), `${at}.down_proj.weight`);
  };

  const embedded = named === null ? g.node('Gather', [weight(EMBEDDING), given], { axis: 0 }) : given;
  let x = flatten(embedded, c.hiddenSize);
  for (let layer = 0; layer < c.numLayers; layer++) {
    const at = `model.layers.${layer}`;
    x = g.node('Add', [x, attend(norm(x, `${at}.input_layernorm.weight`), layer)]);
    x = g.node('Add', [x, feedForward(norm(x, `${at}.post_attention_layernorm.weight`), layer)]);
  }

  if (scores) {
    const last = g.node('Gather', [x, lastPositions(g, named === null ? scores.padId : null)], { axis: 0 });
    project(norm(last, 'model.norm.weight'), SCORE, 'logits');
    g.output('logits', 'float', ['batch_size', scores.labels]);
    return { bytes: g.build('llama_scores'), tensors: g.weights, decoder: null };
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
function attentionMask(g: GraphBuilder, given: string): string {
  const total = lengthOf(g, 'attention_mask', 1);
  const past = g.node('Sub', [total, lengthOf(g, given, 1)]);
  const real = g.node('Greater', [g.node('Unsqueeze', ['attention_mask', g.ints(1, 2)]), g.int(0)]);
  return g.node('Where', [g.node('And', [causal(g, past, total), real]), g.float(0), g.float(MASKED)]);
}

/** 0, 1, 2, ... for every row, padding included, as transformers counts where nobody gives positions. */
function countedPositions(g: GraphBuilder): string {
  const row = g.node('Range', [g.int(0), lengthOf(g, 'attention_mask', 1), g.int(1)]);
  return g.node('Expand', [row, g.node('Shape', ['attention_mask'])]);
}

/**
 * Where each text is scored, as rows of the flat activations, [batch_size]: its rightmost token that is not padding, as
 * GenericForSequenceClassification of transformers 5.24 finds it. Without a padding token, or token ids, the rightmost the mask keeps.
 */
function lastPositions(g: GraphBuilder, padId: number | null): string {
  const length = lengthOf(g, 'attention_mask', 1);
  const padding = padId === null ? ['attention_mask', g.int(0)] : ['input_ids', g.int(padId)];
  const row = g.node('Range', [g.int(0), length, g.int(1)]);
  const real = g.node('Where', [g.node('Equal', padding), g.int(0), row]);
  const last = g.node('ReduceMax', [real, g.ints(1)], { keepdims: 0 });
  const rows = g.node('Range', [g.int(0), lengthOf(g, 'attention_mask', 0), g.int(1)]);
  return g.node('Add', [last, g.node('Mul', [rows, length])]);
}
