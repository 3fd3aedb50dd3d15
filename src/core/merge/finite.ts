import { LabError } from '../errors';
import { decodeToF32 } from '../tensor/dtype';
import type { PlanTensor } from './types';

/** How many elements are NaN or infinite: those whose exponent bits are all ones. */
export function countNonFinite(values: Float32Array): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let count = 0;
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7f800000) === 0x7f800000) count++;
  return count;
}

/**
 * @param inputs whole, as stored
 * @param index of the first element of the result that is not finite
 * @throws LabError naming the first culprit: a NaN in an input, else an overflow of the arithmetic. Infinite inputs are let through.
 */
export function refuseElement(tensor: PlanTensor, inputs: readonly Uint8Array[], index: () => number): void {
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
  const first = index();
  throw new LabError(
    'merge/overflow',
    `The merge of ${tensor.name} overflows ${tensor.dtype} (first at element ${first}). Use smaller coefficients or a wider out_dtype.`,
    {
      tensor: tensor.name,
      dtype: tensor.dtype,
      index: first,
    },
  );
}

/** {@link refuseElement} for the result `values`. */
export function refuseNonFinite(tensor: PlanTensor, inputs: readonly Uint8Array[], values: Float32Array): void {
  refuseElement(tensor, inputs, () => values.findIndex((v) => !Number.isFinite(v)));
}
