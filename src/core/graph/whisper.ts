import type { RawConfig } from './config';
import { causal, lengthOf, layersOf, MASKED, OPSET, type Layers } from './layers';
import { GraphBuilder } from './onnx';
import type { Architecture, BuiltGraph, GraphPart, Mix } from './types';
import { readWhisperConfig, type WhisperConfig, type WhisperStack } from './whisper-config';

/** nn.LayerNorm's own, which no config changes. */
const EPSILON = 1e-5;
const ENCODER = 'model.encoder';
const DECODER = 'model.decoder';
const EMBEDDING = `${DECODER}.embed_tokens.weight`;
const HEAD = 'proj_out.weight';
/** Width of both convolutions over time; the second takes every other frame. */
const KERNEL = 3;
const STRIDE = 2;
const CACHES = ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'] as const;

/** Whisper: an encoder of log-mel frames and a decoder that writes what was said. */
export const whisper: Architecture = {
  id: 'WhisperForConditionalGeneration',
  modelType: 'whisper',
  takes: 'sound',
  expectedTensors: (config: RawConfig, options) => tensorShapes(readWhisperConfig(config, options)),
  build: (config: RawConfig, options) => build(readWhisperConfig(config, options), options.mix),
};

/** Hugging Face names and [out, in] shapes, in the order in which the model computes. */
function tensorShapes(c: WhisperConfig): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const both = (name: string, out: number, ...into: number[]) =>
    shapes.set(`${name}.weight`, [out, ...into]).set(`${name}.bias`, [out]);
  const attention = (name: string) => {
    both(`${name}.q_proj`, c.width, c.width);
    // Keys have no bias: it would add the same to every score of a query.
    shapes.set(`${name}.k_proj.weight`, [c.width, c.width]);
    both(`${name}.v_proj`, c.width, c.width);
    both(`${name}.out_proj`, c.width, c.width);
    both(`${name}_layer_norm`, c.width);
  };
  const feedForward = (at: string, stack: WhisperStack) => {
    both(`${at}.fc1`, stack.feedForward, c.width);
    both(`${at}.fc2`, c.width, stack.feedForward);
    both(`${at}.final_layer_norm`, c.width);
  };
  both(`${ENCODER}.conv1`, c.width, c.melBins, KERNEL);
  both(`${ENCODER}.conv2`, c.width, c.width, KERNEL);
  shapes.set(`${ENCODER}.embed_positions.weight`, [c.encoder.positions, c.width]);
  for (let layer = 0; layer < c.encoder.layers; layer++) {
    attention(`${ENCODER}.layers.${layer}.self_attn`);
    feedForward(`${ENCODER}.layers.${layer}`, c.encoder);
  }
  both(`${ENCODER}.layer_norm`, c.width);
  shapes.set(EMBEDDING, [c.vocabSize, c.width]);
  shapes.set(`${DECODER}.embed_positions.weight`, [c.decoder.positions, c.width]);
  for (let layer = 0; layer < c.decoder.layers; layer++) {
    attention(`${DECODER}.layers.${layer}.self_attn`);
    attention(`${DECODER}.layers.${layer}.encoder_attn`);
    feedForward(`${DECODER}.layers.${layer}`, c.decoder);
  }
  both(`${DECODER}.layer_norm`, c.width);
  if (c.ownHead) shapes.set(HEAD, [c.vocabSize, c.width]);
  return shapes;
}

/** Both graphs as transformers computes them (modeling_whisper.py of 5.24), for transformers.js's class of that name. */
function build(c: WhisperConfig, mix?: Mix): BuiltGraph {
  return {
    ...buildDecoder(c, mix),
    decoder: {
      maxPositions: c.decoder.positions,
      numLayers: c.decoder.layers,
      kvHeads: c.decoder.heads,
      headDim: c.width / c.decoder.heads,
    },
    encoder: buildEncoder(c, mix),
  };
}

function feedForward(g: GraphBuilder, l: Layers, x: string, at: string): string {
  const wide = l.project(l.layerNorm(x, `${at}.final_layer_norm`, EPSILON), `${at}.fc1.weight`);
  return g.node('Add', [x, l.project(g.node('Gelu', [wide]), `${at}.fc2.weight`)]);
}

/** `input_features` [batch_size, mel bins, 2 * positions] to `last_hidden_state` [batch_size, positions, width]. */
function buildEncoder(c: WhisperConfig, mix?: Mix): GraphPart {
  const g = new GraphBuilder(OPSET, mix);
  const l = layersOf(g, tensorShapes(c));
  const { heads, positions, layers } = c.encoder;
  g.input('input_features', 'float', ['batch_size', c.melBins, STRIDE * positions]);

  const convolve = (x: string, name: string, stride: number) => {
    const inputs = [x, l.weight(`${name}.weight`), l.weight(`${name}.bias`)];
    return g.node('Gelu', [g.node('Conv', inputs, { kernel_shape: [KERNEL], pads: [1, 1], strides: [stride] })]);
  };
  const frames = convolve(convolve('input_features', `${ENCODER}.conv1`, 1), `${ENCODER}.conv2`, STRIDE);
  const placed = g.node('Add', [
    g.node('Transpose', [frames], { perm: [0, 2, 1] }),
    l.weight(`${ENCODER}.embed_positions.weight`),
  ]);
  const unflatten = (x: string, output?: string) => g.node('Reshape', [x, g.ints(-1, positions, c.width)], {}, output);

  let x = l.flatten(placed, c.width);
  for (let layer = 0; layer < layers; layer++) {
    const at = `${ENCODER}.layers.${layer}`;
    const normed = l.layerNorm(x, `${at}.self_attn_layer_norm`, EPSILON);
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      unflatten(l.project(normed, `${at}.self_attn.${part}_proj.weight`)),
    );
    const attended = g.node('Attention', [q!, k!, v!], { q_num_heads: heads, kv_num_heads: heads });
    x = g.node('Add', [x, l.project(l.flatten(attended, c.width), `${at}.self_attn.out_proj.weight`)]);
    x = feedForward(g, l, x, at);
  }
  unflatten(l.layerNorm(x, `${ENCODER}.layer_norm`, EPSILON), 'last_hidden_state');
  g.output('last_hidden_state', 'float', ['batch_size', positions, c.width]);
  return { bytes: g.build('whisper_encoder'), tensors: g.weights };
}

/**
 * One decoder for the first step and all others, with the names of an optimum export ("merged" decoder). Where that has
 * an If, this takes a slice: keys and values of the sound are those in the cache and those of the frames beyond it,
 * which is every frame while the cache is empty, and none afterwards.
 */
function buildDecoder(c: WhisperConfig, mix?: Mix): GraphPart {
  const g = new GraphBuilder(OPSET, mix);
  const l = layersOf(g, tensorShapes(c));
  const { heads, layers } = c.decoder;
  const headDim = c.width / heads;
  const cacheDims = (part: string, decoder: string) => {
    const length = part.startsWith('decoder') ? decoder : 'encoder_sequence_length_out';
    return ['batch_size', heads, length, headDim];
  };
  g.input('input_ids', 'int64', ['batch_size', 'decoder_sequence_length']);
  g.input('encoder_hidden_states', 'float', ['batch_size', 'encoder_sequence_length', c.width]);
  for (let layer = 0; layer < layers; layer++) {
    for (const part of CACHES) {
      g.input(`past_key_values.${layer}.${part}`, 'float', cacheDims(part, 'past_decoder_sequence_length'));
    }
  }

  const past = lengthOf(g, 'past_key_values.0.decoder.key', 2);
  const total = g.node('Add', [past, lengthOf(g, 'input_ids', 1)]);
  const mask = g.node('Where', [causal(g, past, total), g.float(0), g.float(MASKED)]);
  const heard = g.node('Shape', ['past_key_values.0.encoder.key'], { start: 2, end: 3 });
  const end = g.ints(Number.MAX_SAFE_INTEGER);
  const fresh = l.flatten(g.node('Slice', ['encoder_hidden_states', heard, end, g.ints(1)]), c.width);

  // [batch_size, positions, width] or [batch_size, heads, positions, headDim] of a flat [batch_size * positions, width].
  const batch = g.node('Shape', ['input_ids'], { end: 1 });
  const rowShape = g.node('Concat', [batch, g.ints(-1, c.width)], { axis: 0 });
  const headShape = g.node('Concat', [batch, g.ints(-1, heads, headDim)], { axis: 0 });
  const rows = (x: string) => g.node('Reshape', [x, rowShape]);
  const byHead = (x: string) => g.node('Transpose', [g.node('Reshape', [x, headShape])], { perm: [0, 2, 1, 3] });

  const attendSelf = (x: string, layer: number) => {
    const at = `${DECODER}.layers.${layer}.self_attn`;
    const normed = l.layerNorm(x, `${at}_layer_norm`, EPSILON);
    const qkv = ['q', 'k', 'v'].map((part) => rows(l.project(normed, `${at}.${part}_proj.weight`)));
    const cache = (name: string) => [`${name}.${layer}.decoder.key`, `${name}.${layer}.decoder.value`];
    const attended = g.node(
      'Attention',
      [...qkv, mask, ...cache('past_key_values')],
      { q_num_heads: heads, kv_num_heads: heads },
      `self_attention_${layer}`,
      cache('present'),
    );
    return g.node('Add', [x, l.project(l.flatten(attended, c.width), `${at}.out_proj.weight`)]);
  };
  const attendSound = (x: string, layer: number) => {
    const at = `${DECODER}.layers.${layer}.encoder_attn`;
    const q = byHead(l.project(l.layerNorm(x, `${at}_layer_norm`, EPSILON), `${at}.q_proj.weight`));
    const [k, v] = (['key', 'value'] as const).map((part) => {
      const added = byHead(l.project(fresh, `${at}.${part[0]!}_proj.weight`));
      const cache = `${layer}.encoder.${part}`;
      return g.node('Concat', [`past_key_values.${cache}`, added], { axis: 2 }, `present.${cache}`);
    });
    const attended = g.node('Transpose', [g.node('Attention', [q, k!, v!])], { perm: [0, 2, 1, 3] });
    return g.node('Add', [x, l.project(l.flatten(attended, c.width), `${at}.out_proj.weight`)]);
  };

  // Gathered, not sliced: a position beyond the table then fails instead of taking another's place.
  const places = g.node('Range', [past, total, g.int(1)]);
  const words = g.node('Gather', [l.weight(EMBEDDING), 'input_ids'], { axis: 0 });
  const positions = g.node('Gather', [l.weight(`${DECODER}.embed_positions.weight`), places], { axis: 0 });
  let x = l.flatten(g.node('Add', [words, positions]), c.width);
  for (let layer = 0; layer < layers; layer++) {
    x = feedForward(g, l, attendSound(attendSelf(x, layer), layer), `${DECODER}.layers.${layer}`);
  }
  const logits = l.project(l.layerNorm(x, `${DECODER}.layer_norm`, EPSILON), c.ownHead ? HEAD : EMBEDDING);
  const logitShape = g.node('Concat', [batch, g.ints(-1, c.vocabSize)], { axis: 0 });
  g.node('Reshape', [logits, logitShape], {}, 'logits');
  g.output('logits', 'float', ['batch_size', 'decoder_sequence_length', c.vocabSize]);
  for (let layer = 0; layer < layers; layer++) {
    for (const part of CACHES) {
      g.output(`present.${layer}.${part}`, 'float', cacheDims(part, 'total_decoder_sequence_length'));
    }
  }
  return { bytes: g.build('whisper_decoder'), tensors: g.weights };
}
