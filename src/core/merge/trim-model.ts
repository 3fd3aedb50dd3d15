import { decodeToF32, elementCount, encodeFromF32 } from '../tensor/dtype';
import { bitsOf, MagnitudeCounts } from './sparsify/rank';
import type { MergePlan, PlanInput, PlanTensor } from './types';

const f = Math.fround;

/** Of each alias the least magnitude that is kept, as float32 bits. */
type Thresholds = ReadonlyMap<string, number>;

interface Vector {
  readonly counts: MagnitudeCounts;
  readonly density: number;
  elements: number;
}

/** Task vectors of which a part is dropped; one that is kept whole, or not at all, needs no threshold. */
const isTrimmed = (tensor: PlanTensor, { params }: PlanInput, k: number): boolean =>
  k !== tensor.base && params['density']! > 0 && params['density']! < 1;

async function read(input: PlanInput, tensor: PlanTensor, signal: AbortSignal | undefined): Promise<Float32Array> {
  signal?.throwIfAborted();
  const { info } = input;
  const { castTo } = tensor;
  const values = decodeToF32(await info.source.read(info.begin, info.end, signal), info.dtype);
  return (castTo === 'F16' || castTo === 'BF16') && castTo !== info.dtype
    ? decodeToF32(encodeFromF32(values, castTo), castTo, values)
    : values;
}

/** Streams the plan's task vectors that are trimmed, one at a time. */
async function eachVector(
  plan: MergePlan,
  signal: AbortSignal | undefined,
  visit: (alias: string, bits: Int32Array) => void,
): Promise<void> {
  for (const tensor of plan.tensors) {
    if (tensor.action !== 'merge' || !tensor.inputs.some((input, k) => isTrimmed(tensor, input, k))) continue;
    const origin = await read(tensor.inputs[tensor.base]!, tensor, signal);
    for (const [k, input] of tensor.inputs.entries()) {
      if (!isTrimmed(tensor, input, k)) continue;
      const tune = await read(input, tensor, signal);
      const delta = new Float32Array(tune.length);
      for (let i = 0; i < tune.length; i++) delta[i] = f(tune[i]! - origin[i]!);
      visit(input.alias, bitsOf(delta));
    }
  }
}

async function thresholds(plan: MergePlan, signal: AbortSignal | undefined): Promise<Thresholds> {
  const vectors = new Map<string, Vector>();
  for (const tensor of plan.tensors) {
    if (tensor.action !== 'merge') continue;
    tensor.inputs.forEach((input, k) => {
      if (!isTrimmed(tensor, input, k)) return;
      const vector = vectors.get(input.alias) ?? {
        counts: new MagnitudeCounts(),
        density: input.params['density']!,
        elements: 0,
      };
      vector.elements += elementCount(tensor.shape);
      vectors.set(input.alias, vector);
    });
  }
  const kept = ({ density, elements }: Vector): number => Math.max(1, Math.floor(density * elements));
  await eachVector(plan, signal, (alias, bits) => vectors.get(alias)!.counts.addHigh(bits));
  for (const vector of vectors.values()) if (vector.elements > 0) vector.counts.chooseBin(kept(vector));
  await eachVector(plan, signal, (alias, bits) => vectors.get(alias)!.counts.addLow(bits));
  return new Map(
    [...vectors].map(([alias, vector]) => [alias, vector.elements === 0 ? 0 : vector.counts.find(kept(vector)).size]),
  );
}

const known = new WeakMap<MergePlan, Promise<Thresholds>>();

/**
 * With `lab.trim: model`, TIES as in its paper: the max(1, floor(density * N)) largest of all N elements of a task vector
 * are kept, whatever tensor they are in, and with the last one all of its magnitude. Two histograms find that magnitude,
 * so every trimmed vector is streamed twice before the first tensor can be merged; once for a plan.
 * @returns the least magnitude kept of each input of `tensor`, as float32 bits; undefined where the plan trims by tensor.
 * @throws what a source throws, and when the signal is aborted.
 */
export async function trimAt(
  plan: MergePlan,
  tensor: PlanTensor,
  signal: AbortSignal | undefined,
): Promise<number[] | undefined> {
  if (plan.variants?.trim !== 'model') return undefined;
  let found = known.get(plan);
  if (!found) {
    found = thresholds(plan, signal);
    known.set(plan, found);
    // A pass that was aborted says nothing.
    found.catch(() => known.delete(plan));
  }
  const least = await found;
  return tensor.inputs.map(({ alias }) => least.get(alias) ?? 0);
}
