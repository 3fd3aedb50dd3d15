import type { PlanRow, PlanSummary } from '../../engine/api';

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
  const layers = new Set<number | null>();
  for (const { coefficients, layer, why } of tensors) {
    if (why !== null || coefficients === null) continue;
    layers.add(layer);
    for (const { alias, coefficient } of coefficients) {
      const own = found.get(alias) ?? new Map<number | null, number[]>();
      found.set(alias, own);
      own.set(layer, [...(own.get(layer) ?? []), coefficient]);
    }
  }
  const places = [...layers].sort((a, b) => (a ?? -1) - (b ?? -1));
  return [...found].map(([alias, own]) => ({
    alias,
    cells: places.map((layer) => {
      // A model that a slice leaves out has no part in its layers.
      const values = own.get(layer) ?? [0];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
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

/** Models in the order in which the tensors name them. */
export const modelsOf = (rows: readonly PlanRow[]): string[] => [
  ...new Set(rows.flatMap(({ coefficients }) => coefficients?.map(({ alias }) => alias) ?? [])),
];

/** How many layers the plan's result has. */
export const layersOf = ({ tensors }: PlanSummary): number =>
  tensors.reduce((count, { layer }) => Math.max(count, layer === null ? 0 : layer + 1), 0);
