/** A place on a slider where the answer changes. */
export interface Flip {
  /** The first coefficient, going up, that gives the answer `to`. */
  at: number;
  from: string;
  to: string;
}

export interface FlipRange {
  min: number;
  max: number;
  /** Distance of the points that are tried first: an answer that comes and goes between two of them is missed. */
  step: number;
  /** How exactly a change is placed; divides `step`. */
  precision: number;
}

/**
 * Finds where an answer changes along one coefficient. The answer is no monotone function of it, so the whole range is
 * swept first, and every interval whose ends differ is then halved, both halves where the middle says a third thing.
 * @param answer what is said at a coefficient
 * @param onProgress called with points of the sweep done and in all, and the changes found so far, in order
 * @returns the changes, in order of the coefficient
 */
export async function findFlips(
  answer: (coefficient: number) => Promise<string>,
  { min, max, step, precision }: FlipRange,
  onProgress: (done: number, total: number, flips: readonly Flip[]) => void = () => undefined,
): Promise<Flip[]> {
  // In whole units of the precision, so that no coefficient carries the noise of repeated addition.
  const unit = Math.round(1 / precision);
  const points = Math.round((max - min) / step) + 1;
  const stride = Math.round(step * unit);
  const first = Math.round(min * unit);
  const say = (at: number): Promise<string> => answer(at / unit);

  const between = async (low: number, from: string, high: number, to: string): Promise<Flip[]> => {
    if (from === to) return [];
    if (high - low <= 1) return [{ at: high / unit, from, to }];
    const middle = Math.floor((low + high) / 2);
    const said = await say(middle);
    return [...(await between(low, from, middle, said)), ...(await between(middle, said, high, to))];
  };

  const flips: Flip[] = [];
  let last = await say(first);
  onProgress(1, points, flips);
  for (let i = 1; i < points; i++) {
    const at = first + i * stride;
    const said = await say(at);
    flips.push(...(await between(at - stride, last, at, said)));
    last = said;
    onProgress(i + 1, points, flips);
  }
  return flips;
}
