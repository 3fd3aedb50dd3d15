import { LabError } from '../errors';
import { namedArchitecture } from '../graph/config';
import type { MergeDType } from '../recipe/types';
import { isFloat } from '../tensor/dtype';
import type { DType } from '../tensor/types';
import { EMBEDDING, HEAD } from './compat';
import { plainName } from './modules';
import type { Restacked } from './outputs';
import type { CheckpointHead, PlanTensor } from './types';

export const DTYPES: Record<MergeDType, DType> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float64: 'F64',
};
const NAMES = new Map(Object.entries(DTYPES).map(([name, dtype]) => [dtype, name]));

/** Floats the arithmetic can decode; anything else that is a float is quantised storage. */
export const MERGEABLE: ReadonlySet<DType> = new Set<DType>(['F16', 'BF16', 'F32', 'F64']);

/** torch.promote_types over float dtypes, at least one. */
export function promote(dtypes: Iterable<DType>): DType {
  const set = new Set(dtypes);
  if (set.size === 1) return [...set][0]!;
  return set.has('F64') ? 'F64' : 'F32';
}

/** @throws LabError `merge/quantised` */
export function refuseQuantised(tensor: string, model: string, dtype: DType): void {
  if (MERGEABLE.has(dtype)) return;
  throw new LabError(
    'merge/quantised',
    `${tensor} of ${model} is stored as ${dtype}, a quantised format that cannot be added up. Use the float16, bfloat16 or float32 checkpoint.`,
    { tensor, model, dtype },
  );
}

type Config = Record<string, unknown>;

/** A head is tied exactly when the checkpoint has no head of its own; a config that says otherwise makes loaders drop weights. */
export function withTrueTie(config: Config, tensors: readonly PlanTensor[]): Config {
  const names = new Set(tensors.map(({ name }) => plainName(name)));
  // What scores has no head of the kind that could be tied.
  if (!names.has(EMBEDDING) || names.has('score.weight')) return config;
  return { ...config, tie_word_embeddings: !names.has(HEAD) };
}

/** Where a config says how many layers a module has: a path of keys. */
const LAYERS_KEY: Readonly<Record<string, readonly string[]>> = {
  default: ['num_hidden_layers'],
  encoder: ['encoder_layers'],
  decoder: ['decoder_layers'],
  text_decoder: ['text_config', 'num_hidden_layers'],
  vision_tower: ['vision_config', 'num_hidden_layers'],
};

const isConfig = (value: unknown): value is Config =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function changed(config: Config, path: readonly string[], change: (owner: Config, key: string) => Config): Config {
  const [key, ...rest] = path;
  if (rest.length === 0) return change(config, key!);
  const inner = config[key!];
  return isConfig(inner) ? { ...config, [key!]: changed(inner, rest, change) } : config;
}

/** The number of layers, and what kind each is where the config lists that layer by layer. */
function withLayers(config: Config, { module, layers }: Restacked): Config {
  const path = LAYERS_KEY[module] ?? LAYERS_KEY['default']!;
  return changed(config, path, (owner, key) => {
    const next: Config = { ...owner, [key]: layers.length };
    if (Array.isArray(owner['layer_types']))
      next['layer_types'] = layers.map(({ head, layer }) => {
        const types = head.config?.['layer_types'];
        return Array.isArray(types) ? (types[layer] as unknown) : 'full_attention';
      });
    return next;
  });
}

/** What transformers calls models whose head scores a whole text. */
const SCORES = 'ForSequenceClassification';
export const scores = (architecture: string): boolean => architecture.endsWith(SCORES);

/** Keys of a config that speak of the head. */
const HEAD_KEYS = ['num_labels', 'id2label', 'label2id', 'problem_type'];

/**
 * The config of a model that is given another one's head: where that scores and the model's own does not, or the other way
 * round, it is another architecture. `LlavaForSequenceClassification` is ours.
 */
function withHeadOf(config: Config, { config: other }: CheckpointHead): Config {
  const [own, given] = [namedArchitecture(config), namedArchitecture(other)];
  if (!own || !given || (scores(own) === scores(given) && !scores(own))) return config;
  const kept = Object.entries(config).filter(([key]) => !HEAD_KEYS.includes(key));
  const keys = scores(given) ? [...HEAD_KEYS, 'pad_token_id'] : [];
  const taken = Object.entries(other ?? {}).filter(([key]) => keys.includes(key));
  const stem = own.replace(/For[A-Z]\w*$/, '');
  const kind = scores(given) ? SCORES : 'text_config' in config ? 'ForConditionalGeneration' : 'ForCausalLM';
  return { ...Object.fromEntries(kept), ...Object.fromEntries(taken), architectures: [stem + kind] };
}

/**
 * config.json of the result: the donor's, with the dtype, the layers and the head as they really are.
 * @param headFrom the model that gives the head, where that is not the donor's own
 */
export function outputConfig(
  donor: CheckpointHead,
  tensors: readonly PlanTensor[],
  restacked: readonly Restacked[],
  headFrom: CheckpointHead = donor,
): Config | null {
  if (!donor.config) return null;
  const dtypes = new Set(tensors.filter((t) => isFloat(t.dtype)).map((t) => t.dtype));
  const dtype = dtypes.size === 1 ? NAMES.get([...dtypes][0]!) : undefined;
  const dtypeKey = 'dtype' in donor.config ? 'dtype' : 'torch_dtype';
  const config = restacked.reduce(withLayers, { ...donor.config, ...(dtype && { [dtypeKey]: dtype }) });
  return withTrueTie(headFrom === donor ? config : withHeadOf(config, headFrom), tensors);
}
