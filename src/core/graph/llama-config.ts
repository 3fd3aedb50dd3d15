import { LabError } from '../errors';
import {
  inconsistent,
  readBoolean,
  readDtype,
  readInteger,
  readObject,
  readPositive,
  readString,
  readStrings,
  refuseQuantized,
  unsupported,
} from './config';
import type { RawConfig } from './config';
import { readRope } from './rope';
import type { RopeConfig } from './rope';
import type { GraphOptions } from './types';

/** Longest context a graph offers: the RoPE tables stay below 4 MB, the attention mask below 64 MB per sequence. */
const MAX_POSITIONS = 4096;

/** Where the members of the family differ. Defaults are those of the config classes of transformers 5.24. */
export interface LlamaMember {
  readonly id: string;
  readonly modelType: string;
  readonly defaultKvHeads?: number;
  readonly defaultHeadDim?: number;
  readonly defaultMaxPositions: number;
  readonly bias: 'as configured' | 'attention as configured' | 'qkv' | 'none';
  readonly qkNorm: boolean;
  readonly slidingWindow: 'ignored' | 'always' | 'switched';
}

export const LLAMA_MEMBERS: readonly LlamaMember[] = [
  {
    id: 'LlamaForCausalLM',
    modelType: 'llama',
    defaultMaxPositions: 2048,
    bias: 'as configured',
    qkNorm: false,
    slidingWindow: 'ignored',
  },
  {
    id: 'MistralForCausalLM',
    modelType: 'mistral',
    defaultKvHeads: 8,
    defaultMaxPositions: 131_072,
    bias: 'none',
    qkNorm: false,
    slidingWindow: 'always',
  },
  {
    id: 'Qwen2ForCausalLM',
    modelType: 'qwen2',
    defaultKvHeads: 32,
    defaultMaxPositions: 32_768,
    bias: 'qkv',
    qkNorm: false,
    slidingWindow: 'switched',
  },
  {
    id: 'Qwen3ForCausalLM',
    modelType: 'qwen3',
    defaultKvHeads: 32,
    defaultHeadDim: 128,
    defaultMaxPositions: 32_768,
    bias: 'attention as configured',
    qkNorm: true,
    slidingWindow: 'switched',
  },
];

/** A checked config.json of the family. */
export interface LlamaConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly rmsNormEps: number;
  readonly maxPositions: number;
  readonly rope: RopeConfig;
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  readonly qkNorm: boolean;
  readonly lmHead: boolean;
  readonly dtype: string | null;
}

/**
 * Checks every setting of config.json that changes what the model computes.
 * @throws LabError config/missing, config/invalid, config/out-of-range, config/inconsistent, config/unsupported,
 * config/quantized, config/rope-type, config/sliding-window
 */
export function readLlamaConfig(config: RawConfig, member: LlamaMember, options: GraphOptions): LlamaConfig {
  refuseQuantized(config);
  const activation = readString(config, 'hidden_act') ?? 'silu';
  // "swish" is the same function under the name TensorFlow gave it; transformers knows both.
  if (activation !== 'silu' && activation !== 'swish') throw unsupported('hidden_act', activation, 'silu');

  const hiddenSize = readInteger(config, 'hidden_size');
  const numHeads = readInteger(config, 'num_attention_heads');
  const numLayers = readInteger(config, 'num_hidden_layers');
  const kvHeads = readKvHeads(config, member, numHeads);
  const headDim = readHeadDim(config, member, hiddenSize, numHeads);
  const maxPositionEmbeddings = readInteger(config, 'max_position_embeddings', member.defaultMaxPositions);
  const maxPositions = Math.min(maxPositionEmbeddings, MAX_POSITIONS);
  refuseSlidingWindow(config, member, numLayers, maxPositions);

  const configured = member.bias === 'as configured' || member.bias === 'attention as configured';
  const attentionBias = configured && readBoolean(config, 'attention_bias', false);
  return {
    vocabSize: readInteger(config, 'vocab_size'),
    hiddenSize,
    intermediateSize: readInteger(config, 'intermediate_size'),
    numLayers,
    numHeads,
    kvHeads,
    headDim,
    rmsNormEps: readPositive(config, 'rms_norm_eps', 1e-6),
    maxPositions,
    rope: readRope(config, maxPositionEmbeddings),
    qkvBias: attentionBias || member.bias === 'qkv',
    outBias: attentionBias,
    mlpBias: member.bias === 'as configured' && readBoolean(config, 'mlp_bias', false),
    qkNorm: member.qkNorm,
    lmHead: options.lmHead ?? !readBoolean(config, 'tie_word_embeddings', false),
    dtype: readDtype(config),
  };
}

/** The head of a ...ForSequenceClassification: how many numbers it gives, and the token that fills up short texts. */
export interface Scores {
  readonly labels: number;
  readonly padId: number | null;
}

/**
 * Labels are counted as PreTrainedConfig of transformers 5.24 does: by `id2label`, else by `num_labels`, else two.
 * @throws LabError config/invalid, config/out-of-range
 */
export function readScores(config: RawConfig): Scores {
  const names = readObject(config, 'id2label');
  const labels = names ? Object.keys(names).length : undefined;
  const padId = config['pad_token_id'] ?? null;
  return {
    labels: readInteger(labels === undefined ? config : { num_labels: labels }, 'num_labels', 2),
    padId: padId === null ? null : readInteger(config, 'pad_token_id'),
  };
}

function readKvHeads(config: RawConfig, member: LlamaMember, numHeads: number): number {
  // transformers: an explicit null means "as many as query heads", a missing key means the class default.
  const fallback = config['num_key_value_heads'] === null ? numHeads : (member.defaultKvHeads ?? numHeads);
  const kvHeads = readInteger(config, 'num_key_value_heads', fallback);
  if (numHeads % kvHeads !== 0) {
    const rule = 'query heads must be a multiple of key/value heads';
    throw inconsistent('num_attention_heads', numHeads, 'num_key_value_heads', kvHeads, rule);
  }
  return kvHeads;
}

function readHeadDim(config: RawConfig, member: LlamaMember, hiddenSize: number, numHeads: number): number {
  const given = config['head_dim'] ?? member.defaultHeadDim ?? null;
  if (given === null && hiddenSize % numHeads !== 0) {
    const rule = 'without head_dim the hidden size must be a multiple of the heads';
    throw inconsistent('hidden_size', hiddenSize, 'num_attention_heads', numHeads, rule);
  }
  const headDim = readInteger(config, 'head_dim', member.defaultHeadDim ?? hiddenSize / numHeads);
  if (headDim % 2 !== 0) throw unsupported('head_dim', headDim, 'an even number (RoPE rotates pairs)');
  return headDim;
}

/** A window that is never shorter than the context changes nothing, so only one that is shorter is refused. */
function refuseSlidingWindow(config: RawConfig, member: LlamaMember, numLayers: number, maxPositions: number): void {
  if (member.slidingWindow === 'ignored') return;
  const window = config['sliding_window'] === null ? Infinity : readInteger(config, 'sliding_window', 4096);
  let inUse = member.slidingWindow === 'always';
  if (member.slidingWindow === 'switched') {
    const layerTypes = readStrings(config, 'layer_types');
    const strange = layerTypes?.find((type) => type !== 'full_attention' && type !== 'sliding_attention');
    if (strange !== undefined) throw unsupported('layer_types', strange, 'full_attention');
    const sliding = layerTypes
      ? layerTypes.includes('sliding_attention')
      : readInteger(config, 'max_window_layers', 28) < numLayers;
    inUse = readBoolean(config, 'use_sliding_window', false) && sliding;
  }
  if (!inUse || window >= maxPositions) return;
  throw new LabError(
    'config/sliding-window',
    `config.json: sliding_window ${window} is shorter than the context of ${maxPositions} positions, and Merge Lab has no ` +
      'sliding window attention. Use a model without it.',
    { key: 'sliding_window', found: window, positions: maxPositions },
  );
}
