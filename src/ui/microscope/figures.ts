import { cosine } from '../../core/analyze/cosine';
import { degrees, jaccard } from '../../core/analyze/overlap';
import { pairsOf, type VectorAnalysis, type VectorFigures } from '../../core/analyze/vectors';

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** One pair of vectors as it is drawn. Shares are from 0 to 1, null where there is nothing to take a share of. */
export interface Pair {
  a: string;
  b: string;
  cosine: number | null;
  jaccard: number | null;
  /** What the overlap would be if each drew as many weights of each tensor at random. */
  jaccardByChance: number | null;
  /** Of the weights both changed most, those they pull in opposite directions; the same by magnitude. */
  opposite: number | null;
  cancelled: number | null;
  /** Opposite directions among all weights that both change. */
  oppositeOfAll: number | null;
}

export function pairsIn({ vectors: aliases, total, tensors }: VectorAnalysis): Pair[] {
  const { vectors, pairs } = total;
  return pairsOf(aliases.length).map(([a, b], at) => {
    const { dot, kept, changed } = pairs[at]!;
    const [x, y] = [vectors[a]!, vectors[b]!];
    const met = tensors.reduce((sum, one) => sum + (one.vectors[a]!.kept * one.vectors[b]!.kept) / one.weights, 0);
    return {
      a: aliases[a]!,
      b: aliases[b]!,
      cosine: cosine(dot, [x.squares, y.squares]),
      jaccard: jaccard(kept.both, x.kept, y.kept),
      jaccardByChance: jaccard(met, x.kept, y.kept),
      opposite: share(kept.opposite, kept.both),
      cancelled: share(kept.cancelled, kept.common),
      oppositeOfAll: share(changed.opposite, changed.both),
    };
  });
}

/** The pairs that pull most and least in opposite directions; null where no two vectors meet. */
export function extremes(pairs: readonly Pair[]): { most: Pair; least: Pair } | null {
  const meeting = pairs.filter(({ opposite }) => opposite !== null).sort((x, y) => y.opposite! - x.opposite!);
  return meeting.length === 0 ? null : { most: meeting[0]!, least: meeting.at(-1)! };
}

/** Weights that are among the largest changes of exactly these vectors. */
export interface Combination {
  members: number[];
  weights: number;
  share: number;
}

/** All combinations of at least one vector, by their number of vectors, then the larger ones first. */
export function combinationsIn({ weights, vectors, combinations }: VectorFigures): Combination[] {
  return combinations
    .map((count, which) => ({
      members: vectors.flatMap((_, k) => ((which >>> k) & 1 ? [k] : [])),
      weights: count,
      share: count / weights,
    }))
    .slice(1)
    .sort((x, y) => x.members.length - y.members.length || y.weights - x.weights);
}

/** Weights by how many vectors have them among their largest changes. */
export interface Degree {
  count: number;
  weights: number;
  share: number;
  /** The share if each vector drew as many weights of each tensor at random (Poisson's binomial distribution). */
  chance: number;
}

function degreesByChance({ weights, vectors }: VectorFigures): number[] {
  // Adding one vector at a time: it has a weight or it has not.
  return vectors.reduce<number[]>(
    (chance, { kept }) => {
      const p = kept / weights;
      return [...chance, 0].map((stay, n) => stay * (1 - p) + (chance[n - 1] ?? 0) * p);
    },
    [1],
  );
}

export function degreesIn({ total, tensors }: VectorAnalysis): Degree[] {
  const chances = tensors.map((tensor) =>
    degreesByChance(tensor).map((chance) => (chance * tensor.weights) / total.weights),
  );
  return degrees(total.combinations).map((weights, count) => ({
    count,
    weights,
    share: weights / total.weights,
    chance: chances.reduce((sum, chance) => sum + (chance[count] ?? 0), 0),
  }));
}

/** Lengths (L2 norms), in the unit of the weights. */
export interface Lengths {
  vectors: number[];
  mean: number;
  sum: number;
  ties: number;
}

export function lengthsIn({ vectors, elected }: VectorFigures): Lengths {
  const lengths = vectors.map(({ squares }) => Math.sqrt(squares));
  return {
    vectors: lengths,
    mean: lengths.reduce((a, b) => a + b, 0) / lengths.length,
    sum: Math.sqrt(elected.sumSquares),
    ties: Math.sqrt(elected.meanSquares),
  };
}

/** How much of all change TIES keeps, and how much of that it drops because it was outvoted; null where there is none. */
export function votesIn({ vectors }: VectorFigures): { kept: number; dropped: number } | null {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const whole = sum(vectors.map((vector) => vector.whole));
  const cast = sum(vectors.map((vector) => vector.cast));
  const dropped = sum(vectors.map((vector) => vector.dropped));
  return cast === 0 ? null : { kept: cast / whole, dropped: dropped / cast };
}

/** Length of each vector as a share of the base's; null where the base is 0. */
export const relativeIn = ({ vectors, origin }: VectorFigures): (number | null)[] =>
  vectors.map(({ squares }) => (origin === 0 ? null : Math.sqrt(squares / origin)));
