import { canonicalJson } from '../recipe/canonical';
import type { TensorIndex } from '../tensor/types';
import { virtualTensor } from '../tensor/virtual';
import { ADAPTER_CONFIG } from './adapter';
import type { AdapterConfig, Pattern } from './types';

/**
 * The tensors of an adapter and, as one more, the settings that its change depends on: equal factors under another alpha
 * are another adapter. What is fingerprinted (C4) for `file:<fingerprint>`: the settings are a tensor named
 * `adapter_config.json`, U8, of the bytes of their canonical JSON.
 */
export function identityIndex(index: TensorIndex, config: AdapterConfig): TensorIndex {
  const pairs = (patterns: readonly Pattern[]) => patterns.map(({ key, value }) => [key, value]);
  const text = canonicalJson({
    alpha_pattern: pairs(config.alphaPattern),
    ensure_weight_tying: config.ensureWeightTying,
    fan_in_fan_out: config.fanInFanOut,
    lora_alpha: config.loraAlpha,
    r: config.r,
    rank_pattern: pairs(config.rankPattern),
    use_rslora: config.useRslora,
  });
  const bytes = new TextEncoder().encode(text);
  const settings = virtualTensor(ADAPTER_CONFIG, 'U8', [bytes.length], () => Promise.resolve(bytes));
  return { ...index, tensors: new Map([...index.tensors, [ADAPTER_CONFIG, settings]]) };
}
