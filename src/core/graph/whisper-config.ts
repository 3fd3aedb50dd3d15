import { inconsistent, readBoolean, readInteger, readString, refuseQuantized, unsupported } from './config';
import type { RawConfig } from './config';
import type { GraphOptions } from './types';

/** One of the two halves of the model. */
export interface WhisperStack {
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  /** Rows of its position table: sound frames after the strided convolution, or tokens. */
  readonly positions: number;
}

/** A checked config.json of the family. */
export interface WhisperConfig {
  readonly vocabSize: number;
  readonly melBins: number;
  readonly width: number;
  readonly encoder: WhisperStack;
  readonly decoder: WhisperStack;
  readonly ownHead: boolean;
}

/**
 * Checks every setting that changes what the model computes. Defaults are those of WhisperConfig of transformers 5.24,
 * which reads `scale_embedding` and never uses it.
 * @throws LabError config/missing, config/invalid, config/out-of-range, config/inconsistent, config/unsupported,
 * config/quantized
 */
export function readWhisperConfig(config: RawConfig, options: GraphOptions): WhisperConfig {
  refuseQuantized(config);
  const activation = readString(config, 'activation_function') ?? 'gelu';
  if (activation !== 'gelu') throw unsupported('activation_function', activation, 'gelu');
  const width = readInteger(config, 'd_model', 384);
  const stack = (name: 'encoder' | 'decoder', positions: string, length: number): WhisperStack => {
    const heads = readInteger(config, `${name}_attention_heads`, 6);
    if (width % heads !== 0) {
      const rule = 'the width must be a multiple of the heads';
      throw inconsistent('d_model', width, `${name}_attention_heads`, heads, rule);
    }
    return {
      layers: readInteger(config, `${name}_layers`, 4),
      heads,
      feedForward: readInteger(config, `${name}_ffn_dim`, 1536),
      positions: readInteger(config, positions, length),
    };
  };
  return {
    vocabSize: readInteger(config, 'vocab_size', 51_865),
    melBins: readInteger(config, 'num_mel_bins', 80),
    width,
    encoder: stack('encoder', 'max_source_positions', 1500),
    decoder: stack('decoder', 'max_target_positions', 448),
    ownHead: options.lmHead ?? !readBoolean(config, 'tie_word_embeddings', true),
  };
}
