import { compare } from '../merge/compat';
import { decodeWhole } from '../merge/run';
import type { CheckpointHead, CompatReport } from '../merge/types';
import type { Recipe } from '../recipe/types';
import { canDecode, elementCount } from '../tensor/dtype';
import type { TensorInfo, ByteSource } from '../tensor/types';
import { cosine, dot } from './cosine';
import { sumBlocks } from './norms';

/** Elements that are read of each tensor: its first ones. Enough to tell relatives apart, whatever the model's size. */
const SAMPLE = 1 << 19;

/** At most this far from the reference, in units of its norm, fine-tunes stay (references: mergekit, section 4.C). */
const CLOSE = 0.1;
/** Cosine of the weights below which nothing is shared: independent inits are near 0, and sqrt(2) of a norm apart. */
const SHARED = 0.3;

/** Whether two checkpoints grew from the same one. `incomparable`: no matrix has the same name and shape in both. */
export type Verdict = 'same' | 'related' | 'far' | 'unrelated' | 'incomparable';

/** What one model of a bench has in common with the reference. */
export interface Kinship {
  alias: string;
  verdict: Verdict;
  /** ||theta - theta_ref|| / ||theta_ref|| over the matrices compared; null where there are none, or all are 0. */
  relative: number | null;
  /** Cosine of the weights themselves, not of task vectors; null as above. */
  cosine: number | null;
  /** Tensors of the reference by how this model has them, and what else it has. */
  same: number;
  mismatched: number;
  missing: number;
  extra: number;
  tokenizer: CompatReport['models'][number]['tokenizer'];
  /** Elements compared, and how many the shared matrices have in all. */
  compared: number;
  weights: number;
}

export interface Kin {
  reference: string;
  models: Kinship[];
}

/**
 * The model that a bench measures from: the first base that a document names, else the model called `base`, else the first.
 * @returns null for a bench without models.
 */
export function referenceOf({ merge, models }: Recipe): string | null {
  const docs = Array.isArray(merge) ? merge : [merge];
  const aliases = Object.keys(models);
  const named = docs.map((doc) => doc.base_model).find((alias) => alias !== undefined && aliases.includes(alias));
  return named ?? aliases.find((alias) => alias === 'base') ?? aliases[0] ?? null;
}

/** @param relative, angle of the weights, see {@link Kinship}. */
export function verdictOf(relative: number | null, angle: number | null): Verdict {
  if (relative === null || angle === null) return 'incomparable';
  if (relative === 0) return 'same';
  if (relative <= CLOSE) return 'related';
  return angle >= SHARED ? 'far' : 'unrelated';
}

type Stored = TensorInfo & { readonly source: ByteSource };

/** Matrices that both have. Vectors are left out: norms start at 1 everywhere, and would make strangers look alike. */
function sharedMatrices(reference: CheckpointHead, other: CheckpointHead): [Stored, Stored][] {
  return [...reference.index.tensors.values()].flatMap((info): [Stored, Stored][] => {
    const found = other.index.tensors.get(info.name);
    const alike = found?.shape.length === info.shape.length && found.shape.every((n, i) => n === info.shape[i]);
    return found && alike && info.shape.length > 1 && canDecode(info.dtype) && canDecode(found.dtype)
      ? [[info, found]]
      : [];
  });
}

export interface KinOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
  /** Is awaited after each tensor. */
  readonly pause?: () => Promise<void>;
}

async function readSample({ begin, end, shape, dtype, source }: Stored, options: KinOptions): Promise<Float32Array> {
  options.signal?.throwIfAborted();
  const count = elementCount(shape);
  const width = (end - begin) / count;
  const stop = begin + Math.min(count, SAMPLE) * width;
  const bytes = await source.read(begin, stop, options.signal);
  options.onBytes?.(stop - begin);
  return decodeWhole(bytes, dtype, null);
}

async function kinshipOf(
  reference: CheckpointHead,
  other: CheckpointHead,
  facts: CompatReport['models'][number],
  options: KinOptions,
): Promise<Kinship> {
  // Of the difference, of the reference, of the other, and their inner product.
  const sums = [0, 0, 0, 0];
  let [compared, weights] = [0, 0];
  for (const [mine, theirs] of sharedMatrices(reference, other)) {
    if (elementCount(mine.shape) === 0) continue;
    const [a, b] = [await readSample(mine, options), await readSample(theirs, options)];
    const [apart] = sumBlocks(a.length, 1, (begin, end, block) => {
      let sum = 0;
      for (let i = begin; i < end; i++) sum += (b[i]! - a[i]!) ** 2;
      block[0] = sum;
    });
    [apart!, dot(a, a), dot(b, b), dot(a, b)].forEach((sum, k) => (sums[k]! += sum));
    compared += a.length;
    weights += elementCount(mine.shape);
    await options.pause?.();
  }
  const [apart, mine, theirs, product] = sums as [number, number, number, number];
  // A model with NaN in it is nobody's relative.
  const relative = mine > 0 && Number.isFinite(apart) ? Math.sqrt(apart / mine) : null;
  const angle = cosine(product, [mine, theirs]);
  const { same, mismatched, missing, extra } = facts.counts;
  return {
    alias: other.alias,
    verdict: verdictOf(relative, angle),
    relative,
    cosine: angle,
    ...{ same, mismatched, missing, extra },
    tokenizer: facts.tokenizer,
    compared,
    weights,
  };
}

/** Bytes that {@link kinshipsOf} reads. */
export function kinBytes(reference: CheckpointHead, others: readonly CheckpointHead[]): number {
  const sampled = ({ shape, begin, end }: Stored) =>
    (end - begin) * Math.min(1, SAMPLE / Math.max(1, elementCount(shape)));
  return others
    .flatMap((other) => sharedMatrices(reference, other))
    .reduce((sum, [mine, theirs]) => sum + sampled(mine) + sampled(theirs), 0);
}

/**
 * Asks of each model whether it has an ancestor in common with the reference, by the distance of the weights and the facts
 * of shapes and tokenizer. Reads the first {@link SAMPLE} elements of each matrix; memory is two such samples.
 * @throws LabError what a source throws.
 */
export async function kinshipsOf(
  reference: CheckpointHead,
  others: readonly CheckpointHead[],
  options: KinOptions = {},
): Promise<Kin> {
  const report = compare(reference, others);
  const models: Kinship[] = [];
  for (const [k, other] of others.entries())
    models.push(await kinshipOf(reference, other, report.models[k + 1]!, options));
  return { reference: reference.alias, models };
}
