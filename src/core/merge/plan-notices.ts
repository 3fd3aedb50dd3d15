import { cancelledWeights } from './effective';
import { UNNAMED, type CompatReport, type MergePlan, type PlanTensor } from './types';

/** What a plan does that its reader should know, though it is no reason to refuse. */
export function noticesFor(tensors: readonly PlanTensor[], report: CompatReport): MergePlan['notices'] {
  const notices: { code: string; message: string; params: Record<string, string | number> }[] = [];
  const merged = tensors.filter((t) => t.action === 'merge');
  const copied = tensors.filter((t) => t.why?.startsWith('missing')).length;
  if (copied > 0)
    notices.push({
      code: 'merge/copied',
      message: `${copied} tensors are missing in a model and were copied from ${report.reference}.`,
      params: { count: copied, model: report.reference },
    });
  const unnamed = tensors.filter((t) => t.why === UNNAMED);
  if (unnamed.length > 0) {
    const model = unnamed[0]!.inputs[0]!.alias;
    notices.push({
      code: 'merge/unnamed',
      message: `${unnamed.length} tensors are in no module of the recipe and were copied from ${model}.`,
      params: { count: unnamed.length, model },
    });
  }
  const extra = report.issues.filter((issue) => issue.relation === 'extra').length;
  if (extra > 0)
    notices.push({
      code: 'merge/extra',
      message: `${extra} tensors that ${report.reference} does not have were left out.`,
      params: { count: extra, model: report.reference },
    });
  if (merged.some((t) => t.inputs.some((i) => i.info.dtype === 'F64')))
    notices.push({ code: 'merge/f64', message: 'float64 weights are merged in float32.', params: {} });
  for (const { alias, weight } of cancelledWeights(merged))
    notices.push({
      code: 'merge/weight-cancels',
      message: `normalize divides the weight of ${alias} (${weight}) by itself, because no other model shares the sum: no weight has an effect there, not even its sign. Set normalize: false to scale or subtract it.`,
      params: { model: alias, weight },
    });
  const lowered = merged.find(
    (t) =>
      t.castTo !== null && (t.castTo === 'F16' || t.castTo === 'BF16') && t.inputs.some((i) => i.info.dtype === 'F32'),
  );
  if (lowered)
    notices.push({
      code: 'merge/cast-first',
      message: `dtype casts the inputs to ${lowered.castTo} before the arithmetic and loses small differences; out_dtype would round once, at the end.`,
      params: { dtype: lowered.castTo! },
    });
  return notices;
}
