import { method, type MergeMethod } from './method';

const f = Math.fround;

/** The one model as it is, times `scale`: what slices of layers are stacked with (references: mergekit, section 1.11). */
export const passthrough: MergeMethod = method('passthrough', {
  laws: [
    { id: 'identical-inputs', tolerance: 0 },
    { id: 'homogeneous', tolerance: 0 },
  ],
  elementwise: true,
  apply([input], { perInput }, length, out) {
    const scale = f(perInput[0]!['scale']!);
    for (let i = 0; i < length; i++) out[i] = f(scale * input![i]!);
  },
});
