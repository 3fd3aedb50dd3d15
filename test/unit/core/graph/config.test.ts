import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { CONFIG_LIMITS } from '../../../../src/core/graph/config';
import { LLAMA_MEMBERS, readLlamaConfig } from '../../../../src/core/graph/llama-config';
import { architectureOf, buildGraph, expectedTensors, knownArchitectures } from '../../../../src/core/graph/registry';
import { goldenCase, goldenNames } from './checkpoint';

type Config = Record<string, unknown>;

const configOf = (name: string): Config => goldenCase(name).config;

function refusal(run: () => unknown): LabError {
  try {
    run();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
const refused = (name: string, change: Config) => refusal(() => buildGraph({ ...configOf(name), ...change }));

describe('registry', () => {
  it('knows the Llama family', () => {
    const family = ['LlamaForCausalLM', 'MistralForCausalLM', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM'];
    expect(knownArchitectures()).toEqual(expect.arrayContaining(family));
  });

  it('takes the architecture from architectures, else from model_type', () => {
    expect(architectureOf({ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' })).toBe('GPT2LMHeadModel');
    expect(architectureOf({ architectures: null, model_type: 'qwen3' })).toBe('Qwen3ForCausalLM');
    expect(architectureOf({ architectures: [], model_type: 'gpt2' })).toBeNull();
    expect(architectureOf({ architectures: 'LlamaForCausalLM' })).toBeNull();
  });

  it('refuses an unknown architecture by name, with the list of those it knows', () => {
    const error = refusal(() => buildGraph({ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' }));
    expect(error.code).toBe('graph/unknown-architecture');
    expect(error.params['architecture']).toBe('GPT2LMHeadModel');
    for (const text of ['GPT2LMHeadModel', ...knownArchitectures()]) expect(error.message).toContain(text);
  });

  it('refuses a config without any architecture', () => {
    expect(refusal(() => expectedTensors({ hidden_size: 8 })).code).toBe('graph/no-architecture');
  });

  it('refuses a model_type that belongs to another architecture', () => {
    const error = refused('llama-tied', { model_type: 'qwen2' });
    expect(error.code).toBe('config/model-type');
    expect(error.params).toMatchObject({ found: '"qwen2"', expected: 'llama' });
  });
});

describe('expected tensors', () => {
  it.each(goldenNames())('%s: names and shapes are those Python transformers saved', (name) => {
    const { config, weights } = goldenCase(name);
    const saved = [...weights].map(([tensor, { shape }]) => [tensor, shape] as const);
    expect(new Map([...expectedTensors(config)].sort())).toEqual(new Map([...saved].sort()));
    expect(buildGraph(config).tensors.sort()).toEqual([...weights.keys()].sort());
  });

  it('the lmHead option decides over tie_word_embeddings', () => {
    const tied = configOf('llama-tied');
    const untied = configOf('mistral');
    expect(expectedTensors(tied).has('lm_head.weight')).toBe(false);
    expect(expectedTensors(tied, { lmHead: true }).get('lm_head.weight')).toEqual([96, 48]);
    expect(expectedTensors(untied).has('lm_head.weight')).toBe(true);
    expect(buildGraph(untied, { lmHead: false }).tensors).not.toContain('lm_head.weight');
  });

  it('biases that an architecture does not have are not expected, whatever the config says', () => {
    const biased = { attention_bias: true, mlp_bias: true };
    const has = (name: string, tensor: string) =>
      expectedTensors({ ...configOf(name), ...biased }).has(`model.layers.0.${tensor}.bias`);
    const tensors = ['self_attn.q_proj', 'self_attn.o_proj', 'mlp.up_proj'];
    const table = ['llama-tied', 'mistral', 'qwen2', 'qwen3'].map((name) => tensors.map((tensor) => has(name, tensor)));
    expect(table).toEqual([
      [true, true, true],
      [false, false, false],
      [true, false, false],
      [true, true, false],
    ]);
  });

  it('missing keys take the defaults of the transformers config classes', () => {
    const bare = {
      hidden_size: 4096,
      intermediate_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 32,
      vocab_size: 9,
    };
    const read = (id: string, extra: Config = {}) => {
      const member = LLAMA_MEMBERS.find((candidate) => candidate.id === id)!;
      const { kvHeads, headDim, maxPositions, rmsNormEps, rope, lmHead } = readLlamaConfig(
        { ...bare, ...extra },
        member,
        {},
      );
      return { kvHeads, headDim, maxPositions, rmsNormEps, theta: rope.theta, lmHead };
    };
    const common = { rmsNormEps: 1e-6, theta: 10_000, lmHead: true, maxPositions: 4096 };
    expect(read('LlamaForCausalLM')).toEqual({ ...common, kvHeads: 32, headDim: 128, maxPositions: 2048 });
    expect(read('MistralForCausalLM')).toEqual({ ...common, kvHeads: 8, headDim: 128 });
    expect(read('MistralForCausalLM', { num_key_value_heads: null }).kvHeads).toBe(32);
    expect(read('Qwen2ForCausalLM', { num_attention_heads: 64 })).toEqual({ ...common, kvHeads: 32, headDim: 64 });
    expect(read('Qwen3ForCausalLM', { num_attention_heads: 64 })).toEqual({ ...common, kvHeads: 32, headDim: 128 });
  });
});

describe('spellings of transformers 4 and 5', () => {
  const version4: Record<string, (type: string) => Config> = {
    'llama-tied': () => ({ rope_theta: 10_000 }),
    'llama-linear': (type) => ({ rope_theta: 10_000, rope_scaling: { [type]: 'linear', factor: 3 } }),
    'llama-untied-bias-llama3': (type) => ({
      rope_theta: 10_000,
      rope_scaling: {
        [type]: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 32,
      },
    }),
    mistral: () => ({ rope_theta: 1_000_000, rope_scaling: null }),
  };

  it.each(Object.keys(version4).flatMap((name) => ['type', 'rope_type'].map((type) => [name, type] as const)))(
    '%s written by transformers 4 with %s gives the same graph',
    (name, type) => {
      const modern = configOf(name);
      const { rope_parameters: _, dtype, ...rest } = modern;
      const old = { ...rest, ...version4[name]!(type), torch_dtype: dtype };
      expect(buildGraph(old).bytes).toEqual(buildGraph(modern).bytes);
    },
  );

  it('a theta inside the parameters wins over one outside, rope_scaling over rope_parameters', () => {
    const modern = configOf('mistral');
    expect(buildGraph({ ...modern, rope_theta: 5 }).bytes).toEqual(buildGraph(modern).bytes);
    const linear = { rope_type: 'linear', factor: 3, rope_theta: 10_000 };
    expect(buildGraph({ ...modern, rope_scaling: linear }).bytes).toEqual(
      buildGraph({ ...modern, rope_parameters: linear }).bytes,
    );
  });

  it('original_max_position_embeddings may stand outside, and defaults to max_position_embeddings', () => {
    const config = configOf('llama-untied-bias-llama3');
    const { original_max_position_embeddings: original, ...rest } = config['rope_parameters'] as Config;
    const without = { ...config, rope_parameters: rest };
    const outside = { ...without, original_max_position_embeddings: original };
    expect(buildGraph(outside).bytes).toEqual(buildGraph(config).bytes);
    const explicit = { ...without, original_max_position_embeddings: config['max_position_embeddings'] };
    expect(buildGraph(without).bytes).toEqual(buildGraph(explicit).bytes);
    expect(buildGraph(without).bytes).not.toEqual(buildGraph(config).bytes);
  });

  it('reads dtype and torch_dtype', () => {
    const { dtype: _, ...config } = configOf('llama-tied');
    const read = (extra: Config) => readLlamaConfig({ ...config, ...extra }, LLAMA_MEMBERS[0]!, {}).dtype;
    expect(read({ dtype: 'bfloat16' })).toBe('bfloat16');
    expect(read({ torch_dtype: 'torch.float16' })).toBe('float16');
    expect(read({})).toBeNull();
  });
});

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
    const { maxPositions } = buildGraph({ ...configOf(name), ...change });
    expect(maxPositions).toBe(change['max_position_embeddings'] ? 4096 : 128);
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
