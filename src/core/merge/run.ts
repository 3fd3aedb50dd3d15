import { LabError } from '../errors';
import { byteLength, decodeToF32, elementCount, isFloat } from '../tensor/dtype';
import type { DType, NewSha256 } from '../tensor/types';
import { fingerprint, type TensorDigest } from './fingerprint';
import { linear } from './linear';
import { contextOf, produce, readInputs, type Job, type RunOptions, type Sink } from './produce';
import { methodById } from './registry';
import { trimAt } from './trim-model';
import { AS_STORED, type MergePlan, type PlanTensor } from './types';

export { countNonFinite, refuseNonFinite } from './finite';
export { contextOf, decodeWhole, readInputs, type RunOptions } from './produce';

/** A finished tensor: float32 values of a float tensor, already rounded to the output dtype, and its bytes in that dtype. */
export interface MergedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** null for integers. Shares memory with `bytes` where dtype is F32. */
  readonly values: Float32Array<ArrayBuffer> | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly nonFinite: number;
}

export interface PlanFingerprint {
  readonly sha256: string;
  readonly tensors: number;
  readonly bytes: number;
}

/** Bytes the plan will read: all inputs of all tensors. */
export function inputBytes(plan: MergePlan): number {
  return plan.tensors.reduce((sum, tensor) => sum + inputBytesOf(tensor), 0);
}

export function inputBytesOf({ inputs }: PlanTensor): number {
  return inputs.reduce((sum, { info }) => sum + info.end - info.begin, 0);
}

const asBytes = (values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Bytes that are taken as they are. null: the tensor has to be computed. */
async function storedBytes(tensor: PlanTensor, options: RunOptions): Promise<Uint8Array<ArrayBuffer> | null> {
  const { name, dtype } = tensor;
  const stored = tensor.inputs[0]!;
  if (tensor.action !== 'copy' || stored.info.dtype !== dtype || tensor.castTo !== null) return null;
  if (isFloat(dtype) && tensor.why !== AS_STORED) return null;
  const raw = await readInputs(tensor, options);
  const differs = isFloat(dtype) ? -1 : raw.findIndex((bytes) => !equalBytes(bytes, raw[0]!));
  if (differs >= 0)
    throw new LabError(
      'merge/integer-differs',
      `${name} is a ${dtype} tensor and differs between ${stored.alias} and ${tensor.inputs[differs]!.alias}. Integers are copied, never merged: the models must agree.`,
      {
        tensor: name,
        model: tensor.inputs[differs]!.alias,
        reference: stored.alias,
      },
    );
  return raw[0]!;
}

async function jobOf(plan: MergePlan, tensor: PlanTensor, newSha256: NewSha256, options: RunOptions): Promise<Job> {
  if (tensor.action === 'merge') {
    const least = await trimAt(plan, tensor, options.signal);
    return { tensor, method: methodById(plan.method), context: contextOf(plan, tensor, newSha256, least) };
  }
  const context = {
    base: -1,
    shape: tensor.shape,
    shared: { normalize: 0 },
    perInput: [{ weight: 1 }],
    drawMask: () => undefined,
  };
  // The others' tensors, if any, say nothing about the copy.
  for (const { info } of tensor.inputs.slice(1)) options.onBytes?.(info.end - info.begin);
  return { tensor: { ...tensor, inputs: [tensor.inputs[0]!] }, method: linear, context };
}

/**
 * Computes the bytes of one tensor of a plan, in rising order, and lets go of each part as soon as it is taken.
 * @param newSha256 for the keys of random masks; at most one of its hashers is open at a time, and none when a chunk is taken.
 * @returns how many elements are not finite
 * @throws LabError `merge/nan-input`, `merge/overflow`, `merge/integer-differs`, or what a source throws.
 */
async function streamTensor(
  plan: MergePlan,
  tensor: PlanTensor,
  newSha256: NewSha256,
  options: RunOptions,
  sink: Sink,
): Promise<number> {
  const stored = await storedBytes(tensor, options);
  if (!stored) return produce(await jobOf(plan, tensor, newSha256, options), options, sink);
  await sink.take?.(0, stored);
  return 0;
}

/**
 * Computes one tensor of a plan and holds it whole.
 * @param newSha256 as for {@link streamTensor}
 * @param out float32 memory to use again, of exactly the tensor's element count; taken for float tensors only.
 * @throws LabError `merge/nan-input`, `merge/overflow`, `merge/integer-differs`, or what a source throws.
 */
export async function mergeTensor(
  plan: MergePlan,
  tensor: PlanTensor,
  newSha256: NewSha256,
  options: RunOptions = {},
  out?: Float32Array<ArrayBuffer>,
): Promise<MergedTensor> {
  const { name, dtype, shape } = tensor;
  const stored = await storedBytes(tensor, options);
  if (stored) return { name, dtype, shape, values: null, bytes: stored, nonFinite: 0 };
  const values = out ?? new Float32Array(elementCount(shape));
  const bytes = dtype === 'F32' ? asBytes(values) : new Uint8Array(byteLength(dtype, shape));
  const nonFinite = await produce(await jobOf(plan, tensor, newSha256, options), options, {
    whole: bytes,
  });
  if (dtype !== 'F32') decodeToF32(bytes, dtype, values);
  return { name, dtype, shape, values, bytes, nonFinite };
}

/** Tensor by tensor, in the plan's order; memory is bounded by the largest tensor and its inputs. */
export async function* runPlan(
  plan: MergePlan,
  newSha256: NewSha256,
  options: RunOptions = {},
): AsyncGenerator<MergedTensor> {
  for (const tensor of plan.tensors) yield await mergeTensor(plan, tensor, newSha256, options);
}

/** Takes the bytes of a tensor, in rising order, from byte `at` of it; they are overwritten afterwards. */
export type Taker = (tensor: PlanTensor, at: number, bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;

/** The line of one tensor for its plan's fingerprint. @param take may keep the bytes as they pass */
export async function digestTensor(
  plan: MergePlan,
  tensor: PlanTensor,
  newSha256: NewSha256,
  options: RunOptions = {},
  take: Taker = () => undefined,
): Promise<TensorDigest> {
  const { name, dtype, shape } = tensor;
  const hash = newSha256();
  await streamTensor(plan, tensor, newSha256, options, {
    async take(at, bytes) {
      hash.update(bytes);
      await take(tensor, at, bytes);
    },
  });
  return { name, dtype, shape, sha256: hash.hex() };
}

/** C4 of what a plan makes, and its tensor and byte counts. */
export async function fingerprintPlan(
  plan: MergePlan,
  newSha256: NewSha256,
  options: RunOptions = {},
  take?: Taker,
): Promise<PlanFingerprint> {
  const digests: TensorDigest[] = [];
  for (const tensor of plan.tensors) digests.push(await digestTensor(plan, tensor, newSha256, options, take));
  return summary(plan, digests, newSha256);
}

/** C4 from the digests of all of a plan's tensors, in any order. */
export function summary(plan: MergePlan, digests: readonly TensorDigest[], newSha256: NewSha256): PlanFingerprint {
  const bytes = plan.tensors.reduce((sum, { dtype, shape }) => sum + byteLength(dtype, shape), 0);
  return { sha256: fingerprint(digests, newSha256), tensors: digests.length, bytes };
}
