import { LabError } from '../errors';

/** A parsed config.json: anything a stranger may have written. */
export type RawConfig = Readonly<Record<string, unknown>>;

/**
 * What a config may ask for. Far above every published model that fits in a browser tab, low enough that a hostile
 * config cannot make the graph itself exhaust memory.
 */
export const CONFIG_LIMITS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  vocab_size: [1, 4_194_304],
  hidden_size: [2, 65_536],
  intermediate_size: [1, 1_048_576],
  num_hidden_layers: [1, 512],
  num_attention_heads: [1, 1024],
  num_key_value_heads: [1, 1024],
  head_dim: [2, 1024],
  max_position_embeddings: [1, 2 ** 31],
  original_max_position_embeddings: [1, 2 ** 31],
  sliding_window: [1, 2 ** 31],
  max_window_layers: [0, 2 ** 31],
  in_features: [1, 65_536],
  rope_theta: [1, 1e12],
  image_size: [1, 8192],
  patch_size: [1, 1024],
  num_channels: [1, 64],
  vision_feature_layer: [-512, 512],
  num_labels: [1, 65_536],
  pad_token_id: [-1, 4_194_303],
  d_model: [2, 65_536],
  encoder_layers: [1, 512],
  decoder_layers: [1, 512],
  encoder_attention_heads: [1, 1024],
  decoder_attention_heads: [1, 1024],
  encoder_ffn_dim: [1, 1_048_576],
  decoder_ffn_dim: [1, 1_048_576],
  num_mel_bins: [1, 1024],
  max_source_positions: [1, 1_048_576],
  max_target_positions: [1, 1_048_576],
};

/** @returns the first entry of `architectures`, null where a config names none (or where there is no config). */
export function namedArchitecture(config: RawConfig | null): string | null {
  const list = config?.['architectures'];
  return Array.isArray(list) && typeof list[0] === 'string' ? list[0] : null;
}

const FOUND_LENGTH = 80;

/** @returns a config value as a message shows it: JSON, cut to one short line. */
export function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= FOUND_LENGTH ? text : `${text.slice(0, FOUND_LENGTH - 1)}…`;
}

/** The refusal of a setting that these graphs do not have. `instead` says what is supported. */
export function unsupported(key: string, value: unknown, instead: string): LabError {
  const found = describe(value);
  return new LabError(
    'config/unsupported',
    `config.json: ${key} is ${found}, which Merge Lab cannot run; supported: ${instead}. Use a model without it.`,
    { key, found, supported: instead },
  );
}

function invalid(key: string, value: unknown, expected: string): LabError {
  const found = describe(value);
  return new LabError(
    'config/invalid',
    `config.json: ${key} is ${found}, expected ${expected}. Correct the file or download it again.`,
    { key, found, expected },
  );
}

function missing(key: string): LabError {
  return new LabError(
    'config/missing',
    `config.json has no ${key}. Use the config.json that belongs to these weights.`,
    { key },
  );
}

/**
 * An integer setting within CONFIG_LIMITS.
 * @param fallback used when the key is absent or null; without one the key is required.
 * @throws LabError config/missing, config/invalid, config/out-of-range
 */
export function readInteger(config: RawConfig, key: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (value === undefined) throw missing(key);
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalid(key, value, 'a whole number');
  return withinLimits(key, value, key);
}

function withinLimits(key: string, value: number, path: string): number {
  const [min, max] = CONFIG_LIMITS[key] ?? [-Infinity, Infinity];
  if (value >= min && value <= max) return value;
  throw new LabError(
    'config/out-of-range',
    `config.json: ${path} is ${value}, outside ${min} to ${max}. Correct the file or use a model within these limits.`,
    { key: path, found: value, min, max },
  );
}

/**
 * A finite number greater than zero, within CONFIG_LIMITS where they name it.
 * @param path the key as a message names it, where it sits inside another object.
 * @throws LabError config/missing, config/invalid, config/out-of-range
 */
export function readPositive(config: RawConfig, key: string, fallback?: number, path = key): number {
  const value = config[key] ?? fallback;
  if (value === undefined) throw missing(path);
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw invalid(path, value, 'a finite number above 0');
  }
  return withinLimits(key, value, path);
}

/** @throws LabError config/invalid */
export function readBoolean(config: RawConfig, key: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value !== 'boolean') throw invalid(key, value, 'true or false');
  return value;
}

/** @throws LabError config/invalid */
export function readString(config: RawConfig, key: string): string | null {
  const value = config[key] ?? null;
  if (value !== null && typeof value !== 'string') throw invalid(key, value, 'a text');
  return value;
}

/** @throws LabError config/invalid */
export function readObject(config: RawConfig, key: string): RawConfig | null {
  const value = config[key] ?? null;
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(key, value, 'an object');
  return value as RawConfig;
}

/** @throws LabError config/invalid */
export function readStrings(config: RawConfig, key: string): string[] | null {
  const value = config[key] ?? null;
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalid(key, value, 'a list of texts');
  }
  return value;
}

/** Two settings that contradict each other. @returns the error to throw. */
export function inconsistent(key: string, value: number, other: string, otherValue: number, rule: string): LabError {
  return new LabError(
    'config/inconsistent',
    `config.json: ${key} is ${value} and ${other} is ${otherValue}, but ${rule}. ` +
      'Use the config.json that belongs to these weights.',
    { key, found: value, other, otherFound: otherValue, rule },
  );
}

/**
 * The dtype the checkpoint says it is stored in: `dtype` (transformers 5) or `torch_dtype` (transformers 4), with or
 * without the `torch.` prefix old exports have. The tensors' own headers decide; this is only a label.
 * @throws LabError config/invalid
 */
export function readDtype(config: RawConfig): string | null {
  const dtype = readString(config, 'dtype') ?? readString(config, 'torch_dtype');
  return dtype === null ? null : dtype.replace(/^torch\./, '');
}

/** @throws LabError config/quantized for weights that are not plain floats. */
export function refuseQuantized(config: RawConfig): void {
  const quantization = readObject(config, 'quantization_config');
  if (!quantization) return;
  const method = describe(quantization['quant_method'] ?? quantization);
  throw new LabError(
    'config/quantized',
    `config.json: quantization_config says the weights are quantised (${method}). ` +
      'Task vectors need plain weights: use the float16, bfloat16 or float32 version of this model.',
    { key: 'quantization_config', found: method },
  );
}
