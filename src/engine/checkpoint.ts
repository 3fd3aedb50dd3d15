import { LabError } from '../core/errors';
import { namedArchitecture } from '../core/graph/config';
import { takesNumbers } from '../core/graph/registry';
import type { CheckpointHead } from '../core/merge/types';
import { elementCount, isFloat } from '../core/tensor/dtype';
import { openCheckpointTensors } from '../core/tensor/checkpoint';
import type { ByteSource, TensorIndex } from '../core/tensor/types';
import type { CheckpointSummary, ModelSpec, TextFiles } from './api';
import { parseJsonFile, withoutCode } from './json';

const MEGABYTE = 1_000_000;
const CONFIG_LIMIT = 10 * MEGABYTE;
const TOKENIZER_LIMIT = 64 * MEGABYTE;
const TEMPLATE_LIMIT = 64_000;

/** Files copied into a merged folder as they are, besides the ones a merge writes itself. */
export const COMPANIONS = [
  'generation_config.json',
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
  readonly files: ReadonlyMap<string, ByteSource>;
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

/** token -> id from a tokenizer.json: BPE, WordPiece and WordLevel keep an object, Unigram a list; added tokens count. */
export function vocabularyOf(tokenizer: Record<string, unknown>): Map<string, number> {
  const vocabulary = new Map<string, number>();
  const vocab = (tokenizer['model'] as Record<string, unknown> | undefined)?.['vocab'];
  if (Array.isArray(vocab))
    vocab.forEach((entry, id) => vocabulary.set(String(Array.isArray(entry) ? entry[0] : entry), id));
  else if (typeof vocab === 'object' && vocab !== null)
    for (const [token, id] of Object.entries(vocab)) vocabulary.set(token, Number(id));
  const added = tokenizer['added_tokens'];
  if (Array.isArray(added))
    for (const token of added as { content?: unknown; id?: unknown }[])
      vocabulary.set(String(token.content), Number(token.id));
  return vocabulary;
}

/**
 * Opens a folder from its files by name. Reads headers and small JSON files, no weights.
 * @throws LabError `safetensors/...`, `file/...` for whatever is wrong with a file, naming it.
 */
export async function openCheckpoint(
  title: string,
  files: ReadonlyMap<string, ByteSource>,
  titles: Readonly<Record<string, string>> = {},
): Promise<Checkpoint> {
  const index = await openCheckpointTensors(files);
  const rawConfig = await readJson(files, 'config.json', CONFIG_LIMIT, 'strict');
  const { config, dropped } = rawConfig ? withoutCode(rawConfig) : { config: null, dropped: [] };
  const tokenizer = await readJson(files, 'tokenizer.json', TOKENIZER_LIMIT, 'data');
  return {
    title,
    titles,
    index,
    config,
    vocabulary: tokenizer ? vocabularyOf(tokenizer) : null,
    files,
    warnings: [
      ...index.warnings,
      ...dropped.map((key) => ({
        code: 'config/dropped-key',
        message: `config.json: "${key}" is ignored; this page never runs code from a model.`,
        params: { key },
      })),
    ],
  };
}

export const headOf = (alias: string, { index, config, vocabulary }: Checkpoint): CheckpointHead => ({
  alias,
  index,
  config,
  vocabulary,
});

/** What the page may know of a checkpoint. */
export function summarize(alias: string, src: string, checkpoint: Checkpoint): CheckpointSummary {
  const tensors = [...checkpoint.index.tensors.values()];
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
  };
}

/** Parsed once per checkpoint: a tokenizer is large, and every moved slider asks for it. */
const talking = new WeakMap<Checkpoint, Promise<TextFiles>>();

async function readTalkingFiles({ files, title }: Checkpoint): Promise<TextFiles> {
  const tokenizer = await readJson(files, 'tokenizer.json', TOKENIZER_LIMIT, 'data');
  if (!tokenizer)
    throw new LabError(
      'model/no-tokenizer',
      `${title} has no tokenizer.json, so it can be merged but cannot read a prompt. Add the file of the original model to the folder.`,
      { model: title },
    );
  const tokenizerConfig = (await readJson(files, 'tokenizer_config.json', CONFIG_LIMIT, 'strict')) ?? {};
  const template = files.get('chat_template.jinja');
  if (template && tokenizerConfig['chat_template'] === undefined)
    tokenizerConfig['chat_template'] = await readText(template, TEMPLATE_LIMIT);
  const inline = tokenizerConfig['chat_template'];
  if (typeof inline === 'string' && inline.length > TEMPLATE_LIMIT)
    throw new LabError(
      'file/too-large',
      `The chat template of ${title} is larger than the ${TEMPLATE_LIMIT} characters allowed for it.`,
      { file: 'chat_template', limit: TEMPLATE_LIMIT },
    );
  const generationConfig = (await readJson(files, 'generation_config.json', CONFIG_LIMIT, 'strict')) ?? {};
  return { tokenizer, tokenizerConfig, generationConfig };
}

/**
 * What an infer worker needs besides the weights.
 * @param config the config that belongs to the weights: the checkpoint's own, or the merged one.
 * @throws LabError `model/no-config`, `model/no-tokenizer` where the folder can merge but not talk.
 */
export async function modelSpec(checkpoint: Checkpoint, config: Record<string, unknown> | null): Promise<ModelSpec> {
  const { title } = checkpoint;
  if (!config)
    throw new LabError(
      'model/no-config',
      `${title} has no config.json, so its graph cannot be built. Add the file of the original model to the folder.`,
      { model: title },
    );
  if (takesNumbers(config)) return { config, text: null };
  const known = talking.get(checkpoint);
  const files = known ?? readTalkingFiles(checkpoint);
  if (!known) {
    talking.set(checkpoint, files);
    files.catch(() => talking.delete(checkpoint));
  }
  return { config, text: await files };
}
