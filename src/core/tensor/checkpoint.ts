import { LabError } from '../errors';
import { MAX_INDEX_BYTES } from './limits';
import { openSafetensors } from './safetensors';
import { INDEX_NAME, joinShards, missingShard, openSharded } from './sharded';
import type { ByteSource, TensorIndex } from './types';

/** As in @huggingface/hub: a prefix, the shard's number and how many there are. */
const SHARD = /^(.*?)([-_])(\d{5,6})-of-(\d{5,6})\.safetensors$/;
const OTHER_WEIGHTS = /\.(bin|pt|pth|ckpt|pkl|gguf|h5|msgpack|npz|onnx)$/i;

async function readIndex(source: ByteSource, signal?: AbortSignal): Promise<string> {
  if (source.size > MAX_INDEX_BYTES) {
    const message = `${source.name} has ${source.size} bytes; an index of shards has ${MAX_INDEX_BYTES} at most. It is not what its name says.`;
    throw new LabError('index/too-large', message, { file: source.name, size: source.size, limit: MAX_INDEX_BYTES });
  }
  const bytes = await source.read(0, source.size, signal);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const message = `${source.name} is not UTF-8 text. It is damaged; fetch it again.`;
    throw new LabError('index/not-utf8', message, { file: source.name });
  }
}

/** @returns the complete set of shards these names belong to, null where they are not shards of one checkpoint. */
function shardSet(names: readonly string[]): string[] | null {
  const first = SHARD.exec(names[0] ?? '');
  if (!first) return null;
  const [, prefix = '', dash = '', digits = '', total = ''] = first;
  const count = Number(total);
  const name = (shard: number): string =>
    `${prefix}${dash}${String(shard).padStart(digits.length, '0')}-of-${total}.safetensors`;
  // Checked before the set is spelled out: a name may claim 999999 shards.
  const belongs = names.every((each) => {
    const match = SHARD.exec(each);
    const number = Number(match?.[3]);
    return number >= 1 && number <= count && each === name(number);
  });
  if (!belongs) return null;
  const present = new Set(names);
  for (let shard = 1; shard <= count; shard++) if (!present.has(name(shard))) throw missingShard(name(shard), count);
  return Array.from({ length: count }, (_, i) => name(i + 1));
}

function noWeights(names: readonly string[]): LabError {
  const other = names.find((name) => OTHER_WEIGHTS.test(name));
  if (other !== undefined) {
    const message = `There is no .safetensors file here, only ${other}. Pickle files (.bin, .pt) and other formats are not supported, as they can run code or have lost precision; convert the checkpoint to safetensors.`;
    return new LabError('checkpoint/unsupported-format', message, { file: other });
  }
  const message = 'There is no .safetensors file here. Choose the folder that holds model.safetensors and config.json.';
  return new LabError('checkpoint/no-weights', message, { files: names.length });
}

/**
 * Opens the weights of a Hugging Face folder: `model.safetensors`, else the index and its shards, else a complete set of
 * shards without an index, else the only safetensors file there is.
 * @param files by path inside the folder
 * @throws LabError `checkpoint/no-weights`, `checkpoint/unsupported-format`, `checkpoint/ambiguous`, and those of openSharded
 */
export async function openCheckpointTensors(
  files: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<TensorIndex> {
  const single = files.get('model.safetensors');
  if (single) return openSafetensors(single, signal);
  const index = files.get(INDEX_NAME);
  if (index) return openSharded(await readIndex(index, signal), (name) => files.get(name), signal, index.name);
  const names = [...files.keys()].filter((name) => name.endsWith('.safetensors')).sort();
  const shards = shardSet(names);
  if (!shards && names.length > 1) {
    const list = names.slice(0, 5).join(', ');
    const message = `There are ${names.length} safetensors files here and none is model.safetensors: ${list}. Choose one, or add ${INDEX_NAME}.`;
    throw new LabError('checkpoint/ambiguous', message, { count: names.length, files: list });
  }
  const sources = (shards ?? names).map((name) => files.get(name)).filter((source) => source !== undefined);
  if (sources.length === 0) throw noWeights([...files.keys()]);
  return joinShards(sources, signal);
}
