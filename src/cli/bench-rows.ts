/** One row of bench.json (contract C7): ratio > 1 = we are better than the peer. */
export interface Row {
  name: string;
  ours: number | null;
  peer: number | null;
  ratio: number | null;
  unit: string;
  n: number;
  note: string;
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
export const round = (value: number, digits = 3): number => Number(value.toPrecision(digits));
