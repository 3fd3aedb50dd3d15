import { describe, expect, test } from 'vitest';
import { parseAdapterConfig, scalingOf } from '../../../../src/core/lora/config';
import { identityIndex } from '../../../../src/core/lora/identity';
import { madeHead } from '../merge/helpers';
import { madeAdapter, SETTINGS } from './helpers';

const refusal = (settings: Record<string, unknown>): unknown => {
  try {
    parseAdapterConfig({ ...SETTINGS, ...settings });
    return null;
  } catch (error) {
    return error;
  }
};

describe('adapter_config.json', () => {
  test.each([
    [{ use_dora: true }, 'use_dora'],
    [{ bias: 'lora_only' }, 'bias: lora_only'],
    [{ peft_type: 'IA3' }, 'peft_type: IA3'],
    [{ layer_replication: [[0, 2]] }, 'layer_replication'],
    [{ target_parameters: ['experts.up'] }, 'target_parameters'],
    [{ trainable_token_indices: [1] }, 'trainable_token_indices'],
  ])('%j is refused by name', (settings, feature) => {
    expect(refusal(settings)).toMatchObject({ code: 'lora/unsupported', params: { feature } });
  });

  test.each([
    [{ r: 0 }, 'lora/config'],
    [{ r: '8' }, 'lora/config'],
    [{ lora_alpha: null }, 'lora/config'],
    [{ peft_type: undefined }, 'lora/config'],
    [{ rank_pattern: { q: 1.5 } }, 'lora/config'],
    [{ rank_pattern: { '(': 2 } }, 'lora/pattern'],
    [{ alpha_pattern: { '(a+)+': 2 } }, 'lora/pattern'],
    [{ target_modules: [1] }, 'lora/config'],
    [{ modules_to_save: 'norm' }, 'lora/config'],
  ])('%j is refused', (settings, code) => {
    expect(refusal(settings)).toMatchObject({ code });
  });

  test('empty and null settings of what is not supported switch nothing on', () => {
    expect(refusal({ layer_replication: null, target_parameters: [], arrow_config: {}, use_dora: false })).toBeNull();
  });

  test('patterns match as in PEFT: the end of a module’s path, the first key first', () => {
    const { config } = parseAdapterConfig({
      ...SETTINGS,
      r: 8,
      lora_alpha: 16,
      rank_pattern: { proj: 1, q_proj: 2, 'layers\\.0\\..*': 4 },
    });
    expect(scalingOf(config, 'model.layers.1.q_proj')).toEqual({ rank: 2, scaling: 8 });
    // `proj` is no whole part of "k_proj"'s path.
    expect(scalingOf(config, 'model.layers.0.k_proj')).toEqual({ rank: 4, scaling: 4 });
    expect(scalingOf(config, 'model.layers.1.k_proj')).toEqual({ rank: 8, scaling: 2 });
  });

  test('a quantised base and a start that changes the base are remarked', () => {
    const warned = (settings: Record<string, unknown>) =>
      parseAdapterConfig({ ...SETTINGS, ...settings }).warnings.map(({ code }) => code);
    expect(warned({ base_model_name_or_path: 'unsloth/Qwen2-0.5B-bnb-4bit' })).toEqual(['lora/quantised-base']);
    expect(warned({ base_model_name_or_path: 'x/Llama-GPTQ' })).toEqual(['lora/quantised-base']);
    expect(warned({ base_model_name_or_path: 'x/Llama-3', init_lora_weights: 'pissa_niter_4' })).toEqual([
      'lora/changed-base',
    ]);
    expect(warned({ base_model_name_or_path: 'x/Llama-3' })).toEqual([]);
  });
});

describe('adapter_model.safetensors', () => {
  const A = { shape: [1, 3], values: [1, 1, 1] };
  const B = { shape: [2, 1], values: [1, 1] };
  test.each([
    ['lora/incomplete', { 'base_model.model.x.lora_A.weight': A }],
    ['lora/tensor', { 'x.lora_A.weight': A }],
    ['lora/tensor', { 'base_model.model.x.lora_magnitude_vector': B }],
    ['lora/empty', {}],
    [
      'lora/shape',
      {
        'base_model.model.x.lora_A.weight': { shape: [2, 3], values: [1, 1, 1, 1, 1, 1] },
        'base_model.model.x.lora_B.weight': B,
      },
    ],
  ])('is refused: %s', (code, tensors) => {
    expect(() => madeAdapter(tensors)).toThrow(expect.objectContaining({ code }));
  });

  test('an adapter under another alpha is another adapter', async () => {
    const tensors = { 'base_model.model.x.lora_A.weight': A, 'base_model.model.x.lora_B.weight': B };
    const settings = async (alpha: number) => {
      const { config } = madeAdapter(tensors, { lora_alpha: alpha });
      const info = identityIndex(madeHead('y', tensors).index, config).tensors.get('adapter_config.json')!;
      expect(info.dtype).toBe('U8');
      return new TextDecoder().decode(await info.source.read(info.begin, info.end));
    };
    expect(await settings(1)).not.toBe(await settings(2));
    expect(await settings(2)).toBe(await settings(2));
  });
});
