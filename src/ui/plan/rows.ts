import type { PlanRow, PlanSummary } from '../../state/plan.svelte';

/** What a model's coefficients are in one layer, or outside of the layers. */
export interface HeatCell {
  /** null: outside of the layers. */
  readonly layer: number | null;
  readonly low: number;
  readonly high: number;
  /** The mean over the tensors. */
  readonly mean: number;
}
export interface HeatStrip {
  readonly alias: string;
  readonly cells: readonly HeatCell[];
}

/** @returns one strip a model, what stands outside of the layers first; none where the method has no coefficients. */
export function heatOf({ tensors }: PlanSummary): HeatStrip[] {
  const found = new Map<string, Map<number | null, number[]>>();
  const counts = new Map<number | null, number>();
  for (const { coefficients, layer, why } of tensors) {
    if (why !== null || coefficients === null) continue;
    counts.set(layer, (counts.get(layer) ?? 0) + 1);
    for (const { alias, coefficient } of coefficients) {
      const own = found.get(alias) ?? new Map<number | null, number[]>();
      found.set(alias, own);
      own.set(layer, [...(own.get(layer) ?? []), coefficient]);
    }
  }
  const places = [...counts].sort(([a], [b]) => (a ?? -1) - (b ?? -1));
  return [...found].map(([alias, own]) => ({
    alias,
    cells: places.map(([layer, count]) => {
      // A model that a slice leaves out has no part in its tensors.
      const found = own.get(layer) ?? [];
      const values = found.length < count ? [...found, 0] : found;
      const mean = found.reduce((sum, value) => sum + value, 0) / count;
      return { layer, low: Math.min(...values), high: Math.max(...values), mean };
    }),
  }));
}

export type Shown = 'all' | 'merge' | 'copy';

export const filtered = (rows: readonly PlanRow[], piece: string, shown: Shown): PlanRow[] =>
  rows.filter(
    ({ name, why }) =>
      name.toLowerCase().includes(piece.trim().toLowerCase()) &&
      (shown === 'all' || (why === null) === (shown === 'merge')),
  );

/** What the result has of a module: how many tensors, and whose they are. */
export interface ModuleShare {
  /** null: what no module of the recipe names. */
  readonly module: string | null;
  /** null: they are merged. */
  readonly from: string | null;
  readonly count: number;
}

/** @returns whose the parts of a result are, those merged first; none for a recipe without modules. */
export function sharesOf(rows: readonly PlanRow[]): ModuleShare[] {
  if (!rows.some(({ module }) => module !== null)) return [];
  const shares = new Map<string, ModuleShare>();
  for (const { module, why, from } of rows) {
    const owner = why === null ? null : from;
    const key = JSON.stringify([module, owner]);
    shares.set(key, { module, from: owner, count: (shares.get(key)?.count ?? 0) + 1 });
  }
  const rank = ({ module, from }: ModuleShare): number => (module === null ? 2 : from === null ? 0 : 1);
  return [...shares.values()].sort((a, b) => rank(a) - rank(b));
}

/** Models in the order in which the tensors name them. */
export const modelsOf = (rows: readonly PlanRow[]): string[] => [
  ...new Set(rows.flatMap(({ coefficients }) => coefficients?.map(({ alias }) => alias) ?? [])),
];

/** How many layers the plan's result has. */
export const layersOf = ({ tensors }: PlanSummary): number =>
  tensors.reduce((count, { layer }) => Math.max(count, layer === null ? 0 : layer + 1), 0);
