import { method, type MergeMethod } from './method';

const f = Math.fround;
const NO_DIFFERENCE = f(1e-6);

/**
 * The base, replaced by the other model where they differ by less than t; beyond, the further apart the less of it:
 * w = t / |difference|, at most 1 (references: mergekit, section 1.9; idea and name: alchemonaut, QuartetAnemoi 2024).
 */
export const nearswap: MergeMethod = method('nearswap', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 't-zero-gives-base', tolerance: 0 },
    { id: 'between-the-inputs', tolerance: 2e-6 },
  ],
  elementwise: true,
  apply(inputs, { base, shared }, length, out) {
    const origin = inputs[base]!;
    const other = inputs[1 - base]!;
    const t = f(shared['t']!);
    for (let i = 0; i < length; i++) {
      const difference = Math.max(f(Math.abs(f(origin[i]! - other[i]!))), NO_DIFFERENCE);
      const w = Math.min(Math.max(f(t / difference), 0), 1);
      out[i] = f(f(w * other[i]!) + f(f(1 - w) * origin[i]!));
    }
  },
});
