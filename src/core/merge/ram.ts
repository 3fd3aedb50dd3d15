import { method, type MergeMethod } from './method';
import { clamp } from './sphere';

const f = Math.fround;

/**
 * base + what only one model changed, as it is, + the mean of what several changed; changes of at most epsilon are
 * dropped. @param factors what each model's own changes are multiplied with.
 */
function addUp(
  tunes: readonly Float32Array[],
  origin: Float32Array,
  epsilon: number,
  factors: readonly number[],
  length: number,
  out: Float32Array,
): void {
  for (let i = 0; i < length; i++) {
    let [count, sum, only] = [0, f(0), 0];
    for (let k = 0; k < tunes.length; k++) {
      const delta = f(tunes[k]![i]! - origin[i]!);
      // Asked this way round, NaN is kept, and seen.
      if (Math.abs(delta) <= epsilon) continue;
      count++;
      sum = f(sum + delta);
      only = k;
    }
    if (count === 1) sum = f(factors[only]! * sum);
    else if (count > 1) sum = f(sum / count);
    out[i] = f(origin[i]! + sum);
  }
}

/**
 * Reinforced agent merging: Yuan et al. 2026 (arXiv:2601.13572), as mergekit 0.1.5 (references: mergekit, section 1.12).
 */
export const ram: MergeMethod = method('ram', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
  ],
  elementwise: true,
  apply(inputs, { base, shared }, length, out) {
    const tunes = inputs.filter((_, k) => k !== base);
    const ones = tunes.map(() => 1);
    addUp(tunes, inputs[base]!, f(shared['epsilon']!), ones, length, out);
  },
});

/** RAM, where a model's own changes in a tensor grow with the share of its changes that others share. */
export const ramPlus: MergeMethod = method('ramplus_tl', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 2e-6 },
  ],
  elementwise: false,
  apply(inputs, { base, shared }, length, out) {
    const origin = inputs[base]!;
    const tunes = inputs.filter((_, k) => k !== base);
    const epsilon = f(shared['epsilon']!);
    const [own, common] = [tunes.map(() => 0), tunes.map(() => 0)];
    const changed = tunes.map(() => false);
    for (let i = 0; i < length; i++) {
      let count = 0;
      for (let k = 0; k < tunes.length; k++) {
        changed[k] = Math.abs(f(tunes[k]![i]! - origin[i]!)) > epsilon;
        if (changed[k]) count++;
      }
      for (let k = 0; k < tunes.length; k++) if (changed[k]) (count === 1 ? own : common)[k]!++;
    }
    const factors = own.map((unique, k) =>
      f(1 + shared['r']! * clamp(common[k]! / Math.max(unique, shared['epsilon']!), 0, shared['alpha']!)),
    );
    addUp(tunes, origin, epsilon, factors, length, out);
  },
});
