/** Whether `a` is nowhere worse than `b` and somewhere better; lower is better. */
export const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((x, i) => x <= b[i]!) && a.some((x, i) => x < b[i]!);

/**
 * The trade-off curve: what is given up of one thing for more of another.
 * @param losses of each point, one per objective; lower is better
 * @returns the indices of the points that no other dominates, in order; equal points are all or none of them
 */
export const paretoFront = (losses: readonly (readonly number[])[]): number[] =>
  losses.flatMap((own, i) => (losses.some((other) => dominates(other, own)) ? [] : [i]));
