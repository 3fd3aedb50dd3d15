import { EMBEDDING, HEAD } from '../merge/compat';
import type { CheckpointHead } from '../merge/types';
import { byteLength, decodeToF32, elementCount, encodeFromF32 } from '../tensor/dtype';
import type { ByteSource, DType, TensorInfo } from '../tensor/types';
import { virtualTensor } from '../tensor/virtual';
import { DEFAULT_ROW, PADDING_ROW, type RowMaps } from './rows';
import { saidVocabularySize } from './special';
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
  return rows === undefined ? null : Math.min(saidVocabularySize(config) ?? rows, rows);
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

/** A row of one tensor and where it goes. */
interface Move {
  readonly row: number;
  readonly to: number;
}

/** Bytes of values in another dtype; those in `dtype` already are taken as they are. */
const inDType = (bytes: Uint8Array<ArrayBuffer>, from: DType, dtype: DType): Uint8Array<ArrayBuffer> =>
  from === dtype ? bytes : encodeFromF32(decodeToF32(bytes, from), dtype);

/** Puts rows of a tensor into `out`, rows of `dtype`; reads the tensor from front to end, and what is not wanted mostly not. */
async function moveRows(
  info: Stored,
  moves: readonly Move[],
  dtype: DType,
  out: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stored = (info.end - info.begin) / info.shape[0]!;
  const size = byteLength(dtype, info.shape.slice(1));
  const most = Math.max(1, Math.floor(BLOCK_BYTES / stored));
  const sorted = [...moves].sort((a, b) => a.row - b.row);
  for (let at = 0; at < sorted.length;) {
    const first = sorted[at]!.row;
    let end = at + 1;
    while (end < sorted.length && sorted[end]!.row - sorted[end - 1]!.row <= GAP && sorted[end]!.row - first < most)
      end++;
    const last = sorted[end - 1]!.row;
    const raw = await info.source.read(info.begin + first * stored, info.begin + (last + 1) * stored, signal);
    const bytes = inDType(raw, info.dtype, dtype);
    for (; at < end; at++) {
      const { row, to } = sorted[at]!;
      out.set(bytes.subarray((row - first) * size, (row - first + 1) * size), to * size);
    }
  }
}

/** Default rows of a tensor, in the order of `maps.defaults`, as rows of `dtype`: copies, means in the models' order, zeros. */
async function defaultRows(
  name: string,
  rest: readonly number[],
  maps: RowMaps,
  heads: ReadonlyMap<string, CheckpointHead>,
  dtype: DType,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const size = byteLength(dtype, rest);
  const out = new Uint8Array(maps.defaults.size * size);
  const rules = [...maps.defaults.values()];
  const copies = new Map<string, Move[]>();
  for (const [to, rule] of rules.entries()) {
    if (rule.kind !== 'row') continue;
    const moves = copies.get(rule.alias) ?? [];
    copies.set(rule.alias, moves);
    moves.push({ row: rule.row, to });
  }
  for (const [alias, moves] of copies) {
    // A model without this tensor (a bias of the head, say) has nothing to give.
    const info = tensorIn(heads.get(alias)!, name);
    if (info) await moveRows(info, moves, dtype, out, signal);
  }
  for (const [to, rule] of rules.entries()) {
    if (rule.kind !== 'mean') continue;
    const sum = new Float32Array(elementCount(rest));
    let count = 0;
    for (const { alias, row } of rule.of) {
      const info = tensorIn(heads.get(alias)!, name);
      if (!info) continue;
      const one = new Uint8Array(size);
      await moveRows(info, [{ row, to: 0 }], dtype, one, signal);
      const values = decodeToF32(one, dtype);
      for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
      count++;
    }
    if (count > 0)
      out.set(
        encodeFromF32(
          sum.map((x) => x / count),
          dtype,
        ),
        to * size,
      );
  }
  return out;
}

/** The mean of the rows that tokens have, in float64, for each padding row. */
function pad(out: Uint8Array, dtype: DType, size: number, map: Int32Array): void {
  const real = map.reduce((count, row) => count + (row === PADDING_ROW ? 0 : 1), 0);
  if (real === map.length || real === 0) return;
  const rowAt = (id: number): Uint8Array => out.subarray(id * size, (id + 1) * size);
  const sums = new Float64Array(decodeToF32(rowAt(0), dtype).length);
  map.forEach((row, id) => {
    if (row !== PADDING_ROW) decodeToF32(rowAt(id), dtype).forEach((x, i) => (sums[i]! += x));
  });
  const mean = encodeFromF32(
    Float32Array.from(sums, (sum) => sum / real),
    dtype,
  );
  map.forEach((row, id) => {
    if (row === PADDING_ROW) rowAt(id).set(mean);
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
  return virtualTensor(info.name, dtype, [map.length, ...rest], async (signal) => {
    const size = byteLength(dtype, rest);
    const out = new Uint8Array(map.length * size);
    const moves: Move[] = [];
    for (const [to, row] of map.entries()) if (row >= 0) moves.push({ row, to });
    await moveRows(info, moves, dtype, out, signal);
    const shared = await defaultRows(info.name, rest, maps, heads, dtype, signal);
    [...maps.defaults.keys()].forEach((id, at) => {
      if (map[id] === DEFAULT_ROW) out.set(shared.subarray(at * size, (at + 1) * size), id * size);
    });
    pad(out, dtype, size, map);
    return out;
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
