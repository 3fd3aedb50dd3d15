import { byteLength, decodeToF32, elementCount, encodeFromF32 } from '../tensor/dtype';
import type { ByteSource, DType, NewSha256 } from '../tensor/types';
import { refuseElement } from './finite';
import { fusedPairF16 } from './fused';
import type { MergeContext, MergeMethod } from './method';
import type { Ops } from './ops';
import { drawMask, maskKey } from './random';
import type { MergePlan, PlanInput, PlanTensor } from './types';
import { ROOM, UNIT, type Work } from './work';
import { withOps } from './workspace';

/** Elements that are read, computed and handed over at a time. */
const CHUNK = 8 * UNIT;
/** Bytes of inputs up to which they are held in the memory of the ops, as they are looked at there. */
const NEAR = 16 * 2 ** 20;

/** How a plan is carried out. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Lets NaN and Inf through, canonicalised and counted, instead of refusing them. */
  readonly allowNonFinite?: boolean;
  /** Bytes of input read so far; the total is {@link inputBytes}. */
  readonly onBytes?: (bytes: number) => void;
  /** For tests: elements of a chunk, and plain TypeScript instead of SIMD. Neither changes a bit. */
  readonly chunk?: number;
  readonly plain?: boolean;
}

/** Where a tensor's bytes go, in rising order. */
export interface Sink {
  /** Memory for all of them; without it each chunk is overwritten by the next. */
  readonly whole?: Uint8Array<ArrayBuffer>;
  /** Called with each chunk, which begins at byte `at` of the tensor. */
  take?(at: number, bytes: Uint8Array<ArrayBuffer>): void | Promise<void>;
}

/** What a plan tells its method about one tensor. @param least of {@link trimAt} */
export function contextOf(
  plan: MergePlan,
  tensor: PlanTensor,
  newSha256: NewSha256,
  least?: readonly number[],
): MergeContext {
  const key = (k: number) => maskKey(newSha256, plan.seed, plan.stage, tensor.inputs[k]!.alias, tensor.name);
  return {
    base: tensor.base,
    shape: tensor.shape,
    shared: tensor.params,
    perInput: tensor.inputs.map((input) => input.params),
    variants: plan.variants,
    trimAt: least,
    maskKey: key,
    drawMask: (k, density, mask) => drawMask(key(k), density, 0, mask),
  };
}

/**
 * The bytes of a tensor's inputs, as stored.
 * @param room gives memory to read into, where a source can
 * @throws what a source throws, and when the signal is aborted.
 */
export async function readInputs(
  tensor: PlanTensor,
  options: RunOptions,
  room?: (length: number) => Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const raw: Uint8Array<ArrayBuffer>[] = [];
  for (const { info } of tensor.inputs) {
    options.signal?.throwIfAborted();
    raw.push(await readPart(info.source, info.begin, info.end, room, options.signal));
    options.onBytes?.(info.end - info.begin);
  }
  return raw;
}

const isCastDown = (dtype: DType, castTo: DType | null): castTo is DType =>
  (castTo === 'F16' || castTo === 'BF16') && castTo !== dtype;

/** A whole input in float32, cast as the plan says; the very bytes where they are that already. */
export function decodeWhole(bytes: Uint8Array<ArrayBuffer>, dtype: DType, castTo: DType | null): Float32Array {
  if (dtype === 'F32' && !isCastDown(dtype, castTo) && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const values = decodeToF32(bytes, dtype);
  return isCastDown(dtype, castTo) ? decodeToF32(encodeFromF32(values, castTo), castTo, values) : values;
}

/** Gives the stored bytes of some elements of all inputs, until it is asked again. */
type Reader = (begin: number, end: number) => Promise<readonly Uint8Array<ArrayBuffer>[]>;

const widthOf = ({ info }: PlanInput, elements: number): number => (info.end - info.begin) / Math.max(1, elements);

function chunkReader({ inputs }: PlanTensor, elements: number, chunk: number, options: RunOptions, ops: Ops): Reader {
  const rooms = inputs.map((input) => ops.bytes(Math.min(chunk, elements) * widthOf(input, elements)));
  return async (begin, end) => {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (const [k, input] of inputs.entries()) {
      const { info } = input;
      const width = widthOf(input, elements);
      options.signal?.throwIfAborted();
      const [from, to] = [info.begin + begin * width, info.begin + end * width];
      parts.push(await readPart(info.source, from, to, (length) => rooms[k]!.subarray(0, length), options.signal));
      options.onBytes?.(to - from);
    }
    return parts;
  };
}

const wholeReader =
  ({ inputs }: PlanTensor, elements: number, raw: readonly Uint8Array<ArrayBuffer>[]): Reader =>
  (begin, end) =>
    Promise.resolve(
      raw.map((bytes, k) => {
        const width = widthOf(inputs[k]!, elements);
        return bytes.subarray(begin * width, end * width);
      }),
    );

async function readPart(
  source: ByteSource,
  begin: number,
  end: number,
  room: ((length: number) => Uint8Array<ArrayBuffer>) | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!room || !source.readInto) return source.read(begin, end, signal);
  const into = room(end - begin);
  await source.readInto(into, begin, signal);
  return into;
}

/** @returns what is to be done with blocks of elements, null for a method that has to have whole tensors. */
function workOf(method: MergeMethod, context: MergeContext, length: number, ops: Ops): Work | null {
  const work = method.start?.(context, length, ops);
  if (work || !method.elementwise) return work ?? null;
  return { looks: [], merge: (inputs, _begin, out) => method.apply(inputs, context, out.length, out) };
}

/** The largest multiple of `unit` that is not larger than a block, or `unit` where that is larger. */
const blockOf = (unit: number): number => Math.max(unit, UNIT - (UNIT % unit));

/** What is done to a tensor: its plan's method, or for a copy the identity. */
export interface Job {
  readonly tensor: PlanTensor;
  readonly method: MergeMethod;
  readonly context: MergeContext;
}

/** Merges elements `begin` to `end`, encodes them into `room`. @returns how many of those are not finite */
type Compute = (begin: number, end: number, stored: readonly Uint8Array<ArrayBuffer>[], room: Uint8Array) => number;

/** For methods that want their inputs whole: computes all at once, then gives the result away in parts. */
function computeWhole({ tensor, method, context }: Job, raw: readonly Uint8Array<ArrayBuffer>[], ops: Ops): Compute {
  const { dtype, castTo } = tensor;
  const values = new Float32Array(elementCount(tensor.shape));
  const whole = raw.map((bytes, k) => decodeWhole(bytes, tensor.inputs[k]!.info.dtype, castTo));
  method.apply(whole, context, values.length, values);
  const block = ops.floats(UNIT);
  return (begin, end, _stored, room) => {
    const width = room.length / (end - begin);
    let special = 0;
    for (let from = begin; from < end; from += UNIT) {
      const to = Math.min(from + UNIT, end);
      const part = block.subarray(0, to - from);
      part.set(values.subarray(from, to));
      special += ops.encode(part, dtype, room.subarray((from - begin) * width, (to - begin) * width));
    }
    return special;
  };
}

/** For methods at work block by block: lets them look as often as they want to first. */
function computeBlocks(job: Job, work: Work, raw: readonly Uint8Array<ArrayBuffer>[] | null, ops: Ops): Compute {
  const { tensor, method, context } = job;
  const { dtype, castTo, inputs } = tensor;
  const length = elementCount(tensor.shape);
  const rooms = inputs.map(() => ops.floats(ROOM));
  const widths = inputs.map((input) => widthOf(input, length));
  const decode = (stored: readonly Uint8Array[], from: number, to: number): Float32Array<ArrayBuffer>[] =>
    stored.map((bytes, k) => {
      const stands = inputs[k]!.info.dtype;
      const into = rooms[k]!.subarray(0, to - from);
      ops.decode(bytes.subarray(from * widths[k]!, to * widths[k]!), stands, into);
      if (isCastDown(stands, castTo)) ops.decode(encodeFromF32(into, castTo), castTo, into);
      return into;
    });
  for (const look of work.looks) {
    const block = blockOf(look.unit);
    for (let begin = 0; begin < length; begin += block)
      look.at(decode(raw!, begin, Math.min(begin + block, length)), begin);
    look.end?.();
  }
  const fused = fusedPairF16(ops, method.id, context, tensor);
  const outRoom = ops.floats(UNIT);
  return (begin, end, stored, room) => {
    const width = room.length / (end - begin);
    let special = 0;
    for (let from = 0; from < end - begin; from += UNIT) {
      const to = Math.min(from + UNIT, end - begin);
      const out = outRoom.subarray(0, to - from);
      if (fused)
        fused(
          stored.map((bytes) => bytes.subarray(2 * from, 2 * to)),
          out,
        );
      else work.merge(decode(stored, from, to), begin + from, out);
      special += ops.encode(out, dtype, room.subarray(from * width, to * width));
    }
    return special;
  };
}

/**
 * Computes one float tensor chunk by chunk into `sink`. What is held of it: the stored bytes of its inputs, once, where the
 * method looks at them before it merges, else those of a chunk.
 * @returns how many elements of the result are not finite
 * @throws LabError `merge/nan-input`, `merge/overflow` unless allowed, or what a source throws.
 */
export async function produce(job: Job, options: RunOptions, sink: Sink): Promise<number> {
  const { tensor, method, context } = job;
  const { dtype, inputs } = tensor;
  const length = elementCount(tensor.shape);
  const width = byteLength(dtype, [1]);
  const stored = inputs.reduce((sum, { info }) => sum + info.end - info.begin, 0);
  const near = !method.elementwise && stored <= NEAR;
  const asked = Math.min(length, options.chunk ?? CHUNK);
  const chunked = asked * (width + stored / Math.max(1, length));
  return withOps(
    { inputs: inputs.length, bytes: chunked + (near ? stored : 0) },
    options.plain ?? false,
    async (ops) => {
      const work = workOf(method, context, length, ops);
      const streams = work !== null && work.looks.length === 0;
      const raw = streams ? null : await readInputs(tensor, options, near ? (bytes) => ops.bytes(bytes) : undefined);
      const compute = work ? computeBlocks(job, work, raw, ops) : computeWhole(job, raw!, ops);
      const chunk = raw ? Math.ceil(asked / UNIT) * UNIT : Math.max(1, asked);
      const read = raw ? wholeReader(tensor, length, raw) : chunkReader(tensor, length, chunk, options, ops);
      const room = sink.whole ? null : ops.bytes(Math.min(chunk, length) * width);
      let special = 0;
      let excused = options.allowNonFinite === true;
      for (let begin = 0; begin < length; begin += chunk) {
        const end = Math.min(begin + chunk, length);
        const into = room?.subarray(0, (end - begin) * width) ?? sink.whole!.subarray(begin * width, end * width);
        special += compute(begin, end, await read(begin, end), into);
        if (special > 0 && !excused) {
          const first = (): number => begin + decodeToF32(into, dtype).findIndex((value) => !Number.isFinite(value));
          refuseElement(tensor, raw ?? (await readInputs(tensor, { signal: options.signal })), first);
          excused = true;
        }
        await sink.take?.(begin * width, into);
      }
      return special;
    },
  );
}
