import type { MergeContext } from '../method';
import { SUM, type Ops } from '../ops';
import { limitOf } from '../random';
import { ROOM, UNIT } from '../work';
import { rankedChance } from './chances';
import { binOfRank, HIGH_BINS, LOW_BINS, LOW_BITS } from './rank';
import { factorOf } from './rescale';

/** What is kept: the largest, what chance picks, the same with better chances for the larger, all but the smallest and outliers. */
export type Sparsify = 'magnitude' | 'random' | 'ranked' | 'outliers';

/** Which elements of one task vector are kept, and the factor that the rest is scaled by. */
export interface Thinner {
  readonly looks: readonly {
    readonly unit: number;
    at(delta: Float32Array<ArrayBuffer>, begin: number): void;
    end?(): void;
  }[];
  /** Fills the mask of a block; blocks come in rising order. @param delta computes the block's task vector */
  mask(delta: () => Float32Array<ArrayBuffer>, begin: number, mask: Uint8Array<ArrayBuffer>): void;
  readonly factor: number;
}

type Masker = Pick<Thinner, 'looks' | 'mask'>;

/** @returns 'whole' for what needs the whole task vector in memory */
export function thinnerOf(
  sparsify: Sparsify,
  context: MergeContext,
  k: number,
  length: number,
  ops: Ops,
): Thinner | 'whole' {
  const { density } = context.perInput[k]! as { density: number };
  if (density <= 0) return { looks: [], mask: (_delta, _begin, mask) => mask.fill(0), factor: 1 };
  const rescale = context.shared['rescale'] === 1;
  if ((rescale && context.variants?.rescale === 'density') || length >= 2 ** 31) return 'whole';
  switch (sparsify) {
    case 'outliers':
      return 'whole';
    case 'magnitude': {
      const masker = byMagnitude(density, context.trimAt?.[k], length, ops);
      return rescale ? rescaled(masker, length, ops) : { ...masker, factor: 1 };
    }
    case 'random': {
      const key = context.maskKey!(k);
      const masker: Masker = { looks: [], mask: (_delta, begin, mask) => ops.chanceMask(key, begin, density, mask) };
      return rescale ? rescaled(masker, length, ops) : { ...masker, factor: 1 };
    }
    case 'ranked':
      return byRank(context, k, length, ops);
  }
}

/** The max(1, floor(density * N)) largest, of equal ones those that come first; or all from the magnitude `least` up. */
function byMagnitude(density: number, least: number | undefined, length: number, ops: Ops): Masker {
  const all = 2 ** 31 - 1;
  let size = least ?? 0;
  let allowed = all;
  let ties = all;
  const mask: Masker['mask'] = (delta, begin, into) => {
    if (begin === 0) ties = allowed;
    ties = ops.maskLargest(delta(), size, ties, into);
  };
  if (least !== undefined) return { looks: [], mask };
  const keep = Math.max(1, Math.floor(density * length));
  const [high, low] = [ops.counts(HIGH_BINS), ops.counts(LOW_BINS)];
  let upper = { bin: 0, above: 0 };
  return {
    mask,
    looks: [
      { unit: UNIT, at: (delta) => ops.countHigh(delta, high), end: () => (upper = binOfRank(high, keep)) },
      {
        unit: UNIT,
        at: (delta) => ops.countLow(delta, upper.bin, low),
        end() {
          const lower = binOfRank(low, keep - upper.above);
          size = (upper.bin << LOW_BITS) | lower.bin;
          allowed = keep - upper.above - lower.above;
        },
      },
    ],
  };
}

/** With one more look for the norms, that keeps the mask for the merge. */
function rescaled(masker: Masker, length: number, ops: Ops): Thinner {
  const kept = new Uint8Array(length);
  const room = ops.bytes(ROOM);
  const sums: [number, number] = [0, 0];
  const thinner = {
    looks: [
      ...masker.looks,
      {
        unit: UNIT,
        at(delta: Float32Array<ArrayBuffer>, begin: number) {
          const mask = room.subarray(0, delta.length);
          masker.mask(() => delta, begin, mask);
          ops.norms(delta, mask, sums);
          kept.set(mask, begin);
        },
        end: () => (thinner.factor = factorOf(sums)),
      },
    ],
    mask: (_delta: unknown, begin: number, mask: Uint8Array) => mask.set(kept.subarray(begin, begin + mask.length)),
    factor: 1,
  };
  return thinner;
}

/** DELLA: chances by rank in the row (see chances.ts). */
function byRank(context: MergeContext, k: number, length: number, ops: Ops): Thinner | 'whole' {
  const { shape } = context;
  const { density, epsilon } = context.perInput[k]! as { density: number; epsilon: number };
  const rescale = context.shared['rescale'] === 1;
  const key = context.maskKey!(k);
  const n = (shape.length > 2 ? shape[1] : shape.at(-1)) ?? 1;
  if (n <= 1) {
    const masker: Masker = {
      looks: [],
      mask: (_delta, begin, mask) => ops.chanceMask(key, begin, Math.fround(density), mask),
    };
    return rescale ? rescaled(masker, length, ops) : { ...masker, factor: 1 };
  }
  const stride = shape.slice(2).reduce((a, b) => a * b, 1);
  const summable = leastMultiple(n, SUM);
  const together = summable <= ROOM;
  const rows = together ? summable : leastMultiple(n, 4);
  if (stride > 1 || rows > ROOM) return 'whole';

  const limits = ops.counts(n);
  for (let r = 0; r < n; r++) limits[r] = limitOf(rankedChance(r, n, density, epsilon));
  const room = ops.bytes(ROOM);
  const kept = new Uint8Array(length);
  const sums: [number, number] = [0, 0];
  const norms = (delta: Float32Array<ArrayBuffer>, mask: Uint8Array<ArrayBuffer>): void => {
    if (rescale) ops.norms(delta, mask, sums);
  };
  const finish = (): void => {
    if (rescale) thinner.factor = factorOf(sums);
  };
  const rank = {
    unit: rows,
    at(delta: Float32Array<ArrayBuffer>, begin: number) {
      const mask = room.subarray(0, delta.length);
      ops.rankedMask(key, begin, delta, limits, mask);
      kept.set(mask, begin);
      if (together) norms(delta, mask);
    },
    end: together ? finish : () => undefined,
  };
  const sum = {
    unit: SUM,
    at(delta: Float32Array<ArrayBuffer>, begin: number) {
      const mask = room.subarray(0, delta.length);
      mask.set(kept.subarray(begin, begin + mask.length));
      norms(delta, mask);
    },
    end: finish,
  };
  const thinner = {
    looks: together || !rescale ? [rank] : [rank, sum],
    mask: (_delta: unknown, begin: number, mask: Uint8Array) => mask.set(kept.subarray(begin, begin + mask.length)),
    factor: 1,
  };
  return thinner;
}

function leastMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
