import { decodeToF32, encodeFromF32 } from '../tensor/dtype';
import { countNonFinite } from './finite';
import { type Ops, SUM } from './ops';
import { drawMask } from './random';
import { sortMagnitudes } from './sparsify/chances';
import { bitsOf, LOW_BINS, LOW_BITS, MAGNITUDE } from './sparsify/rank';
import { addNorms } from './sparsify/rescale';

const f = Math.fround;

/** {@link Ops} in plain TypeScript, on arrays anywhere: for engines without SIMD, and what SIMD is tested against. */
export const plainOps: Ops = {
  floats: (length) => new Float32Array(length),
  bytes: (length) => new Uint8Array(length),
  counts: (length) => new Uint32Array(length),

  decode: (outer, dtype, out) => void decodeToF32(outer, dtype, out),
  encode(values, dtype, outer) {
    const bytes = encodeFromF32(values, dtype);
    outer.set(bytes);
    if (dtype !== 'F16' && dtype !== 'BF16') return countNonFinite(values);
    const exponent = dtype === 'F16' ? 0x7c00 : 0x7f80;
    let count = 0;
    for (const half of new Uint16Array(bytes.buffer)) if ((half & exponent) === exponent) count++;
    return count;
  },

  scale(w, a, out) {
    const weight = f(w);
    for (let i = 0; i < out.length; i++) out[i] = f(weight * a[i]!);
  },
  addScaled(w, a, out) {
    const weight = f(w);
    for (let i = 0; i < out.length; i++) out[i] = f(out[i]! + f(weight * a[i]!));
  },
  subtract(a, b, out) {
    for (let i = 0; i < out.length; i++) out[i] = f(a[i]! - b[i]!);
  },
  scaleDelta(w, a, b, out) {
    const weight = f(w);
    for (let i = 0; i < out.length; i++) out[i] = f(weight * f(a[i]! - b[i]!));
  },
  addDelta(w, a, b, out) {
    const weight = f(w);
    for (let i = 0; i < out.length; i++) out[i] = f(out[i]! + f(weight * f(a[i]! - b[i]!)));
  },
  add(a, out) {
    for (let i = 0; i < out.length; i++) out[i] = f(a[i]! + out[i]!);
  },
  divide(by, out) {
    const divisor = f(by);
    for (let i = 0; i < out.length; i++) out[i] = f(out[i]! / divisor);
  },
  divideEach(by, out) {
    for (let i = 0; i < out.length; i++) out[i] = f(out[i]! / (by[i]! === 0 ? 1 : by[i]!));
  },

  dot(a, b, sum) {
    for (let begin = 0; begin < a.length; begin += SUM) {
      const end = Math.min(begin + SUM, a.length);
      let block = 0;
      for (let i = begin; i < end; i++) block += a[i]! * b[i]!;
      sum += block;
    }
    return sum;
  },
  norms: addNorms,

  countHigh(values, counts) {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) counts[(bits[i]! & MAGNITUDE) >>> LOW_BITS]!++;
  },
  countLow(values, bin, counts) {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) {
      const size = bits[i]! & MAGNITUDE;
      if (size >>> LOW_BITS === bin) counts[size & (LOW_BINS - 1)]!++;
    }
  },
  maskLargest(values, size, ties, mask) {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) {
      const own = bits[i]! & MAGNITUDE;
      mask[i] = own > size || (own === size && ties-- > 0) ? 1 : 0;
    }
    return Math.max(0, ties);
  },
  chanceMask: (key, begin, chance, mask) => drawMask(key, chance, begin, mask),
  rankedMask(key, begin, values, limits, mask) {
    const n = limits.length;
    const chances = new Float32Array(values.length);
    const scratch = (): Uint32Array => new Uint32Array(n);
    const [sizes, order, spare] = [scratch(), scratch(), [scratch(), scratch()] as const];
    const bits = bitsOf(values);
    for (let row = 0; row < values.length; row += n) {
      for (let i = 0; i < n; i++) sizes[i] = bits[row + i]! & MAGNITUDE;
      sortMagnitudes(sizes, order, spare, n);
      for (let r = 0; r < n; r++) chances[row + order[r]!] = limits[r]! / 2 ** 24;
    }
    drawMask(key, chances, begin, mask);
  },

  thinned(w, a, b, mask, factor, out) {
    const weight = f(w);
    for (let i = 0; i < out.length; i++) out[i] = f(weight * f(f(f(a[i]! - b[i]!) * mask[i]!) * factor));
  },
  agree(term, vote, winner, w, mixed, divisor) {
    const weight = f(w);
    const own = bitsOf(vote);
    const won = new Float32Array(1);
    const sign = bitsOf(won);
    for (let i = 0; i < mixed.length; i++) {
      const size = own[i]! & MAGNITUDE;
      // -0 + 0 is +0: the sign bit alone says who won.
      won[0] = winner[i]! + 0;
      // 1 where the sign bits are equal and the value is not 0. Signs are as good as random: a branch would miss often.
      const agrees = (((own[i]! ^ sign[0]!) >>> 31) ^ 1) & ((size | -size) >>> 31);
      // A product, not a choice: a NaN that was voted down must still be seen.
      mixed[i] = f(mixed[i]! + f(term[i]! * agrees));
      divisor[i] = f(divisor[i]! + f(weight * agrees));
    }
  },
};
