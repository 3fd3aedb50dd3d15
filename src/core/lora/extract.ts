import { truncatedSvd } from '../analyze/svd';
import { LabError } from '../errors';
import { EMBEDDING, HEAD } from '../merge/compat';
import type { CheckpointHead } from '../merge/types';
import { decodeToF32, isFloat } from '../tensor/dtype';
import type { DType } from '../tensor/types';
import { compareUtf8 } from '../tensor/utf8';
import { lowRank } from './delta';
import type { StoredTensor } from './types';

export const MAX_RANK = 256;

export interface ExtractOptions {
  /** Of every matrix, at most. */
  readonly rank: number;
  /** Share of a matrix's squared change that its factors must keep, within `rank`; null: all `rank` directions are kept. */
  readonly energy: number | null;
  /** Norms, embeddings and heads that changed: stored whole (`modules_to_save`), or left as the base's. */
  readonly rest: 'save' | 'leave';
  /** What adapter_config.json calls the base; null: nothing. */
  readonly baseName: string | null;
}

export interface ExtractedTensor {
  readonly tensor: string;
  readonly how: 'factors' | 'saved' | 'left';
  /** 0 where there are no factors. */
  readonly rank: number;
  /** ||dW||^2, and ||dW - BA||^2 of what the adapter gives instead. */
  readonly change: number;
  readonly lost: number;
}

export interface ExtractedAdapter {
  /** adapter_config.json. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Tensors of adapter_model.safetensors. */
  readonly weights: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: readonly number[];
    read(): Promise<Uint8Array<ArrayBuffer>>;
  }[];
  /** Every tensor that changed, by name. */
  readonly tensors: readonly ExtractedTensor[];
}

export interface ExtractHooks {
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
  /** Lets a worker hear that it is cancelled. */
  readonly pause?: () => Promise<void>;
}

/** Rows that stand for tokens or positions: a low-rank change of them is seldom small. */
const VOCABULARY = /(^|\.)(lm_head|wte|wpe|word_embeddings|[\w]*embed[\w]*)\.weight$/;
const PREFIX = 'base_model.model.';

const moduleOf = (tensor: string): string => tensor.slice(0, tensor.lastIndexOf('.'));
const isMatrix = ({ name, shape }: StoredTensor): boolean =>
  shape.length === 2 && name.endsWith('.weight') && !VOCABULARY.test(name);
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function squares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}

const bytesOf = (values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

interface Pair {
  readonly own: StoredTensor;
  readonly base: StoredTensor;
}

/** @throws LabError lora/unsupported, lora/missing-module, lora/shape */
function pairsOf(base: CheckpointHead, tuned: CheckpointHead): Pair[] {
  // Conv1D keeps its matrices turned over, under names that its files do not have.
  if (base.config?.['model_type'] === 'gpt2')
    throw new LabError('lora/unsupported', 'No LoRA is extracted from GPT-2, which keeps its matrices turned over.', {
      feature: 'Conv1D (GPT-2)',
    });
  return [...tuned.index.tensors.values()]
    .filter(({ dtype }) => isFloat(dtype))
    .sort((a, b) => compareUtf8(a.name, b.name))
    .map((own) => {
      const from =
        base.index.tensors.get(own.name) ?? (own.name === HEAD ? base.index.tensors.get(EMBEDDING) : undefined);
      const params = { tensor: own.name, model: base.alias, base: base.alias };
      if (!from)
        throw new LabError(
          'lora/missing-module',
          `${tuned.alias} has ${own.name}, which ${base.alias} does not have, so no adapter of ${base.alias} can give it.`,
          params,
        );
      if (String(from.shape) === String(own.shape)) return { own, base: from };
      const [expected, found] = [shapeText(from.shape), shapeText(own.shape)];
      throw new LabError(
        'lora/shape',
        `${own.name} is ${expected} in ${base.alias} but ${found} in ${tuned.alias}. Extract a LoRA from a fine-tune of the base.`,
        { ...params, expected, found },
      );
    });
}

/** Bytes that an extraction reads. */
export const extractBytes = (base: CheckpointHead, tuned: CheckpointHead): number =>
  pairsOf(base, tuned).reduce((sum, pair) => sum + pair.own.end - pair.own.begin + pair.base.end - pair.base.begin, 0);

/** The fewest directions that keep the wanted share; at least one. */
function rankFor(s: Float64Array, change: number, energy: number | null): number {
  const most = Math.max(1, s.findLastIndex((value) => value > 0) + 1);
  if (energy === null) return most;
  let kept = 0;
  for (let k = 0; k < most; k++) {
    kept += s[k]! * s[k]!;
    if (kept >= energy * change) return k + 1;
  }
  return most;
}

interface Factored {
  readonly rank: number;
  readonly a: Float32Array<ArrayBuffer>;
  readonly b: Float32Array<ArrayBuffer>;
  readonly lost: number;
}

/** A = sqrt(S) V^T and B = U sqrt(S), so that neither side is much larger than the other; in float32, as they are stored. */
function factor(delta: Float32Array, rows: number, cols: number, change: number, options: ExtractOptions): Factored {
  const { u, s, v } = truncatedSvd(delta, rows, cols, options.rank);
  const rank = rankFor(s, change, options.energy);
  const roots = s.map(Math.sqrt);
  const b = new Float32Array(rows * rank);
  const a = new Float32Array(rank * cols);
  for (let k = 0; k < rank; k++) {
    for (let i = 0; i < rows; i++) b[i * rank + k] = u[i * s.length + k]! * roots[k]!;
    for (let j = 0; j < cols; j++) a[k * cols + j] = v[j * s.length + k]! * roots[k]!;
  }
  const rest = lowRank(b, a, { rows, cols, rank, scaling: 1 });
  for (let i = 0; i < rest.length; i++) rest[i] = delta[i]! - rest[i]!;
  return { rank, a, b, lost: squares(rest) };
}

function checkOptions({ rank, energy }: ExtractOptions): void {
  const valid = Number.isSafeInteger(rank) && rank >= 1 && rank <= MAX_RANK;
  if (valid && (energy === null || (energy > 0 && energy <= 1))) return;
  throw new LabError(
    'lora/extract-rank',
    `The rank must be a whole number from 1 to ${MAX_RANK}, and the energy above 0 and at most 1.`,
    { limit: MAX_RANK },
  );
}

const patternOf = (ranks: ReadonlyMap<string, number>, usual: number): Record<string, number> =>
  Object.fromEntries([...ranks].filter(([, rank]) => rank !== usual));

/**
 * A LoRA adapter of the base that stands for a fine-tune: of every changed matrix the truncated SVD of the difference
 * (mergekit-extract-lora's factors), alpha = rank, so that PEFT adds B A as it is. One pass over both models; the seeded SVD
 * makes it the same bits everywhere.
 * @throws LabError lora/extract-rank, lora/extract-nothing, lora/missing-module, lora/shape, lora/unsupported
 */
export async function extractAdapter(
  base: CheckpointHead,
  tuned: CheckpointHead,
  options: ExtractOptions,
  { signal, onBytes, pause }: ExtractHooks = {},
): Promise<ExtractedAdapter> {
  checkOptions(options);
  const pairs = pairsOf(base, tuned);
  const matrices = new Set(pairs.filter(({ own }) => isMatrix(own)).map(({ own }) => moduleOf(own.name)));
  const read = async (info: StoredTensor): Promise<Float32Array> => {
    const bytes = await info.source.read(info.begin, info.end, signal);
    onBytes?.(bytes.byteLength);
    return decodeToF32(bytes, info.dtype);
  };
  const tensors: ExtractedTensor[] = [];
  const weights: ExtractedAdapter['weights'][number][] = [];
  const ranks = new Map<string, number>();
  const saved = new Set<string>();
  for (const pair of pairs) {
    signal?.throwIfAborted();
    await pause?.();
    const { name, shape } = pair.own;
    const [before, delta] = [await read(pair.base), new Float32Array(await read(pair.own))];
    for (let i = 0; i < delta.length; i++) delta[i]! -= before[i]!;
    const change = squares(delta);
    if (change === 0) continue;
    const module = moduleOf(name);
    if (isMatrix(pair.own)) {
      const { rank, a, b, lost } = factor(delta, shape[0]!, shape[1]!, change, options);
      ranks.set(module, rank);
      for (const [side, values, of] of [
        ['lora_A', a, [rank, shape[1]!]],
        ['lora_B', b, [shape[0]!, rank]],
      ] as const)
        weights.push({
          name: `${PREFIX}${module}.${side}.weight`,
          dtype: 'F32',
          shape: of,
          read: () => Promise.resolve(bytesOf(values)),
        });
      tensors.push({ tensor: name, how: 'factors', rank, change, lost });
    } else {
      // A bias beside a factored matrix has no place in an adapter.
      const keep = options.rest === 'save' && !matrices.has(module);
      if (keep) saved.add(module);
      tensors.push({ tensor: name, how: keep ? 'saved' : 'left', rank: 0, change, lost: keep ? 0 : change });
    }
  }
  if (ranks.size + saved.size === 0)
    throw new LabError(
      'lora/extract-nothing',
      `${tuned.alias} and ${base.alias} do not differ in anything that an adapter can hold. Choose another fine-tune.`,
      { model: tuned.alias, base: base.alias },
    );
  for (const { own } of pairs)
    if (saved.has(moduleOf(own.name)))
      weights.push({
        name: PREFIX + own.name,
        dtype: own.dtype,
        shape: own.shape,
        read: () => own.source.read(own.begin, own.end, signal),
      });
  const tied = !tuned.index.tensors.has(HEAD) && saved.has(moduleOf(EMBEDDING));
  return { settings: settingsOf(ranks, [...saved], tied, base, options), weights, tensors };
}

/** PEFT's own keys, sorted as it writes them. */
function settingsOf(
  ranks: ReadonlyMap<string, number>,
  saved: readonly string[],
  tied: boolean,
  base: CheckpointHead,
  { baseName }: ExtractOptions,
): Record<string, unknown> {
  const r = Math.max(1, ...ranks.values());
  const pattern = patternOf(ranks, r);
  const architecture = (base.config?.['architectures'] as unknown[] | undefined)?.[0];
  return {
    alpha_pattern: pattern,
    base_model_name_or_path: baseName,
    bias: 'none',
    ensure_weight_tying: tied,
    fan_in_fan_out: false,
    inference_mode: true,
    lora_alpha: r,
    lora_dropout: 0,
    modules_to_save: saved.length > 0 ? saved : null,
    peft_type: 'LORA',
    r,
    rank_pattern: pattern,
    target_modules: [...ranks.keys()],
    task_type: typeof architecture === 'string' && architecture.endsWith('ForCausalLM') ? 'CAUSAL_LM' : null,
    use_dora: false,
    use_rslora: false,
  };
}

/** @returns the share of the squared change that is kept, of some tensors; 1 where nothing changed. */
export function fidelityOf(tensors: readonly Pick<ExtractedTensor, 'change' | 'lost'>[]): number {
  const change = tensors.reduce((sum, one) => sum + one.change, 0);
  const lost = tensors.reduce((sum, one) => sum + one.lost, 0);
  return change === 0 ? 1 : 1 - lost / change;
}
