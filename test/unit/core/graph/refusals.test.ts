import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { CONFIG_LIMITS } from '../../../../src/core/graph/config';
import { buildGraph } from '../../../../src/core/graph/registry';
import { goldenCase, refusal } from './checkpoint';

type Config = Record<string, unknown>;

const configOf = (name: string): Config => goldenCase(name).config;
const refused = (name: string, change: Config) => refusal(() => buildGraph({ ...configOf(name), ...change }));

describe('refusals', () => {
  const rope = (parameters: Config) => ({ rope_parameters: { rope_theta: 10_000, ...parameters } });
  const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  it.each<[what: string, name: string, change: Config, code: string, params: Config]>([
    ['a missing size', 'llama-tied', { hidden_size: undefined }, 'config/missing', { key: 'hidden_size' }],
    [
      'a size that is a text',
      'llama-tied',
      { vocab_size: '96' },
      'config/invalid',
      { key: 'vocab_size', found: '"96"' },
    ],
    ['a fraction of a layer', 'llama-tied', { num_hidden_layers: 2.5 }, 'config/invalid', { key: 'num_hidden_layers' }],
    [
      'no layers',
      'llama-tied',
      { num_hidden_layers: 0 },
      'config/out-of-range',
      { key: 'num_hidden_layers', found: 0 },
    ],
    ['absurd layers', 'llama-tied', { num_hidden_layers: 1e9 }, 'config/out-of-range', { max: 512 }],
    [
      'a flag that is a text',
      'llama-tied',
      { tie_word_embeddings: 'no' },
      'config/invalid',
      { key: 'tie_word_embeddings' },
    ],
    ['an epsilon of zero', 'llama-tied', { rms_norm_eps: 0 }, 'config/invalid', { key: 'rms_norm_eps' }],
    ['heads that do not group', 'llama-tied', { num_key_value_heads: 4 }, 'config/inconsistent', { otherFound: 4 }],
    [
      'heads that do not divide the width',
      'llama-tied',
      { head_dim: null, hidden_size: 50 },
      'config/inconsistent',
      { key: 'hidden_size', found: 50 },
    ],
    ['an odd head', 'llama-tied', { head_dim: 7 }, 'config/unsupported', { key: 'head_dim', found: '7' }],
    ['another activation', 'llama-tied', { hidden_act: 'gelu' }, 'config/unsupported', { found: '"gelu"' }],
    [
      'quantised weights',
      'llama-tied',
      { quantization_config: { quant_method: 'gptq' } },
      'config/quantized',
      { found: '"gptq"' },
    ],
    ...['yarn', 'dynamic', 'longrope', 'mrope'].map((type): [string, string, Config, string, Config] => [
      `RoPE type ${type}`,
      'llama-tied',
      rope({ rope_type: type, factor: 2 }),
      'config/rope-type',
      { found: type },
    ]),
    [
      'RoPE type su, old spelling',
      'llama-tied',
      { rope_scaling: { type: 'su' } },
      'config/rope-type',
      { key: 'rope_scaling' },
    ],
    [
      'linear RoPE without a factor',
      'llama-tied',
      rope({ rope_type: 'linear' }),
      'config/missing',
      { key: 'rope_parameters.factor' },
    ],
    [
      'llama3 bounds in the wrong order',
      'llama-tied',
      rope({ ...llama3, high_freq_factor: 1 }),
      'config/inconsistent',
      { found: 1 },
    ],
    ['RoPE per layer type', 'llama-tied', { rope_parameters: { full_attention: {} } }, 'config/unsupported', {}],
    [
      'partial RoPE',
      'llama-tied',
      { partial_rotary_factor: 0.5 },
      'config/unsupported',
      { key: 'partial_rotary_factor' },
    ],
    [
      'a theta below 1',
      'llama-tied',
      { ...rope({ rope_theta: 1e-30 }) },
      'config/out-of-range',
      { key: 'rope_parameters.rope_theta' },
    ],
    [
      'a short window (Mistral)',
      'mistral',
      { sliding_window: 64 },
      'config/sliding-window',
      { found: 64, positions: 128 },
    ],
    [
      'a short window (Qwen2)',
      'qwen2',
      { use_sliding_window: true, sliding_window: 64, layer_types: null, max_window_layers: 1 },
      'config/sliding-window',
      { found: 64 },
    ],
    [
      'a short window (Qwen3 layer types)',
      'qwen3',
      { use_sliding_window: true, sliding_window: 64, layer_types: ['full_attention', 'sliding_attention'] },
      'config/sliding-window',
      { found: 64 },
    ],
    [
      'linear attention layers',
      'qwen3',
      { layer_types: ['linear_attention'] },
      'config/unsupported',
      { key: 'layer_types' },
    ],
  ])('%s', (_, name, change, code, params) => {
    const error = refused(name, change);
    expect(error.code).toBe(code);
    expect(error.params).toMatchObject(params);
    for (const value of [error.params['key'], error.params['found']]) {
      if (value !== undefined) expect(error.message).toContain(String(value));
    }
  });

  it.each<[what: string, name: string, change: Config]>([
    ['as long as the context', 'mistral', { sliding_window: 128 }],
    [
      'of Mistral 7B v0.1: 4096 in a context capped at 4096',
      'mistral',
      { sliding_window: 4096, max_position_embeddings: 32_768 },
    ],
    [
      'switched off',
      'qwen2',
      { use_sliding_window: false, sliding_window: 64, layer_types: null, max_window_layers: 0 },
    ],
    [
      'above the last layer',
      'qwen2',
      { use_sliding_window: true, sliding_window: 64, layer_types: null, max_window_layers: 2 },
    ],
    ['that transformers ignores', 'llama-tied', { sliding_window: 64 }],
  ])('a sliding window %s is no reason to refuse', (_, name, change) => {
    const { decoder } = buildGraph({ ...configOf(name), ...change });
    expect(decoder?.maxPositions).toBe(change['max_position_embeddings'] ? 4096 : 128);
  });

  it('whatever one key holds, a graph is built or a LabError names what is wrong', () => {
    const keys = [
      ...Object.keys(CONFIG_LIMITS),
      ...Object.keys(configOf('qwen3')),
      'rope_scaling',
      'quantization_config',
    ];
    const values = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.integer({ min: -2, max: 64 }));
    let refusals = 0;
    const property = fc.property(
      fc.constantFrom('qwen3', 'mistral', 'llama-linear'),
      fc.constantFrom(...keys),
      values,
      (name, key, value) => {
        try {
          expect(buildGraph({ ...configOf(name), [key]: value }).bytes.length).toBeGreaterThan(1000);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
          expect((error as LabError).code).toMatch(/^(config|graph)\//);
          refusals++;
        }
      },
    );
    fc.assert(property, { numRuns: 400, seed: 1 });
    expect(refusals).toBeGreaterThan(50);
  });
});
