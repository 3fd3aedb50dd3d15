import { LabError } from '../errors';
import { JsonScanner } from './json';
import { MAX_SHARDS, MAX_TENSORS } from './limits';
import { openSafetensors } from './safetensors';
import type { ByteSource, TensorIndex } from './types';

export const INDEX_NAME = 'model.safetensors.index.json';

type Located = TensorIndex['tensors'] extends ReadonlyMap<string, infer T> ? T : never;

/** Headers read at the same time: enough to hide a network's delay, few enough not to flood it. */
const PARALLEL = 8;

interface ShardIndex {
  /** tensor -> shard file */
  readonly shardOf: ReadonlyMap<string, string>;
  /** null where absent or not a number */
  readonly totalSize: number | null;
}

/** Percent-decodes byte by byte: decodeURIComponent gives up on the whole text at the first wrong escape. */
function decodeOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/**
 * A shard's name ends up in a path or an address: `%2e%2e/x` would lead out of the checkpoint, and a token to another
 * repository. Decoded until it no longer changes, it must be a plain relative path.
 * @throws LabError `index/unsafe-shard`
 */
export function checkShardName(shard: string, indexName = INDEX_NAME): void {
  let decoded = shard;
  for (let round = 0; round < 5; round++) decoded = decodeOnce(decoded);
  const stable = decodeOnce(decoded) === decoded;
  // eslint-disable-next-line no-control-regex -- control characters are one of the dangers
  const clean = !/[\0-\x1f\x7f\\?#]/.test(decoded) && !/^[^/]*:/.test(decoded);
  const segments = decoded.split('/');
  if (stable && clean && segments.every((part) => part !== '' && part !== '.' && part !== '..')) return;
  const shown = JSON.stringify(shard.slice(0, 120));
  const message = `${indexName} names the shard ${shown}, which is not a plain file name inside the checkpoint. The index is damaged or forged; use the original one.`;
  throw new LabError('index/unsafe-shard', message, { file: indexName, shard: shown });
}

function parseIndex(text: string, file: string): ShardIndex {
  const scanner = new JsonScanner(text, file);
  const shardOf = new Map<string, string>();
  const shards = new Set<string>();
  let totalSize: number | null = null;
  let maps = 0;
  const refuse = (code: string, message: string, params: Record<string, string | number> = {}): LabError =>
    new LabError(code, `${file}: ${message}. The index is damaged; fetch it again.`, { file, ...params });

  const readMap = (): void => {
    if (maps++ > 0) throw refuse('index/duplicate-weight-map', 'it has two "weight_map" entries');
    if (scanner.next() !== '{') throw refuse('index/no-weight-map', 'its "weight_map" is not an object');
    scanner.object((tensor) => {
      if (shardOf.has(tensor))
        throw refuse('index/duplicate-tensor', `it lists the tensor "${tensor}" twice`, { tensor });
      if (shardOf.size >= MAX_TENSORS) {
        throw refuse('index/too-many-tensors', `it lists more than ${MAX_TENSORS} tensors`, { limit: MAX_TENSORS });
      }
      if (scanner.next() !== '"') {
        throw refuse('index/shard-not-text', `the shard of tensor "${tensor}" is not a file name`, { tensor });
      }
      const shard = scanner.string();
      if (!shards.has(shard)) checkShardName(shard, file);
      shards.add(shard);
      if (shards.size > MAX_SHARDS)
        throw refuse('index/too-many-shards', `it lists more than ${MAX_SHARDS} shards`, { limit: MAX_SHARDS });
      shardOf.set(tensor, shard);
    });
  };
  const readTotal = (): void => {
    if (scanner.next() !== '{') return scanner.skip();
    scanner.object((key) => {
      if (key === 'total_size' && /[-\d]/.test(scanner.next())) totalSize = scanner.number();
      else scanner.skip();
    });
  };

  if (scanner.next() !== '{') throw refuse('index/not-object', 'it is not a JSON object');
  scanner.object((key) => {
    if (key === 'weight_map') readMap();
    else if (key === 'metadata') readTotal();
    else scanner.skip();
  });
  scanner.end();
  if (shardOf.size === 0) throw refuse('index/no-weight-map', 'it has no "weight_map" that names tensors');
  return { shardOf, totalSize };
}

/** Opens shards and joins them. @throws LabError `index/tensor-in-two-shards`, and those of openSafetensors */
export async function joinShards(sources: readonly ByteSource[], signal?: AbortSignal): Promise<TensorIndex> {
  const tensors = new Map<string, Located>();
  const metadata = new Map<string, string>();
  const warnings: TensorIndex['warnings'][number][] = [];
  for (let first = 0; first < sources.length; first += PARALLEL) {
    const opened = await Promise.all(
      sources.slice(first, first + PARALLEL).map((source) => openSafetensors(source, signal)),
    );
    for (const part of opened) {
      for (const [name, info] of part.tensors) {
        const other = tensors.get(name);
        if (other) {
          const [a, b] = [other.source.name, info.source.name];
          const message = `Tensor "${name}" is in two shards, ${a} and ${b}, and it is not clear which one counts. The folder mixes two checkpoints; remove the files that do not belong.`;
          throw new LabError('index/tensor-in-two-shards', message, { tensor: name, first: a, second: b });
        }
        tensors.set(name, info);
      }
      for (const [key, value] of part.metadata) if (!metadata.has(key)) metadata.set(key, value);
      warnings.push(...part.warnings);
    }
  }
  return { tensors, metadata, warnings };
}

/**
 * Opens a sharded checkpoint through its index. A tensor that a shard holds without the index naming it is kept, with a
 * warning, as transformers loads it too; a wrong `total_size` is common and only told.
 * @param find the source of a shard by the name the index gives it
 * @throws LabError of the groups `index/`, `safetensors/`, `json/` and `tensor/`
 */
export async function openSharded(
  indexJsonText: string,
  find: (name: string) => ByteSource | undefined,
  signal?: AbortSignal,
  indexName = INDEX_NAME,
): Promise<TensorIndex> {
  const { shardOf, totalSize } = parseIndex(indexJsonText, indexName);
  const names = [...new Set(shardOf.values())].sort();
  const sources = new Map<string, ByteSource>();
  for (const shard of names) {
    const source = find(shard);
    if (!source) throw missingShard(shard, names.length, indexName);
    sources.set(shard, source);
  }
  const joined = await joinShards([...sources.values()], signal);
  for (const [tensor, shard] of shardOf) {
    if (joined.tensors.get(tensor)?.source === sources.get(shard)) continue;
    const message = `${indexName} says that tensor "${tensor}" is in ${shard}, but it is not there. Index and shards are from different versions; fetch all of them again.`;
    throw new LabError('index/tensor-not-in-shard', message, { file: indexName, tensor, shard });
  }
  const warnings = [...joined.warnings];
  const extra = [...joined.tensors.keys()].filter((name) => !shardOf.has(name));
  if (extra.length > 0) {
    const message = `${indexName} does not list ${extra.length} tensor(s) that its shards hold, first "${extra[0]}"; they are kept.`;
    warnings.push({ code: 'index/extra-tensors', message });
  }
  let bytes = 0;
  for (const info of joined.tensors.values()) bytes += info.end - info.begin;
  if (totalSize !== null && totalSize !== bytes) {
    const message = `${indexName} gives a total_size of ${totalSize} bytes, but the tensors have ${bytes}; the tensors count.`;
    warnings.push({ code: 'index/total-size', message });
  }
  return { tensors: joined.tensors, metadata: joined.metadata, warnings };
}

/** @returns the refusal for a shard that is not among the files. */
export function missingShard(shard: string, total: number, indexName = INDEX_NAME): LabError {
  const message = `The shard ${shard}, one of ${total}, is missing. Add it to the other files of the checkpoint, or fetch them all again.`;
  return new LabError('index/missing-shard', message, { file: indexName, shard, total });
}
