import type { MergeContext } from './method';
import type { Ops } from './ops';
import { thinnerOf, type Sparsify, type Thinner } from './sparsify/thinner';
import { ROOM, type Look, type Work } from './work';

const f = Math.fround;
/** Below this |sum of weights| mergekit leaves a normalized sum as it is. */
const NEGLIGIBLE = 1e-8;

/**
 * What sparse-task-arithmetic.ts does, block by block: each task vector is looked at as often as its thinning needs, and
 * nothing is held of it but at most a byte for each element.
 * @returns null for variants that are computed on whole tensors only
 */
export function sparseWork(
  traits: { readonly sparsify: Sparsify; readonly consensus: boolean },
  context: MergeContext,
  length: number,
  ops: Ops,
): Work | null {
  const { base, perInput, variants } = context;
  if (variants?.election === 'paper') return null;
  const tunes = perInput.flatMap((_, k) => (k === base ? [] : [k]));
  if (tunes.length === 0) return { looks: [], merge: (inputs, _begin, out) => out.set(inputs[base]!) };
  const delta = ops.floats(ROOM);
  const thinners: (Thinner | null)[] = [];
  for (const k of tunes) {
    const thinner = perInput[k]!['density']! >= 1 ? null : thinnerOf(traits.sparsify, context, k, length, ops);
    if (thinner === 'whole') return null;
    thinners.push(thinner);
  }

  const merge = termsAdder(traits.consensus, tunes, thinners, context, ops, delta);
  return { looks: looksOf(tunes, thinners, base, ops, delta), merge };
}

/** The looks of all task vectors, those that come at the same turn as one. */
function looksOf(
  tunes: readonly number[],
  thinners: readonly (Thinner | null)[],
  base: number,
  ops: Ops,
  delta: Float32Array<ArrayBuffer>,
): Look[] {
  const turns = Math.max(0, ...thinners.map((thinner) => thinner?.looks.length ?? 0));
  return Array.from({ length: turns }, (_, turn) => {
    const own = thinners.map((thinner) => thinner?.looks[turn]);
    return {
      unit: own.find((look) => look)!.unit,
      at(inputs, begin) {
        const origin = inputs[base]!;
        const difference = delta.subarray(0, origin.length);
        own.forEach((look, j) => {
          if (!look) return;
          ops.subtract(inputs[tunes[j]!]!, origin, difference);
          look.at(difference, begin);
        });
      },
      end: () => own.forEach((look) => look?.end?.()),
    };
  });
}

function termsAdder(
  consensus: boolean,
  tunes: readonly number[],
  thinners: readonly (Thinner | null)[],
  { base, shared, perInput }: MergeContext,
  ops: Ops,
  delta: Float32Array<ArrayBuffer>,
): Work['merge'] {
  const weights = tunes.map((k) => f(perInput[k]!['weight']!));
  const total = weights.reduce((sum, weight) => f(sum + weight), 0);
  const lambda = f(shared['lambda']!);
  const normalize = shared['normalize'] === 1;
  const room = tunes.map(() => ops.floats(ROOM));
  const masks = tunes.map(() => ops.bytes(ROOM).fill(1));
  const [winnerRoom, divisorRoom] = [ops.floats(ROOM), ops.floats(ROOM)];
  return (inputs, begin, out) => {
    const n = out.length;
    const origin = inputs[base]!;
    thinners.forEach((thinner, j) =>
      thinner?.mask(
        () => {
          const difference = delta.subarray(0, n);
          ops.subtract(inputs[tunes[j]!]!, origin, difference);
          return difference;
        },
        begin,
        masks[j]!.subarray(0, n),
      ),
    );
    const factors = thinners.map((thinner) => thinner?.factor ?? 1);
    if (consensus && tunes.length === 2 && ops.electPair) {
      const pair = [inputs[tunes[0]!]!, inputs[tunes[1]!]!] as const;
      const [w, by] = [weights, factors] as unknown as [[number, number], [number, number]];
      ops.electPair(origin, pair, [masks[0]!, masks[1]!], w, by, normalize, lambda, out);
      return;
    }
    const terms = room.map((term) => term.subarray(0, n));
    tunes.forEach((k, j) => {
      const [tune, weight] = [inputs[k]!, weights[j]!];
      if (thinners[j]) ops.thinned(weight, tune, origin, masks[j]!, factors[j]!, terms[j]!);
      else ops.scaleDelta(weight, tune, origin, terms[j]!);
    });
    if (consensus) {
      const [winner, divisor] = [winnerRoom.subarray(0, n), divisorRoom.subarray(0, n)];
      winner.set(terms[0]!);
      for (const term of terms.slice(1)) ops.add(term, winner);
      out.fill(-0);
      divisor.fill(0);
      terms.forEach((term, j) => ops.agree(term, term, winner, weights[j]!, out, divisor));
      if (normalize) ops.divideEach(divisor, out);
    } else {
      out.set(terms[0]!);
      for (const term of terms.slice(1)) ops.add(term, out);
      if (normalize && Math.abs(total) >= NEGLIGIBLE) ops.divide(total, out);
    }
    if (lambda !== 1) ops.scale(lambda, out, out);
    ops.add(origin, out);
  };
}
