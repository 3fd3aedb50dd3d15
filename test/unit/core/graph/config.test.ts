import { describe, expect, it } from 'vitest';
import { LLAMA_MEMBERS, readLlamaConfig } from '../../../../src/core/graph/llama-config';
import { architectureOf, buildGraph, expectedTensors, knownArchitectures } from '../../../../src/core/graph/registry';
import { goldenCase, goldenNames, refusal } from './checkpoint';

type Config = Record<string, unknown>;

const configOf = (name: string): Config => goldenCase(name).config;

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
