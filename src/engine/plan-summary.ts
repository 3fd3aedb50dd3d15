import { effectiveCoefficients } from '../core/merge/effective';
import { layerOf } from '../core/merge/layers';
import type { MergePlan, PlanTensor } from '../core/merge/types';
import { byteLength } from '../core/tensor/dtype';
import type { PlanRow, PlanSummary } from './api';

function rowOf(method: string, tensor: PlanTensor): PlanRow {
  const { name, shape, dtype, why, inputs, module = null } = tensor;
  return {
    name,
    shape: [...shape],
    dtype,
    inputDTypes: [...new Set(inputs.map(({ info }) => info.dtype))].filter((own) => own !== dtype),
    why,
    from: inputs[0]!.alias,
    module,
    layer: layerOf(name)?.layer ?? null,
    coefficients: effectiveCoefficients(method, tensor),
  };
}

/** What the page is told of a plan: no sources of bytes, nothing that could not be sent. */
export function summarizePlan({ method, report, tensors, notices }: MergePlan): PlanSummary {
  const dtypes = new Set(tensors.map((tensor) => tensor.dtype));
  return {
    report,
    notices: [...notices],
    outTensors: tensors.length,
    outBytes: tensors.reduce((sum, { dtype, shape }) => sum + byteLength(dtype, shape), 0),
    outDType: dtypes.size === 1 ? [...dtypes][0]! : 'mixed',
    copied: tensors
      .filter(({ action }) => action === 'copy')
      .map(({ name, inputs, why }) => ({ name, from: inputs[0]!.alias, why: why! })),
    tensors: tensors.map((tensor) => rowOf(method, tensor)),
  };
}
