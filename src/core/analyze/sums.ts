type Sums = number | readonly Sums[] | { readonly [key: string]: Sums };

function add(a: Sums, b: Sums): Sums {
  if (typeof a === 'number') return a + (b as number);
  if (Array.isArray(a)) return a.map((value: Sums, i) => add(value, (b as readonly Sums[])[i]!));
  return Object.fromEntries(
    Object.entries(a).map(([key, value]) => [key, add(value as Sums, (b as Record<string, Sums>)[key]!)]),
  );
}

/** Adds two figures of one kind number by number, however deep they lie; T holds nothing but numbers. */
export const addUp = <T>(a: T, b: T): T => add(a as Sums, b as Sums) as T;
