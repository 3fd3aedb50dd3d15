/** A corner of the grid: cell (x, y) has the corners (x, y) to (x + 1, y + 1). */
type Corner = readonly [x: number, y: number];

/** A line along edges of cells; closed where it ends in the corner it began with. */
export type Border = readonly Corner[];

/**
 * The lines between cells whose labels differ. Labels have no order, so a line between two is a border, not a level to
 * interpolate; where three or four labels meet, the lines end in their common corner.
 * @param labels row by row, [size * size]; null: not known, which borders on nothing
 * @returns each edge in exactly one line
 */
export function bordersOf(labels: readonly (string | null)[], size: number): Border[] {
  const label = (x: number, y: number): string | null =>
    x < 0 || y < 0 || x >= size || y >= size ? null : (labels[y * size + x] ?? null);
  const parts = (a: string | null, b: string | null): boolean => a !== null && b !== null && a !== b;

  const edges = new Map<string, Set<string>>();
  const name = ([x, y]: Corner): string => `${x},${y}`;
  const corner = (of: string): Corner => of.split(',').map(Number) as unknown as Corner;
  const link = (a: string, b: string): void => void edges.set(a, (edges.get(a) ?? new Set<string>()).add(b));
  const join = (a: Corner, b: Corner): void => {
    link(name(a), name(b));
    link(name(b), name(a));
  };
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      if (parts(label(x - 1, y), label(x, y))) join([x, y], [x, y + 1]);
      if (parts(label(x, y - 1), label(x, y))) join([x, y], [x + 1, y]);
    }

  const lines: Border[] = [];
  const degree = new Map([...edges].map(([at, others]) => [at, others.size]));
  const walk = (from: string): void => {
    const line = [from];
    let at = from;
    do {
      const next = edges.get(at)!.values().next().value!;
      edges.get(at)!.delete(next);
      edges.get(next)!.delete(at);
      line.push((at = next));
    } while (at !== from && degree.get(at) === 2 && edges.get(at)!.size > 0);
    lines.push(line.map(corner));
  };
  // First the lines that end somewhere, from their ends and from where several meet; what is left then are rings.
  for (const [at, count] of degree) if (count !== 2) while (edges.get(at)!.size > 0) walk(at);
  for (const at of degree.keys()) while (edges.get(at)!.size > 0) walk(at);
  return lines;
}

/** @returns a line without the corners at which it goes straight on */
export function straightened(line: Border): Border {
  return line.filter((at, i) => {
    const [before, after] = [line[i - 1], line[i + 1]];
    if (!before || !after) return true;
    return (at[0] - before[0]) * (after[1] - at[1]) !== (at[1] - before[1]) * (after[0] - at[0]);
  });
}
