import { gram } from './gram';
import { method, type MergeMethod } from './method';
import { rowLength } from './rows';
import { clamp } from './sphere';
import { ROOM, UNIT } from './work';

const f = Math.fround;
/** Least product of two norms; smaller task vectors look uncorrelated, as in mergekit. */
const NO_NORM = 1e-6;
const NO_DIVISOR = 1e-6;

/** How far to go from the base to the mean of the models: k c / (1 + (k - 1) c), c the mean cosine of their task vectors. */
function ratio(g: Float64Array, k: number): number {
  let sum = 0;
  for (let i = 0; i < k; i++)
    for (let j = i + 1; j < k; j++) {
      const norms = Math.sqrt(g[i * k + i]!) * Math.sqrt(g[j * k + j]!);
      sum += clamp(g[i * k + j]! / Math.max(norms, NO_NORM), -1, 1);
    }
  const c = sum / ((k * (k - 1)) / 2);
  const divisor = 1 + (k - 1) * c;
  return Math.abs(divisor) < NO_DIVISOR ? 0 : (k * c) / divisor;
}

/**
 * The point between base and mean that the angles of the task vectors point to: Jang et al. 2024 (arXiv:2403.19522), as
 * mergekit 0.1.5 (references: mergekit, section 1.7); of the whole tensor, or (`filter_wise`) of each vector along its
 * last axis.
 */
export const modelStock: MergeMethod = method('model_stock', {
  laws: [
    { id: 'identical-inputs', tolerance: 2e-6 },
    { id: 'order-of-inputs', tolerance: 4e-6 },
  ],
  elementwise: false,
  apply(inputs, { base, shape, shared }, length, out) {
    const origin = inputs[base]!;
    const tunes = inputs.filter((_, k) => k !== base);
    const step = shared['filter_wise'] === 1 ? rowLength(shape) : Math.max(1, length);
    for (let begin = 0; begin < length; begin += step) {
      const end = Math.min(begin + step, length);
      const t = ratio(gram(tunes, origin, begin, end), tunes.length);
      const [to, from] = [f(t), f(1 - t)];
      for (let i = begin; i < end; i++) {
        let sum = tunes[0]![i]!;
        for (let k = 1; k < tunes.length; k++) sum = f(sum + tunes[k]![i]!);
        out[i] = f(f(to * f(sum / tunes.length)) + f(from * origin[i]!));
      }
    }
  },
  start({ base, shared, perInput }, _length, ops) {
    if (shared['filter_wise'] === 1) return null;
    const tunes = perInput.flatMap((_, k) => (k === base ? [] : [k]));
    const k = tunes.length;
    const products = new Float64Array(k * k);
    const room = tunes.map(() => ops.floats(ROOM));
    let t = 0;
    return {
      looks: [
        {
          unit: UNIT,
          at(inputs) {
            const origin = inputs[base]!;
            const deltas = room.map((delta) => delta.subarray(0, origin.length));
            tunes.forEach((tune, j) => ops.subtract(inputs[tune]!, origin, deltas[j]!));
            for (let i = 0; i < k; i++)
              for (let j = i; j < k; j++) products[i * k + j] = ops.dot(deltas[i]!, deltas[j]!, products[i * k + j]!);
          },
          end: () => void (t = ratio(products, k)),
        },
      ],
      merge(inputs, _begin, out) {
        out.set(inputs[tunes[0]!]!);
        for (const tune of tunes.slice(1)) ops.add(inputs[tune]!, out);
        ops.divide(k, out);
        ops.scale(f(t), out, out);
        ops.addScaled(f(1 - t), inputs[base]!, out);
      },
    };
  },
});
