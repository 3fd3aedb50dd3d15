import { LabError } from '../errors';
import { decodeToF32, elementCount, encodeFromF32, isFloat } from '../tensor/dtype';
import type { DType, NewSha256 } from '../tensor/types';
import { fingerprint, type TensorDigest } from './fingerprint';
import { fusedPairF16, isFusable } from './fused';
import type { MergeContext, MergeMethod } from './method';
import { drawMask, maskKey } from './random';
import { methodById } from './registry';
import { trimAt } from './trim-model';
import { AS_STORED, type MergePlan, type PlanTensor } from './types';

/** Elements per step of the elementwise methods: three float32 inputs and the result stay in the fast caches. */
const BLOCK = 4096;

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Lets NaN and Inf through, canonicalised and counted, instead of refusing them. */
  readonly allowNonFinite?: boolean;
  /** Bytes of input read so far; the total is {@link inputBytes}. */
  readonly onBytes?: (bytes: number) => void;
}

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
  return plan.tensors.reduce(
    (sum, t) => sum + t.inputs.reduce((s, input) => s + input.info.end - input.info.begin, 0),
    0,
  );
}

const asBytes = (values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** How many elements are NaN or infinite: those whose exponent bits are all ones. */
export function countNonFinite(values: Float32Array<ArrayBuffer>): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let count = 0;
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7f800000) === 0x7f800000) count++;
  return count;
}

function canonicaliseNaN(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) values[i] = NaN;
}

/** @throws LabError naming the first culprit: a NaN in an input, else an overflow of the arithmetic. Infinite inputs are let through. */
export function refuseNonFinite(tensor: PlanTensor, inputs: readonly Uint8Array[], values: Float32Array): void {
  let infinite = false;
  tensor.inputs.forEach((input, k) => {
    const decoded = decodeToF32(inputs[k]!, input.info.dtype);
    for (let i = 0; i < decoded.length; i++) {
      if (Number.isNaN(decoded[i]!))
        throw new LabError(
          'merge/nan-input',
          `${tensor.name} of ${input.alias} contains NaN (first at element ${i}). The checkpoint is damaged: use another copy, or allow NaN.`,
          {
            tensor: tensor.name,
            model: input.alias,
            index: i,
          },
        );
      if (!Number.isFinite(decoded[i]!)) infinite = true;
    }
  });
  if (infinite) return;
  const index = values.findIndex((v) => !Number.isFinite(v));
  throw new LabError(
    'merge/overflow',
    `The merge of ${tensor.name} overflows ${tensor.dtype} (first at element ${index}). Use smaller coefficients or a wider out_dtype.`,
    {
      tensor: tensor.name,
      dtype: tensor.dtype,
      index,
    },
  );
}

/** A whole input in float32, cast as the plan says; the very bytes where they are that already. */
export function decodeWhole(bytes: Uint8Array<ArrayBuffer>, dtype: DType, castTo: DType | null): Float32Array {
  const castDown = (castTo === 'F16' || castTo === 'BF16') && castTo !== dtype;
  if (dtype === 'F32' && !castDown && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const values = decodeToF32(bytes, dtype);
  return castDown ? decodeToF32(encodeFromF32(values, castTo), castTo, values) : values;
}

function applyInBlocks(
  method: MergeMethod,
  tensor: PlanTensor,
  context: MergeContext,
  raw: readonly Uint8Array[],
  out: Float32Array,
): void {
  const scratch = raw.map(() => new Float32Array(Math.min(BLOCK, out.length)));
  const widths = raw.map((bytes) => (out.length === 0 ? 0 : bytes.byteLength / out.length));
  const { castTo } = tensor;
  for (let begin = 0; begin < out.length; begin += BLOCK) {
    const length = Math.min(BLOCK, out.length - begin);
    raw.forEach((bytes, k) => {
      const { dtype } = tensor.inputs[k]!.info;
      const into = length === scratch[k]!.length ? scratch[k]! : scratch[k]!.subarray(0, length);
      decodeToF32(bytes.subarray(begin * widths[k]!, (begin + length) * widths[k]!), dtype, into);
      if ((castTo === 'F16' || castTo === 'BF16') && castTo !== dtype)
        decodeToF32(encodeFromF32(into, castTo), castTo, into);
    });
    method.apply(scratch, context, length, out.subarray(begin, begin + length));
  }
}

/** What a plan tells its method about one tensor. @param least of {@link trimAt} */
export function contextOf(
  plan: MergePlan,
  tensor: PlanTensor,
  newSha256: NewSha256,
  least?: readonly number[],
): MergeContext {
  return {
    base: tensor.base,
    shape: tensor.shape,
    shared: tensor.params,
    perInput: tensor.inputs.map((input) => input.params),
    variants: plan.variants,
    trimAt: least,
    drawMask: (k, density, mask) =>
      drawMask(maskKey(newSha256, plan.seed, plan.stage, tensor.inputs[k]!.alias, tensor.name), density, 0, mask),
  };
}

function mergeValues(
  plan: MergePlan,
  tensor: PlanTensor,
  raw: readonly Uint8Array<ArrayBuffer>[],
  context: MergeContext,
  out: Float32Array<ArrayBuffer>,
): void {
  const method = methodById(plan.method);
  if (!method.elementwise) {
    const whole = raw.map((bytes, k) => decodeWhole(bytes, tensor.inputs[k]!.info.dtype, tensor.castTo));
    method.apply(whole, context, out.length, out);
    return;
  }
  const allF16 =
    tensor.inputs.every((input) => input.info.dtype === 'F16') &&
    (tensor.castTo === null || tensor.castTo === 'F16' || tensor.castTo === 'F32');
  if (allF16 && isFusable(method.id, context, raw.length) && raw.every((bytes) => bytes.byteOffset % 4 === 0)) {
    const tunes = raw.flatMap((_, k) => (k === tensor.base ? [] : [k]));
    const words = (k: number): Uint32Array => new Uint32Array(raw[k]!.buffer, raw[k]!.byteOffset, out.length >>> 1);
    const weight = (k: number): number => context.perInput[k]!['weight']!;
    fusedPairF16(
      [words(tensor.base), words(tunes[0]!), words(tunes[1]!)],
      [weight(tunes[0]!), weight(tunes[1]!)],
      out.length,
      out,
    );
  } else applyInBlocks(method, tensor, context, raw, out);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The bytes of a tensor's inputs, as stored. @throws what a source throws, and when the signal is aborted. */
export async function readInputs(tensor: PlanTensor, options: RunOptions): Promise<Uint8Array<ArrayBuffer>[]> {
  const raw: Uint8Array<ArrayBuffer>[] = [];
  for (const { info } of tensor.inputs) {
    options.signal?.throwIfAborted();
    raw.push(await info.source.read(info.begin, info.end, options.signal));
    options.onBytes?.(info.end - info.begin);
  }
  return raw;
}

/**
 * Computes one tensor of a plan.
 * @param newSha256 for the keys of random masks; one hasher is open at a time, and none when this returns.
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
  const raw = await readInputs(tensor, options);
  const stored = tensor.inputs[0]!;
  if (tensor.action === 'copy' && stored.info.dtype === dtype && tensor.castTo === null) {
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
    if (!isFloat(dtype) || tensor.why === AS_STORED)
      return { name, dtype, shape, values: null, bytes: raw[0]!, nonFinite: 0 };
  }
  const values = out ?? new Float32Array(elementCount(shape));
  if (tensor.action === 'copy')
    applyInBlocks(
      methodById('linear'),
      { ...tensor, inputs: [stored] },
      { base: -1, shape, shared: { normalize: 0 }, perInput: [{ weight: 1 }], drawMask: () => undefined },
      [raw[0]!],
      values,
    );
  else {
    const least = await trimAt(plan, tensor, options.signal);
    mergeValues(plan, tensor, raw, contextOf(plan, tensor, newSha256, least), values);
  }

  const bytes = dtype === 'F32' ? asBytes(values) : encodeFromF32(values, dtype);
  if (dtype === 'F16' || dtype === 'BF16') decodeToF32(bytes, dtype, values);
  const nonFinite = countNonFinite(values);
  if (nonFinite > 0) {
    if (!options.allowNonFinite) refuseNonFinite(tensor, raw, values);
    canonicaliseNaN(values);
  }
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

/** C4 of what a plan makes, and its tensor and byte counts. `onTensor` may keep each tensor as it passes. */
export async function fingerprintPlan(
  plan: MergePlan,
  newSha256: NewSha256,
  options: RunOptions = {},
  onTensor: (tensor: MergedTensor) => Promise<void> = () => Promise.resolve(),
): Promise<PlanFingerprint> {
  const digests: TensorDigest[] = [];
  let bytes = 0;
  for await (const tensor of runPlan(plan, newSha256, options)) {
    const hash = newSha256();
    hash.update(tensor.bytes);
    digests.push({ name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, sha256: hash.hex() });
    bytes += tensor.bytes.byteLength;
    await onTensor(tensor);
  }
  return { sha256: fingerprint(digests, newSha256), tensors: digests.length, bytes };
}
