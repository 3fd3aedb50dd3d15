import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeardTable } from '../state/heard';

const REPORT = join(import.meta.dirname, '../../training/reports/speech.json');
const SETS = ['target known', 'target unknown', 'pure known', 'pure unknown'] as const;
const ROWS = ['a', 'b', 'c', 'merged', '(B+C)/2', 'joint', 'oracle'] as const;

interface Errors {
  errors: number;
  words: number;
}
type Interval = [value: number, lo: number, hi: number];
interface Compared {
  wer: Record<'C' | 'merged' | '(B+C)/2', Interval>;
}
interface Report {
  shipped: { fold: string; lambda: number };
  fsdd: { s: Record<string, Record<string, Errors>> };
  grid: { s: { runs: unknown[]; folds: Record<string, Record<string, Compared>>; all: Record<string, Compared> } };
}

/** @returns what the page shows of training/reports/speech.json: figures on recordings that do not ship. */
export async function recordHeard(): Promise<HeardTable> {
  const { shipped, fsdd, grid } = JSON.parse(await readFile(REPORT, 'utf8')) as Report;
  const rate = (row: string, set: string): number => {
    const { errors, words } = fsdd.s[row]![set]!;
    return errors / words;
  };
  const curve = Object.keys(fsdd.s).flatMap((row) => (row.startsWith('lambda ') ? [Number(row.slice(7))] : []));
  const at = (lambda: number): string =>
    lambda === 0 ? 'c' : lambda === shipped.lambda ? 'merged' : `lambda ${lambda.toFixed(lambda % 0.5 === 0 ? 1 : 2)}`;
  const rows = (of: Record<string, Compared>, set: string) => {
    const { C, merged, '(B+C)/2': mean } = of[set]!.wer;
    return [C, merged, mean].map((interval) => interval.map((percent) => percent / 100) as Interval);
  };
  return {
    lambda: shipped.lambda,
    sets: SETS,
    words: SETS.map((set) => fsdd.s['c']![set]!.words),
    rows: ROWS.map((id) => ({ id, rates: SETS.map((set) => rate(id, set)) })),
    curve: [...curve, 0, shipped.lambda]
      .toSorted((a, b) => a - b)
      .map((lambda) => ({ lambda, rates: SETS.map((set) => rate(at(lambda), set)) })),
    runs: grid.s.runs.length,
    folds: [
      { id: 'all', rates: SETS.map((set) => rows(grid.s.all, set)) },
      ...Object.entries(grid.s.folds).map(([id, of]) => ({ id, rates: SETS.map((set) => rows(of, set)) })),
    ],
  };
}
