import { LabError } from '../core/errors';
import { namedArchitecture } from '../core/graph/config';
import { taken } from '../core/graph/registry';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, parseAdapter } from '../core/lora/adapter';
import { identityIndex } from '../core/lora/identity';
import type { Adapter } from '../core/lora/types';
import type { CheckpointHead } from '../core/merge/types';
import { elementCount, isFloat } from '../core/tensor/dtype';
import { openCheckpointTensors } from '../core/tensor/checkpoint';
import { openSafetensors } from '../core/tensor/safetensors';
import { INDEX_NAME } from '../core/tensor/sharded';
import type { ByteSource, TensorIndex } from '../core/tensor/types';
import { vocabularyOf } from '../core/vocab/tokenizer';
import type { Json, TextFiles } from '../core/vocab/types';
import type { CheckpointSummary, ModelSpec } from './api';
import { parseJsonFile, withoutCode } from './json';

const MEGABYTE = 1_000_000;
const CONFIG_LIMIT = 10 * MEGABYTE;
const TOKENIZER_LIMIT = 64 * MEGABYTE;
const TEMPLATE_LIMIT = 64_000;

/** Files copied into a merged folder as they are, besides the ones a merge writes itself. */
export const COMPANIONS = [
  'generation_config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
] as const;

/** An opened Hugging Face folder: headers and small files in memory, weights read on demand. */
export interface Checkpoint {
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly index: TensorIndex;
  readonly config: Record<string, unknown> | null;
  readonly vocabulary: ReadonlyMap<string, number> | null;
  readonly text: TextFiles | null;
  /** preprocessor_config.json: how sound or pictures become numbers. */
  readonly preprocessor: Json | null;
  readonly files: ReadonlyMap<string, ByteSource>;
  /** Not null: the folder holds no whole model but a LoRA adapter. */
  readonly adapter: Adapter | null;
  readonly warnings: readonly CheckpointSummary['warnings'][number][];
}

async function readText(source: ByteSource, limit: number): Promise<string> {
  if (source.size > limit)
    throw new LabError('file/too-large', `${source.name} is larger than the ${limit} bytes allowed for it.`, {
      file: source.name,
      limit,
    });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
  } catch (error) {
    if (error instanceof TypeError)
      throw new LabError('file/not-utf8', `${source.name} is not valid UTF-8 text. Get the file again.`, {
        file: source.name,
      });
    throw error;
  }
}

async function readJson(
  files: ReadonlyMap<string, ByteSource>,
  name: string,
  limit: number,
  keys: 'strict' | 'data',
): Promise<Record<string, unknown> | null> {
  const source = files.get(name);
  return source ? parseJsonFile(await readText(source, limit), name, limit, keys) : null;
}

/** The files that let a model read and write text; null where it has no tokenizer.json. */
async function readTextFiles(files: ReadonlyMap<string, ByteSource>): Promise<TextFiles | null> {
  const tokenizer = await readJson(files, 'tokenizer.json', TOKENIZER_LIMIT, 'data');
  if (!tokenizer) return null;
  const special = (await readJson(files, 'special_tokens_map.json', CONFIG_LIMIT, 'strict')) ?? {};
  const tokenizerConfig = { ...special, ...(await readJson(files, 'tokenizer_config.json', CONFIG_LIMIT, 'strict')) };
  const template = files.get('chat_template.jinja');
  if (template && tokenizerConfig['chat_template'] === undefined)
    tokenizerConfig['chat_template'] = await readText(template, TEMPLATE_LIMIT);
  const inline = tokenizerConfig['chat_template'];
  if (typeof inline === 'string' && inline.length > TEMPLATE_LIMIT)
    throw new LabError(
      'file/too-large',
      `The chat template is larger than the ${TEMPLATE_LIMIT} characters allowed for it.`,
      { file: 'chat_template', limit: TEMPLATE_LIMIT },
    );
  const generationConfig = (await readJson(files, 'generation_config.json', CONFIG_LIMIT, 'strict')) ?? {};
  return { tokenizer, tokenizerConfig, generationConfig };
}

/** The weights of a folder: a whole model's, or an adapter's with the settings that belong to them. */
async function readWeights(
  files: ReadonlyMap<string, ByteSource>,
): Promise<{ index: TensorIndex; adapter: Adapter | null }> {
  const weights = files.get(ADAPTER_WEIGHTS);
  if (!weights || files.has('model.safetensors') || files.has(INDEX_NAME))
    return { index: await openCheckpointTensors(files), adapter: null };
  const settings = await readJson(files, ADAPTER_CONFIG, CONFIG_LIMIT, 'strict');
  if (!settings)
    throw new LabError(
      'lora/no-config',
      `There is ${ADAPTER_WEIGHTS} here but no ${ADAPTER_CONFIG}, which says how the adapter is laid on its base. Add it.`,
    );
  const index = await openSafetensors(weights);
  const adapter = parseAdapter(settings, index);
  return { index: identityIndex(index, adapter.config), adapter };
}

/**
 * Opens a folder from its files by name. Reads headers and small JSON files, no weights.
 * @throws LabError `safetensors/...`, `file/...`, `lora/...` for whatever is wrong with a file, naming it.
 */
export async function openCheckpoint(
  title: string,
  files: ReadonlyMap<string, ByteSource>,
  titles: Readonly<Record<string, string>> = {},
): Promise<Checkpoint> {
  const { index, adapter } = await readWeights(files);
  const rawConfig = await readJson(files, 'config.json', CONFIG_LIMIT, 'strict');
  const { config, dropped } = rawConfig ? withoutCode(rawConfig) : { config: null, dropped: [] };
  const text = await readTextFiles(files);
  const preprocessor = await readJson(files, 'preprocessor_config.json', CONFIG_LIMIT, 'strict');
  return {
    title,
    titles,
    index,
    config,
    vocabulary: text && vocabularyOf(text.tokenizer),
    text,
    preprocessor,
    files,
    adapter,
    warnings: [
      ...index.warnings,
      ...(adapter?.warnings ?? []),
      ...dropped.map((key) => ({
        code: 'config/dropped-key',
        message: `config.json: "${key}" is ignored; this page never runs code from a model.`,
        params: { key },
      })),
    ],
  };
}

export const headOf = (alias: string, { index, config, vocabulary, text }: Checkpoint): CheckpointHead => ({
  alias,
  index,
  config,
  vocabulary,
  text,
});

/** What the page may know of a checkpoint. */
export function summarize(alias: string, src: string, checkpoint: Checkpoint): CheckpointSummary {
  const { adapter } = checkpoint;
  // An adapter's settings stand among its tensors, to be fingerprinted with them.
  const tensors = [...checkpoint.index.tensors.values()].filter(({ name }) => !adapter || name !== ADAPTER_CONFIG);
  return {
    alias,
    src,
    title: checkpoint.title,
    titles: { ...checkpoint.titles },
    architecture: namedArchitecture(checkpoint.config),
    parameters: tensors.filter((t) => isFloat(t.dtype)).reduce((sum, t) => sum + elementCount(t.shape), 0),
    bytes: tensors.reduce((sum, t) => sum + t.end - t.begin, 0),
    dtypes: [...new Set(tensors.map((t) => t.dtype))],
    tensors: tensors.length,
    warnings: [...checkpoint.warnings],
    ...(adapter && {
      adapter: {
        baseName: adapter.config.baseName,
        rank: Math.max(0, ...[...adapter.factors.values()].map(({ rank }) => rank)),
        modules: adapter.factors.size,
        saved: adapter.replaced.size,
      },
    }),
  };
}

/**
 * What an infer worker needs besides the weights.
 * @param config the config that belongs to the weights: the checkpoint's own, or the merged one.
 * @param text the text files that belong to them; none: the checkpoint's own
 * @throws LabError `model/no-config`, `model/no-tokenizer`, `model/no-preprocessor` where the folder can merge but not talk.
 */
export function modelSpec(
  { title, text: own, preprocessor }: Checkpoint,
  config: Record<string, unknown> | null,
  text: TextFiles | null = own,
): ModelSpec {
  if (!config)
    throw new LabError(
      'model/no-config',
      `${title} has no config.json, so its graph cannot be built. Add the file of the original model to the folder.`,
      { model: title },
    );
  const asked = taken(config);
  if (asked === 'numbers') return { config, text: null, preprocessor: null };
  if ((asked === 'sound' || asked === 'picture') && !preprocessor)
    throw new LabError(
      'model/no-preprocessor',
      `${title} has no preprocessor_config.json, so it cannot be given ${asked === 'sound' ? 'sound' : 'pictures'}. Add the file of the original model to the folder.`,
      { model: title },
    );
  if (!text)
    throw new LabError(
      'model/no-tokenizer',
      `${title} has no tokenizer.json, so it can be merged but cannot read a prompt. Add the file of the original model to the folder.`,
      { model: title },
    );
  return { config, text, preprocessor };
}
