import type { PlanTensor } from './types';

/** How much of one model a tensor of the result holds. */
export interface Coefficient {
  readonly alias: string;
  readonly coefficient: number;
}

/** Methods that add up only what has the elected sign: a vector without elements has no part in their divisor. */
const CONSENSUS: ReadonlySet<string> = new Set(['ties', 'dare_ties', 'breadcrumbs_ties', 'della']);
/** Below this |sum of weights| mergekit leaves a normalized sum as it is. */
const NEGLIGIBLE = 1e-8;

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const weights = (tensor: PlanTensor): number[] => tensor.inputs.map(({ params }) => params['weight'] ?? 0);

/** Coefficients of theta_base + lambda * sum of w_i * (theta_i - theta_base), divided where the method normalizes. */
function ofTaskVectors(method: string, tensor: PlanTensor): number[] {
  const consensus = CONSENSUS.has(method);
  const nothingKept = (k: number): boolean => method !== 'task_arithmetic' && tensor.inputs[k]!.params['density']! <= 0;
  const all = weights(tensor).map((weight, k) => (k === tensor.base ? 0 : weight));
  const kept = all.map((weight, k) => (nothingKept(k) ? 0 : weight));
  const total = sum(consensus ? kept : all);
  const divisor =
    tensor.params['normalize'] && Math.abs(total) >= (consensus ? Number.MIN_VALUE : NEGLIGIBLE) ? total : 1;
  const shares = kept.map((weight) => (tensor.params['lambda']! * weight) / divisor);
  return shares.map((share, k) => (k === tensor.base ? 1 - sum(shares) : share));
}

/** Weights of what lies between two vectors, by the straight way; mergekit's own way round differs in the 4th digit. */
function ofNuslerp(tensor: PlanTensor): number[] {
  const all = weights(tensor).map((weight, k) => (k === tensor.base ? 0 : weight));
  const total = sum(all);
  const even = Math.abs(total) < 1e-6;
  return all.map((weight, k) => (k === tensor.base ? 0 : even ? 0.5 : weight / total));
}

function ofMultislerp(tensor: PlanTensor): number[] {
  const others = tensor.inputs.filter((_, k) => k !== tensor.base).length;
  const all = weights(tensor).map((weight, k) => (k === tensor.base ? 0 : others === 1 ? 1 : weight));
  const shares = tensor.params['normalize_weights'] && others > 1 ? all.map((weight) => weight / sum(all)) : all;
  return shares.map((share, k) => (k === tensor.base ? 1 - sum(shares) : share));
}

function coefficients(method: string, tensor: PlanTensor): readonly number[] | null {
  const { inputs, base, params } = tensor;
  if (tensor.action === 'copy') return inputs.map((_, k) => Number(k === 0));
  switch (method) {
    case 'linear': {
      const all = weights(tensor);
      return params['normalize'] ? all.map((weight) => weight / sum(all)) : all;
    }
    case 'task_arithmetic':
    case 'ties':
    case 'dare_linear':
    case 'dare_ties':
    case 'breadcrumbs':
    case 'breadcrumbs_ties':
    case 'della':
    case 'della_linear':
      return ofTaskVectors(method, tensor);
    case 'slerp':
      return inputs.map((_, k) => (k === base ? 1 - params['t']! : params['t']!));
    case 'nuslerp':
      return ofNuslerp(tensor);
    case 'multislerp':
      return ofMultislerp(tensor);
    case 'karcher':
      return inputs.map(() => 1 / inputs.length);
    case 'passthrough':
      return inputs.map((input) => input.params['scale']!);
    default:
      return null;
  }
}

/**
 * The coefficient of every input (base included) of a tensor as a plan evaluated it: exact for sums; for sparse methods
 * where all vectors are kept and agree; for methods on a sphere the weights of the straight way between nearby models.
 * Not finite where a normalized sum divides by 0.
 * @returns null where a method has none: its shares are decided by the weights of the models, element by element.
 */
export function effectiveCoefficients(method: string, tensor: PlanTensor): Coefficient[] | null {
  return (
    coefficients(method, tensor)?.map((coefficient, k) => ({ alias: tensor.inputs[k]!.alias, coefficient })) ?? null
  );
}

/**
 * Models whose weight `normalize` divides by itself, so that nothing of it remains, not even its sign: the only task
 * vector (or model) of a normalized sum. A negative one is added although the recipe subtracts it.
 */
export function cancelledWeights(tensors: readonly PlanTensor[]): { alias: string; weight: number; tensors: number }[] {
  const found = new Map<string, { alias: string; weight: number; tensors: number }>();
  for (const tensor of tensors) {
    if (tensor.action !== 'merge' || tensor.params['normalize'] !== 1) continue;
    const others = tensor.inputs.filter((_, k) => k !== tensor.base);
    const [only] = others;
    const weight = only?.params['weight'];
    if (others.length !== 1 || weight === undefined || Math.abs(weight) < NEGLIGIBLE) continue;
    const known = found.get(only!.alias);
    found.set(only!.alias, { alias: only!.alias, weight: known?.weight ?? weight, tensors: (known?.tensors ?? 0) + 1 });
  }
  return [...found.values()];
}
