import { LabError } from '../errors';
import { describe, inconsistent, readInteger, readObject, readPositive, readString, unsupported } from './config';
import type { RawConfig } from './config';

const DEFAULT_THETA = 10_000;
const KNOWN_TYPES = ['default', 'linear', 'llama3'] as const;

export type RopeScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    };

/** Rotary position embedding of a model: base of the wavelengths, and how they are stretched. */
export interface RopeConfig {
  readonly theta: number;
  readonly scaling: RopeScaling;
}

/**
 * Reads both spellings: `rope_theta` + `rope_scaling` (transformers 4, with `type` or `rope_type`) and `rope_parameters`
 * (transformers 5). Where both are there, precedence is that of transformers 5.24 `convert_rope_params_to_dict`:
 * `rope_scaling` before `rope_parameters`, and a theta inside before one outside.
 * @param maxPositionEmbeddings stands in for a missing original_max_position_embeddings, as in transformers.
 * @throws LabError config/rope-type, config/unsupported, config/missing, config/invalid, config/out-of-range,
 * config/inconsistent
 */
export function readRope(config: RawConfig, maxPositionEmbeddings: number): RopeConfig {
  const scaling = readObject(config, 'rope_scaling');
  const useScaling = scaling !== null && Object.keys(scaling).length > 0;
  const key = useScaling ? 'rope_scaling' : 'rope_parameters';
  const params = (useScaling ? scaling : readObject(config, 'rope_parameters')) ?? {};
  const nested = Object.entries(params).find(([, value]) => typeof value === 'object' && value !== null);
  if (nested) throw unsupported(`${key}.${nested[0]}`, nested[1], 'one set of RoPE parameters for all layers');
  const partial = params['partial_rotary_factor'] ?? config['partial_rotary_factor'] ?? 1;
  if (partial !== 1) throw unsupported('partial_rotary_factor', partial, '1 (rotation of the whole head)');

  const theta = readPositive(
    params,
    'rope_theta',
    readPositive(config, 'rope_theta', DEFAULT_THETA),
    `${key}.rope_theta`,
  );
  const type = readString(params, 'rope_type') ?? readString(params, 'type') ?? 'default';
  const number = (name: string, fallback?: number) => readPositive(params, name, fallback, `${key}.${name}`);
  switch (type) {
    case 'default':
      return { theta, scaling: { type } };
    case 'linear':
      return { theta, scaling: { type, factor: number('factor') } };
    case 'llama3': {
      const lowFreqFactor = number('low_freq_factor');
      const highFreqFactor = number('high_freq_factor');
      if (highFreqFactor <= lowFreqFactor) {
        throw inconsistent(
          `${key}.high_freq_factor`,
          highFreqFactor,
          `${key}.low_freq_factor`,
          lowFreqFactor,
          'the high factor must be the greater one',
        );
      }
      const outside = config['original_max_position_embeddings'] ?? null;
      const originalMaxPositions =
        outside === null
          ? number('original_max_position_embeddings', maxPositionEmbeddings)
          : readInteger(config, 'original_max_position_embeddings');
      return {
        theta,
        scaling: { type, factor: number('factor'), lowFreqFactor, highFreqFactor, originalMaxPositions },
      };
    }
    default:
      throw new LabError(
        'config/rope-type',
        `config.json: ${key} asks for RoPE scaling of type ${describe(type)}, which Merge Lab does not know; ` +
          `it knows ${KNOWN_TYPES.join(', ')}. Use a model with one of these.`,
        { key, found: type, known: KNOWN_TYPES.join(', ') },
      );
  }
}

/**
 * Inverse frequencies in radians per position, shape [headDim / 2], rounded to float32 after every operation in the
 * order of transformers 5.24 (`compute_default_rope_parameters` of modeling_llama.py; `_compute_linear_scaling_` and
 * `_compute_llama3_parameters` of modeling_rope_utils.py): at position 4000 one float32 step of a frequency is 2e-4
 * radians, so a better rounded table would be a different model. A Python number divided by a torch tensor is
 * reciprocal times number there, hence here. Llama 3 scaling: Llama 3.1 model card and reference code, Meta, 2024.
 */
export function inverseFrequencies(rope: RopeConfig, headDim: number): Float32Array<ArrayBuffer> {
  const f32 = Math.fround;
  const inverse = new Float32Array(headDim / 2);
  for (let i = 0; i < inverse.length; i++) {
    const plain = f32(1 / f32(f32(rope.theta) ** f32((2 * i) / headDim)));
    inverse[i] = scaled(plain, rope.scaling);
  }
  return inverse;
}

function scaled(frequency: number, scaling: RopeScaling): number {
  const f32 = Math.fround;
  if (scaling.type === 'default') return frequency;
  const stretched = f32(frequency / f32(scaling.factor));
  if (scaling.type === 'linear') return stretched;

  const { lowFreqFactor: low, highFreqFactor: high, originalMaxPositions: original } = scaling;
  const wavelength = f32(f32(1 / frequency) * f32(2 * Math.PI));
  if (wavelength > f32(original / low)) return stretched;
  if (wavelength < f32(original / high)) return frequency;
  const turns = f32(f32(1 / wavelength) * f32(original));
  const smooth = f32(f32(turns - f32(low)) / f32(high - low));
  const slow = f32(f32(f32(1 - smooth) * frequency) / f32(scaling.factor));
  return f32(slow + f32(smooth * frequency));
}

/** cos and sin of position times inverse frequency, each row-major [positions, headDim / 2]. */
export function ropeTables(
  rope: RopeConfig,
  headDim: number,
  positions: number,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  const inverse = inverseFrequencies(rope, headDim);
  const cos = new Float32Array(positions * inverse.length);
  const sin = new Float32Array(positions * inverse.length);
  let at = 0;
  for (let position = 0; position < positions; position++) {
    for (const frequency of inverse) {
      const angle = Math.fround(position * frequency);
      cos[at] = Math.cos(angle);
      sin[at] = Math.sin(angle);
      at++;
    }
  }
  return { cos, sin };
}
