import { inconsistent, readBoolean, readInteger, readObject, readPositive, readString, unsupported } from './config';
import type { RawConfig } from './config';
import { layersOf, OPSET } from './layers';
import { GraphBuilder } from './onnx';
import type { GraphPart, Mix } from './types';

const TOWER = 'vision_tower';
const PROJECTOR = 'multi_modal_projector';

/** The eyes of a Llava model: a ViT, and two layers that turn what it sees into the text model's embeddings. */
export interface VisionConfig {
  readonly channels: number;
  readonly imageSize: number;
  readonly patchSize: number;
  readonly width: number;
  readonly feedForward: number;
  readonly heads: number;
  /** Layers that run: up to the one whose output is looked at. */
  readonly layers: number;
  readonly epsilon: number;
  readonly qkvBias: boolean;
  readonly projectorBias: boolean;
  readonly textWidth: number;
}

/**
 * Reads config.json of a LlavaForConditionalGeneration whose `vision_config` is a ViT. Defaults are those of ViTConfig and
 * LlavaConfig of transformers 5.24.
 * @throws LabError config/missing, config/invalid, config/out-of-range, config/inconsistent, config/unsupported
 */
export function readVisionConfig(config: RawConfig): VisionConfig {
  const vision = readObject(config, 'vision_config') ?? {};
  const only = (from: RawConfig, key: string, fallback: string, supported: string) => {
    const value = readString(from, key) ?? fallback;
    if (value !== supported) throw unsupported(key, value, supported);
  };
  only(vision, 'model_type', 'clip_vision_model', 'vit');
  only(vision, 'hidden_act', 'gelu', 'gelu');
  only(config, 'projector_hidden_act', 'gelu', 'gelu');
  only(config, 'vision_feature_select_strategy', 'default', 'default');
  const width = readInteger(vision, 'hidden_size', 768);
  const heads = readInteger(vision, 'num_attention_heads', 12);
  if (width % heads !== 0) {
    const rule = 'the width must be a multiple of the heads';
    throw inconsistent('vision_config.hidden_size', width, 'num_attention_heads', heads, rule);
  }
  const imageSize = readInteger(vision, 'image_size', 224);
  const patchSize = readInteger(vision, 'patch_size', 16);
  if (imageSize % patchSize !== 0) {
    const rule = 'the image must be a whole number of patches wide';
    throw inconsistent('vision_config.image_size', imageSize, 'patch_size', patchSize, rule);
  }
  const all = readInteger(vision, 'num_hidden_layers', 12);
  // Hidden states are the embeddings and every layer's output: -1 is the last layer's, before the tower's final norm.
  const layer = readInteger(config, 'vision_feature_layer', -2);
  const layers = layer < 0 ? all + 1 + layer : layer;
  if (layers < 0 || layers > all) {
    throw inconsistent('vision_feature_layer', layer, 'num_hidden_layers', all, 'there must be such a layer');
  }
  return {
    channels: readInteger(vision, 'num_channels', 3),
    imageSize,
    patchSize,
    width,
    feedForward: readInteger(vision, 'intermediate_size', 3072),
    heads,
    layers,
    epsilon: readPositive(vision, 'layer_norm_eps', 1e-12),
    qkvBias: readBoolean(vision, 'qkv_bias', true),
    projectorBias: readBoolean(config, 'multimodal_projector_bias', true),
    textWidth: readInteger(readObject(config, 'text_config') ?? {}, 'hidden_size', 4096),
  };
}

/** Hugging Face names and shapes of what the graph uses; the tower's final norm and pooler are not among them. */
export function visionTensors(c: VisionConfig): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const both = (name: string, shape: number[], bias = true) => {
    shapes.set(`${name}.weight`, shape);
    if (bias) shapes.set(`${name}.bias`, [shape[0]!]);
  };
  const patches = (c.imageSize / c.patchSize) ** 2;
  shapes.set(`${TOWER}.embeddings.cls_token`, [1, 1, c.width]);
  shapes.set(`${TOWER}.embeddings.position_embeddings`, [1, patches + 1, c.width]);
  both(`${TOWER}.embeddings.patch_embeddings.projection`, [c.width, c.channels, c.patchSize, c.patchSize]);
  for (let layer = 0; layer < c.layers; layer++) {
    const at = `${TOWER}.encoder.layer.${layer}`;
    both(`${at}.layernorm_before`, [c.width]);
    for (const part of ['query', 'key', 'value']) {
      both(`${at}.attention.attention.${part}`, [c.width, c.width], c.qkvBias);
    }
    both(`${at}.attention.output.dense`, [c.width, c.width]);
    both(`${at}.layernorm_after`, [c.width]);
    both(`${at}.intermediate.dense`, [c.feedForward, c.width]);
    both(`${at}.output.dense`, [c.width, c.feedForward]);
  }
  both(`${PROJECTOR}.linear_1`, [c.textWidth, c.width], c.projectorBias);
  both(`${PROJECTOR}.linear_2`, [c.textWidth, c.textWidth], c.projectorBias);
  return shapes;
}

/**
 * `pixel_values` [batch_size, channels, size, size] to `image_features` [batch_size, patches, text width], as
 * LlavaModel.get_image_features computes it (modeling_vit.py, modeling_llava.py of 5.24): the session that
 * transformers.js calls `vision_encoder`.
 */
export function buildVision(c: VisionConfig, mix?: Mix): GraphPart {
  const g = new GraphBuilder(OPSET, mix);
  const { weight, project, layerNorm, flatten } = layersOf(g, visionTensors(c));
  const patches = (c.imageSize / c.patchSize) ** 2;
  g.input('pixel_values', 'float', ['batch_size', c.channels, c.imageSize, c.imageSize]);

  const embed = `${TOWER}.embeddings.patch_embeddings.projection`;
  const convolved = g.node('Conv', ['pixel_values', weight(`${embed}.weight`), weight(`${embed}.bias`)], {
    kernel_shape: [c.patchSize, c.patchSize],
    strides: [c.patchSize, c.patchSize],
  });
  const columns = g.node('Reshape', [convolved, g.ints(-1, c.width, patches)]);
  const seen = g.node('Transpose', [columns], { perm: [0, 2, 1] });
  const batch = g.node('Shape', ['pixel_values'], { end: 1 });
  const oneEach = g.node('Concat', [batch, g.ints(1, c.width)], { axis: 0 });
  const cls = g.node('Expand', [weight(`${TOWER}.embeddings.cls_token`), oneEach]);
  const tokens = g.node('Concat', [cls, seen], { axis: 1 });
  const rows = (x: string) => g.node('Reshape', [x, g.ints(-1, patches + 1, c.width)]);

  let x = flatten(g.node('Add', [tokens, weight(`${TOWER}.embeddings.position_embeddings`)]), c.width);
  for (let layer = 0; layer < c.layers; layer++) {
    const at = `${TOWER}.encoder.layer.${layer}`;
    const before = layerNorm(x, `${at}.layernorm_before`, c.epsilon);
    const qkv = ['query', 'key', 'value'].map((part) =>
      rows(project(before, `${at}.attention.attention.${part}.weight`)),
    );
    const attended = flatten(g.node('Attention', qkv, { q_num_heads: c.heads, kv_num_heads: c.heads }), c.width);
    x = g.node('Add', [x, project(attended, `${at}.attention.output.dense.weight`)]);
    const wide = project(layerNorm(x, `${at}.layernorm_after`, c.epsilon), `${at}.intermediate.dense.weight`);
    x = g.node('Add', [x, project(g.node('Gelu', [wide]), `${at}.output.dense.weight`)]);
  }

  // The class token says nothing of a place.
  const places = g.node('Slice', [rows(x), g.ints(1), g.ints(Number.MAX_SAFE_INTEGER), g.ints(1)]);
  const first = g.node('Gelu', [project(flatten(places, c.width), `${PROJECTOR}.linear_1.weight`)]);
  const projected = project(first, `${PROJECTOR}.linear_2.weight`);
  g.node('Reshape', [projected, g.ints(-1, patches, c.textWidth)], {}, 'image_features');
  g.output('image_features', 'float', ['batch_size', patches, c.textWidth]);
  return { bytes: g.build('vision'), tensors: g.weights };
}
