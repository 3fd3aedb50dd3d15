import { LabError } from '../errors';
import { isFloat } from '../tensor/dtype';
import type { TensorIndex } from '../tensor/types';
import { parseAdapterConfig, scalingOf } from './config';
import type { Adapter, AdapterConfig, Factors, StoredTensor } from './types';

export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

const PREFIX = 'base_model.model.';
const FACTOR = /^(.+)\.(lora_A\.weight|lora_B\.weight|lora_embedding_A|lora_embedding_B)$/;
/** PEFT's wrappers stand between a module and its tensor. */
const WRAPPER = /\.(base_layer|modules_to_save|original_module)\./;

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Sides of a module's factors by their role; a module that has both kinds is no layer PEFT makes. */
type Sides = Partial<Record<'lora_A.weight' | 'lora_B.weight' | 'lora_embedding_A' | 'lora_embedding_B', StoredTensor>>;

function factorsOf(module: string, sides: Sides, config: AdapterConfig): Factors {
  const embedding = sides.lora_embedding_A !== undefined || sides.lora_embedding_B !== undefined;
  const a = embedding ? sides.lora_embedding_A : sides['lora_A.weight'];
  const b = embedding ? sides.lora_embedding_B : sides['lora_B.weight'];
  if (!a || !b)
    throw new LabError(
      'lora/incomplete',
      `The adapter has only one of the two factors of ${module}. It was not saved whole; get it again.`,
      { module },
    );
  const { rank, scaling } = scalingOf(config, module);
  for (const [factor, at] of [
    [a, 0],
    [b, 1],
  ] as const) {
    if (factor.shape.length === 2 && factor.shape[at] === rank && isFloat(factor.dtype)) continue;
    const found = `${factor.dtype} ${shapeText(factor.shape)}`;
    const expected = at === 0 ? `[${rank}, in]` : `[out, ${rank}]`;
    throw new LabError(
      'lora/shape',
      `${factor.name} is ${found}; by ${ADAPTER_CONFIG} it must be ${expected}. The two files are not of one adapter, or it adapts convolutions, which this lab cannot.`,
      { tensor: factor.name, found, expected, model: ADAPTER_CONFIG },
    );
  }
  return { module, a, b, rank, scaling: Math.fround(scaling), embedding };
}

/**
 * Reads an adapter from its settings and the headers of its weights.
 * @param settings the parsed adapter_config.json.
 * @throws LabError lora/*: what PEFT would not load, and what this lab cannot lay on a model, by name.
 */
export function parseAdapter(settings: Readonly<Record<string, unknown>>, index: TensorIndex): Adapter {
  const { config, warnings } = parseAdapterConfig(settings);
  const sides = new Map<string, Sides>();
  const replaced = new Map<string, StoredTensor>();
  for (const [name, tensor] of index.tensors) {
    const path = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
    const [, module, side] = (path !== null && FACTOR.exec(path)) || [];
    if (module !== undefined) sides.set(module, { ...sides.get(module), [side as keyof Sides]: tensor });
    else if (path === null || /(^|\.)lora_/.test(path))
      throw new LabError(
        'lora/tensor',
        `The adapter holds "${name.slice(0, 160)}", which is no tensor of a LoRA adapter as PEFT saves it. Save it again with save_pretrained.`,
        { tensor: name.slice(0, 160) },
      );
    // The original beside a saved module is the base's own.
    else if (!path.includes('.original_module.')) replaced.set(path.replace(WRAPPER, '.'), tensor);
  }
  if (sides.size === 0 && replaced.size === 0)
    throw new LabError('lora/empty', 'The adapter holds no tensors, so it changes nothing. Get it again.');
  const factors = new Map([...sides].map(([module, of]) => [module, factorsOf(module, of, config)]));
  return { config, factors, replaced, warnings };
}
