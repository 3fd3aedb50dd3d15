import { LabError } from '../errors';
import type { MergeDoc } from '../recipe/types';
import type { MergeMethod, Variants } from './method';
import { LAB_VARIANTS, SPECS, type Variant } from './specs';
import type { PlanTensor } from './types';

/**
 * What the recipe's `lab:` block chooses, mergekit's own ways left out.
 * @throws LabError `merge/unsupported-variant` for a choice that the method does not have: nothing is ignored silently.
 */
export function variantsOf(doc: MergeDoc, method: MergeMethod): Variants {
  const chosen: Partial<Record<Variant, string>> = {};
  for (const key of Object.keys(LAB_VARIANTS) as Variant[]) {
    const variant = doc.lab?.[key];
    if (variant === undefined || variant === LAB_VARIANTS[key][0]) continue;
    if (!method.variants.includes(key)) {
      const known = SPECS.filter((spec) => spec.variants.includes(key))
        .map((spec) => spec.id)
        .join(', ');
      throw new LabError(
        'merge/unsupported-variant',
        `The recipe asks for lab.${key}: ${variant}, which has no meaning for ${method.id}. Remove it; these methods have it: ${known}.`,
        { key, variant, method: method.id, known },
      );
    }
    chosen[key] = variant;
  }
  return chosen as Variants;
}

const inside = (count: number, [min, max]: readonly [number, number]): boolean => count >= min && count <= max;
const bounds = ([min, max]: readonly [number, number]): string => (min === max ? `exactly ${min}` : `at least ${min}`);
/** The same in signs, for every language. */
const signs = ([min, max]: readonly [number, number]): string => (min === max ? String(min) : `≥ ${min}`);

/** @throws LabError `merge/inputs`, `merge/inputs-besides` for a tensor of more or fewer models than the method takes. */
function refuseCounts({ id, base, inputs, nonBase }: MergeMethod, tensor: PlanTensor): void {
  const found = tensor.inputs.length;
  const besides = found - (tensor.base < 0 ? 0 : 1);
  if (!inside(found, inputs))
    throw new LabError(
      'merge/inputs',
      `${id} takes ${bounds(inputs)} models${base === 'required' ? ', the base included' : ''}; the recipe gives it ${found}. Add or remove models, or choose another method.`,
      { method: id, expected: signs(inputs), found },
    );
  if (!inside(besides, nonBase))
    throw new LabError(
      'merge/inputs-besides',
      `${id} takes ${bounds(nonBase)} models besides the base; the recipe gives it ${besides}. Add or remove models, or choose another method.`,
      { method: id, expected: signs(nonBase), found: besides },
    );
}

/** @throws LabError `merge/della-range`: every chance of being kept must lie between 0 and 1. */
function refuseDella(tensor: PlanTensor): void {
  for (const { alias, params } of tensor.inputs) {
    const { density, epsilon } = params as { density?: number; epsilon?: number };
    if (density === undefined || epsilon === undefined || density <= 0 || density >= 1) continue;
    const half = Math.abs(epsilon);
    if (density - half > 0 && density + half < 1) continue;
    const most = Number(Math.min(density, 1 - density).toPrecision(6));
    throw new LabError(
      'merge/della-range',
      `DELLA keeps an element with a chance between density - epsilon and density + epsilon, which must lie between 0 and 1: for ${alias} they are ${Number((density - half).toPrecision(6))} and ${Number((density + half).toPrecision(6))} (${tensor.name}). With density ${density}, epsilon must be below ${most}; density 1 keeps everything.`,
      { model: alias, tensor: tensor.name, density, epsilon, most },
    );
  }
}

/** @throws LabError `merge/gamma-range` */
function refuseGamma(tensor: PlanTensor): void {
  for (const { alias, params } of tensor.inputs) {
    const gamma = params['gamma'];
    if (gamma === undefined || (gamma >= 0 && gamma <= 1)) continue;
    throw new LabError(
      'merge/gamma-range',
      `gamma is the share of the largest changes that is dropped; for ${alias} it is ${gamma} (${tensor.name}). Give it a value from 0 to 1.`,
      { model: alias, tensor: tensor.name, gamma },
    );
  }
}

/** @throws LabError `merge/trim-density`: one threshold for the whole model needs one density for all its tensors. */
function refuseTrimDensities(tensors: readonly PlanTensor[]): void {
  const densities = new Map<string, number>();
  for (const tensor of tensors)
    tensor.inputs.forEach(({ alias, params }, k) => {
      const density = params['density'];
      if (k === tensor.base || density === undefined) return;
      const known = densities.get(alias);
      if (known !== undefined && known !== density)
        throw new LabError(
          'merge/trim-density',
          `lab.trim: model trims ${alias} over the whole model, but its density is ${known} in some tensors and ${density} in ${tensor.name}. Give one density without gradient or filter, or trim by tensor.`,
          { model: alias, tensor: tensor.name, first: known, other: density },
        );
      densities.set(alias, density);
    });
}

/**
 * Values that a method cannot work with, from headers alone.
 * @throws LabError `merge/inputs`, `merge/inputs-besides`, `merge/della-range`, `merge/gamma-range`, `merge/trim-density`
 */
export function refuseParameters(method: MergeMethod, tensors: readonly PlanTensor[], variants: Variants): void {
  const merged = tensors.filter(({ action }) => action === 'merge');
  for (const tensor of merged) {
    refuseCounts(method, tensor);
    refuseDella(tensor);
    refuseGamma(tensor);
  }
  if (variants.trim === 'model') refuseTrimDensities(merged);
}
