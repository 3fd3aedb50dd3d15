import { EMBEDDING, HEAD } from '../merge/compat';
import type { CheckpointHead } from '../merge/types';
import { decodeToF32, elementCount, encodeFromF32 } from '../tensor/dtype';
import type { ByteSource, DType, TensorInfo } from '../tensor/types';
import { virtualTensor } from '../tensor/virtual';
import { DEFAULT_ROW, PADDING_ROW, type RowMaps } from './rows';
import type { Json } from './types';

type Stored = TensorInfo & { readonly source: ByteSource };

/** Names under which architectures keep one row per token: embeddings, heads, and biases of heads. */
const VOCABULARY =
  /(^|\.)(embed_tokens|wte|word_embeddings|shared|lm_head|embed_out|proj_out|predictions\.decoder)\.(weight|bias)$|(^|\.)predictions\.bias$/;
const EMBEDDINGS = /(^|\.)(embed_tokens|wte|word_embeddings|shared)\.weight$/;

/** Source rows read at once. */
const BLOCK_BYTES = 4_000_000;
/** Rows between two wanted ones that are read along rather than skipped. */
const GAP = 16;

type Named = Pick<TensorInfo, 'name' | 'shape'>;
const firstAxis = (tensors: Iterable<Named>): number | undefined =>
  [...tensors].find(({ name, shape }) => EMBEDDINGS.test(name) && shape.length === 2)?.shape[0];

/** How many tokens an embedding has a row for, and its config a place; null where no tensor is known as an embedding. */
export function embeddingRows(tensors: Iterable<Named>, config: Json | null): number | null {
  const rows = firstAxis(tensors);
  const said = config?.['vocab_size'];
  return rows === undefined ? null : typeof said === 'number' ? Math.min(said, rows) : rows;
}

/** Tensors of a model whose first axis is its vocabulary. */
export function vocabularyTensors(head: CheckpointHead): Stored[] {
  const tensors = [...head.index.tensors.values()];
  const rows = firstAxis(tensors);
  return tensors.filter(({ name, shape }) => VOCABULARY.test(name) && shape[0] === rows);
}

/** A tied head is its embedding. */
const tensorIn = (head: CheckpointHead, name: string): Stored | undefined =>
  head.index.tensors.get(name) ?? (name === HEAD ? head.index.tensors.get(EMBEDDING) : undefined);

/** Calls `row` with the float32 values, rounded to `dtype`, of each wanted row of a tensor; reads it from front to end. */
async function readRows(
  info: Stored,
  wanted: readonly number[],
  dtype: DType,
  signal: AbortSignal | undefined,
  row: (source: number, values: Float32Array) => void,
): Promise<void> {
  const width = elementCount(info.shape.slice(1));
  const rowBytes = (info.end - info.begin) / info.shape[0]!;
  const most = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const sorted = [...new Set(wanted)].sort((a, b) => a - b);
  for (let at = 0; at < sorted.length;) {
    const first = sorted[at]!;
    let end = at + 1;
    while (end < sorted.length && sorted[end]! - sorted[end - 1]! <= GAP && sorted[end]! - first < most) end++;
    const last = sorted[end - 1]!;
    const bytes = await info.source.read(info.begin + first * rowBytes, info.begin + (last + 1) * rowBytes, signal);
    const stored = decodeToF32(bytes, info.dtype);
    const values = dtype === info.dtype ? stored : decodeToF32(encodeFromF32(stored, dtype), dtype);
    for (; at < end; at++)
      row(sorted[at]!, values.subarray((sorted[at]! - first) * width, (sorted[at]! - first + 1) * width));
  }
}

/** Default rows of a tensor in float32: copies, means in the models' order, zeros. */
async function defaultRows(
  name: string,
  width: number,
  maps: RowMaps,
  heads: ReadonlyMap<string, CheckpointHead>,
  dtype: DType,
  signal: AbortSignal | undefined,
): Promise<Map<number, Float32Array>> {
  const wanted = new Map<string, Set<number>>();
  const sources = [...maps.defaults].flatMap(([, rule]) =>
    rule.kind === 'zero' ? [] : rule.kind === 'row' ? [rule] : rule.of,
  );
  for (const { alias, row } of sources) wanted.set(alias, (wanted.get(alias) ?? new Set()).add(row));
  const found = new Map<string, Map<number, Float32Array>>();
  for (const [alias, rows] of wanted) {
    const info = tensorIn(heads.get(alias)!, name);
    const kept = new Map<number, Float32Array>();
    found.set(alias, kept);
    // A model without this tensor (a bias of the head, say) has nothing to give.
    if (info) await readRows(info, [...rows], dtype, signal, (row, values) => kept.set(row, values.slice()));
  }
  const result = new Map<number, Float32Array>();
  for (const [id, rule] of maps.defaults) {
    const of = rule.kind === 'zero' ? [] : rule.kind === 'row' ? [rule] : rule.of;
    const given = of.flatMap(({ alias, row }) => found.get(alias)!.get(row) ?? []);
    const values = new Float32Array(width);
    for (const one of given) for (let i = 0; i < width; i++) values[i]! += one[i]!;
    if (given.length > 1) for (let i = 0; i < width; i++) values[i]! /= given.length;
    result.set(id, values);
  }
  return result;
}

/** The mean of the rows that tokens have, in float64, for each padding row. */
function pad(values: Float32Array, width: number, map: Int32Array): void {
  const real = map.reduce((count, row) => count + (row === PADDING_ROW ? 0 : 1), 0);
  if (real === map.length || real === 0) return;
  const sums = new Float64Array(width);
  map.forEach((row, id) => {
    if (row !== PADDING_ROW) for (let i = 0; i < width; i++) sums[i]! += values[id * width + i]!;
  });
  const mean = Float32Array.from(sums, (sum) => sum / real);
  map.forEach((row, id) => {
    if (row === PADDING_ROW) values.set(mean, id * width);
  });
}

/**
 * A model's tensor with the rows of the output's tokens, computed when it is read.
 * @param dtype of the result: what all models' tensors are promoted to, or what the recipe casts inputs to
 */
function alignedTensor(
  info: Stored,
  alias: string,
  maps: RowMaps,
  heads: ReadonlyMap<string, CheckpointHead>,
  dtype: DType,
): Stored {
  const map = maps.own.get(alias)!;
  const rest = info.shape.slice(1);
  const width = elementCount(rest);
  return virtualTensor(info.name, dtype, [map.length, ...rest], async (signal) => {
    const values = new Float32Array(map.length * width);
    const places = new Map<number, number[]>();
    map.forEach((row, id) => {
      if (row >= 0) places.set(row, [...(places.get(row) ?? []), id]);
    });
    await readRows(info, [...places.keys()], dtype, signal, (row, own) => {
      for (const id of places.get(row)!) values.set(own, id * width);
    });
    const shared = await defaultRows(info.name, width, maps, heads, dtype, signal);
    map.forEach((row, id) => {
      if (row === DEFAULT_ROW) values.set(shared.get(id)!, id * width);
    });
    pad(values, width, map);
    return encodeFromF32(values, dtype);
  });
}

/**
 * A head whose vocabulary tensors have the output's rows; to a plan they are tensors like any other.
 * @param dtypeOf by tensor name
 */
export function alignedHead(
  head: CheckpointHead,
  maps: RowMaps,
  heads: ReadonlyMap<string, CheckpointHead>,
  dtypeOf: (tensor: string) => DType,
): CheckpointHead {
  const tensors = new Map(head.index.tensors);
  const own = new Map(vocabularyTensors(head).map((info) => [info.name, info]));
  // Beside untied models a tied head is a tensor of its own: a token new to it gets the row of their heads, not of their embeddings.
  const untied = [...maps.own.keys()].some((alias) => heads.get(alias)!.index.tensors.has(HEAD));
  const embedding = own.get(EMBEDDING);
  if (untied && embedding && !own.has(HEAD)) own.set(HEAD, { ...embedding, name: HEAD });
  for (const [name, info] of own) tensors.set(name, alignedTensor(info, head.alias, maps, heads, dtypeOf(name)));
  return { ...head, index: { ...head.index, tensors } };
}
