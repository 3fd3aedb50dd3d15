import { LabError } from '../errors';
import { EMBEDDING, HEAD } from '../merge/compat';
import type { CheckpointHead } from '../merge/types';
import { decodeToF32, isFloat } from '../tensor/dtype';
import { virtualTensor } from '../tensor/virtual';
import { lowRank, transposed } from './delta';
import type { Adapter, Factors, StoredTensor } from './types';

type Tensors = Map<string, StoredTensor>;

/** What a change can be added to; any other float is packed. */
const PLAIN: ReadonlySet<string> = new Set(['F16', 'BF16', 'F32', 'F64']);

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

async function valuesOf(info: StoredTensor, signal?: AbortSignal): Promise<Float32Array> {
  return decodeToF32(await info.source.read(info.begin, info.end, signal), info.dtype);
}

/** Whether the change (B A, [out, in]) is turned over before it is added to a tensor of this shape; null: it fits neither way. */
function turned({ a, b, embedding }: Factors, shape: readonly number[], fanInFanOut: boolean): boolean | null {
  const [out, inner] = [b.shape[0]!, a.shape[1]!];
  const straight = shape.length === 2 && shape[0] === out && shape[1] === inner;
  const over = shape.length === 2 && shape[0] === inner && shape[1] === out;
  if (embedding) return over ? true : null;
  // PEFT goes by the layer's class: with the flag set, a Linear among Conv1D layers is still a Linear.
  if (fanInFanOut && over) return true;
  return straight ? false : null;
}

/** @returns scaling * B A in the orientation of the tensor it is added to, in float32. */
async function deltaOf(factors: Factors, turn: boolean, signal?: AbortSignal): Promise<Float32Array> {
  const [a, b] = [await valuesOf(factors.a, signal), await valuesOf(factors.b, signal)];
  const { rank, scaling } = factors;
  const [out, inner] = [factors.b.shape[0]!, factors.a.shape[1]!];
  // (B A)^T = A^T B^T: the same dot products, so the same bits.
  if (turn)
    return lowRank(transposed(a, rank, inner), transposed(b, out, rank), { rows: inner, cols: out, rank, scaling });
  return lowRank(b, a, { rows: out, cols: inner, rank, scaling });
}

function changed(base: StoredTensor, factors: Factors, turn: boolean): StoredTensor {
  return virtualTensor(base.name, 'F32', base.shape, async (signal) => {
    const weights = await valuesOf(base, signal);
    const delta = await deltaOf(factors, turn, signal);
    // Added in place: the change is as large as the weights.
    for (let i = 0; i < delta.length; i++) delta[i] = weights[i]! + delta[i]!;
    return new Uint8Array(delta.buffer as ArrayBuffer, delta.byteOffset, delta.byteLength);
  });
}

/**
 * How the adapter's names become the base's: as they are, without the model's own prefix, or with the base's. Files of GPT-2
 * lack the `transformer.` that its modules have, and an adapter of a model without its head lacks `model.`.
 */
function renaming(names: readonly string[], base: Tensors): (name: string) => string {
  const prefixes = new Set([...base.keys()].map((name) => name.split('.')[0]!));
  const ways = [
    (name: string) => name,
    (name: string) => name.slice(name.indexOf('.') + 1),
    ...[...prefixes].map((prefix) => (name: string) => `${prefix}.${name}`),
  ];
  const known = (way: (name: string) => string) => names.filter((name) => base.has(way(name))).length;
  return ways.reduce((best, way) => (known(way) > known(best) ? way : best));
}

function missing(tensor: string, base: CheckpointHead, baseName: string | null): LabError {
  const trained = baseName === null ? '' : ` It was trained on "${baseName}".`;
  return new LabError(
    'lora/missing-module',
    `The adapter changes ${tensor}, which ${base.alias} does not have.${trained} Choose the model it was trained on.`,
    { tensor, model: base.alias, base: baseName ?? '?' },
  );
}

function wrongShape(
  tensor: string,
  base: CheckpointHead,
  own: readonly number[],
  found: string,
  name: string | null,
): LabError {
  const expected = shapeText(own);
  const trained = name === null ? '' : ` It was trained on "${name}".`;
  return new LabError(
    'lora/shape',
    `${tensor} is ${expected} in ${base.alias}, but the adapter is for ${found}.${trained} Choose the model it was trained on.`,
    { tensor, model: base.alias, expected, found },
  );
}

/** What an adapter does to a base: the tensors it makes, and which of them it changes. */
interface Plan {
  readonly tensors: Tensors;
  readonly deltas: readonly { tensor: StoredTensor; factors: Factors; turn: boolean }[];
}

function planAdapter(base: CheckpointHead, adapter: Adapter): Plan {
  const { config } = adapter;
  const before: Tensors = new Map(base.index.tensors);
  const weights = [...adapter.factors.keys()].map((module) => `${module}.weight`);
  const rename = renaming([...weights, ...adapter.replaced.keys()], before);
  const tied = before.has(EMBEDDING) && !before.has(HEAD);
  const names = new Set([...weights, ...adapter.replaced.keys()].map(rename));
  const staysTied = tied && config.ensureWeightTying && names.has(EMBEDDING);
  const tensors: Tensors = new Map(before);
  // A change of one of the two parts them: while it was trained, the other was the base's (peft#2018).
  if (tied && !staysTied && (names.has(HEAD) || names.has(EMBEDDING)))
    tensors.set(HEAD, { ...before.get(EMBEDDING)!, name: HEAD });

  const skipped = (name: string): boolean => name === HEAD && staysTied;
  const fit = (name: string): StoredTensor => {
    const own = tensors.get(name);
    if (!own) throw missing(name, base, config.baseName);
    return own;
  };
  for (const [path, tensor] of adapter.replaced) {
    const name = rename(path);
    if (skipped(name)) continue;
    const own = fit(name);
    if (String(own.shape) !== String(tensor.shape) || !isFloat(tensor.dtype))
      throw wrongShape(name, base, own.shape, `${tensor.dtype} ${shapeText(tensor.shape)}`, config.baseName);
    tensors.set(name, { ...tensor, name });
  }
  const deltas: Plan['deltas'][number][] = [];
  for (const factors of adapter.factors.values()) {
    const name = rename(`${factors.module}.weight`);
    if (skipped(name)) continue;
    const own = fit(name);
    const turn = turned(factors, own.shape, config.fanInFanOut);
    if (turn === null)
      throw wrongShape(name, base, own.shape, shapeText([factors.b.shape[0]!, factors.a.shape[1]!]), config.baseName);
    if (!PLAIN.has(own.dtype))
      throw new LabError(
        'lora/base-format',
        `${name} of ${base.alias} is stored as ${own.dtype}, a packed format that nothing can be added to. Use the float16, bfloat16 or float32 checkpoint it was made from.`,
        { tensor: name, model: base.alias, dtype: own.dtype },
      );
    deltas.push({ tensor: own, factors, turn });
    tensors.set(name, changed(own, factors, turn));
  }
  return { tensors, deltas };
}

/**
 * A base with an adapter laid on it: every adapted tensor is W + scaling * B A, formed on full weights in float32 when it is
 * read and kept in float32, whatever the base's dtype; saved modules take the place of the base's; all else is the base's.
 * A head tied to an embedding of which only one is adapted becomes a tensor of its own (`tie_word_embeddings` says so).
 * @returns a checkpoint like any other, under the base's alias.
 * @throws LabError lora/missing-module, lora/shape, lora/base-format where the adapter does not fit the base.
 */
export function applyAdapter(base: CheckpointHead, adapter: Adapter): CheckpointHead {
  const { tensors } = planAdapter(base, adapter);
  const config =
    base.config && tensors.has(EMBEDDING) ? { ...base.config, tie_word_embeddings: !tensors.has(HEAD) } : base.config;
  return { ...base, config, index: { ...base.index, tensors } };
}

export interface AdapterNorm {
  readonly tensor: string;
  /** ||W||^2 of the base and ||dW||^2 of the change, Frobenius. */
  readonly base: number;
  readonly delta: number;
}

const squares = (values: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
};

/**
 * How large the changes are beside what they change. Reads every adapted tensor once.
 * @param onTensor called after each tensor; may give way.
 * @throws what applyAdapter throws, and what a source throws.
 */
export async function adapterNorms(
  base: CheckpointHead,
  adapter: Adapter,
  options: { signal?: AbortSignal; onTensor?: (done: number, total: number) => Promise<void> | void } = {},
): Promise<AdapterNorm[]> {
  const { deltas } = planAdapter(base, adapter);
  const norms: AdapterNorm[] = [];
  for (const { tensor, factors, turn } of deltas) {
    options.signal?.throwIfAborted();
    norms.push({
      tensor: tensor.name,
      base: squares(await valuesOf(tensor, options.signal)),
      delta: squares(await deltaOf(factors, turn, options.signal)),
    });
    await options.onTensor?.(norms.length, deltas.length);
  }
  return norms;
}
