import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeardTable, Interval } from '../core/probe/heard';

const REPORT = join(import.meta.dirname, '../../training/reports/speech.json');
const SETS = ['target known', 'target unknown', 'pure known', 'pure unknown'] as const;
const ROW_SETS = ['general known', 'general unknown', ...SETS] as const;
const ROWS = ['a', 'b', 'c', 'merged', '(B+C)/2', 'joint', 'oracle'] as const;

interface Compared {
  wer: Record<'C' | 'merged' | '(B+C)/2', [value: number, lo: number, hi: number]>;
}
interface Report {
  shipped: { fold: string; synthesiser: string; seed: number; lambda: number };
  fsdd: { s: Record<string, Record<string, { errors: number; words: number }>> };
  grid: { s: { runs: unknown[]; folds: Record<string, Record<string, Compared>>; all: Record<string, Compared> } };
  details: Record<string, Record<string, Record<string, { wer: number }>>>;
}

/** @returns what the page shows of training/reports/speech.json: figures on recordings that do not ship. */
export async function recordHeard(): Promise<HeardTable> {
  const { shipped, fsdd, grid, details } = JSON.parse(await readFile(REPORT, 'utf8')) as Report;
  const detail = details[`s-${shipped.fold}-${shipped.synthesiser}-${shipped.seed}`]!;
  const detailed = (row: string): number[] => SETS.map((set) => detail[row]![set]!.wer / 100);
  const compared = (of: Record<string, Compared>): Interval[][] =>
    SETS.map((set) => {
      const { C, merged, '(B+C)/2': mean } = of[set]!.wer;
      return [C, merged, mean].map(([value, lo, hi]): Interval => [value / 100, lo / 100, hi / 100]);
    });
  const lambdas = Object.keys(detail).flatMap((row) => (row.startsWith('lambda ') ? [Number(row.slice(7))] : []));
  return {
    lambda: shipped.lambda,
    rowSets: ROW_SETS,
    words: ROW_SETS.map((set) => fsdd.s['c']![set]!.words),
    rows: ROWS.map((id) => ({
      id,
      rates: ROW_SETS.map((set) => {
        const { errors, words } = fsdd.s[id]![set]!;
        return errors / words;
      }),
    })),
    sets: SETS,
    curve: [
      { lambda: 0, rates: detailed('C') },
      ...lambdas.map((lambda) => ({
        lambda,
        rates: detailed(
          Object.keys(detail).find((row) => row.startsWith('lambda ') && Number(row.slice(7)) === lambda)!,
        ),
      })),
    ].toSorted((a, b) => a.lambda - b.lambda),
    random: detailed('random'),
    runs: grid.s.runs.length,
    folds: [
      { id: 'all', rates: compared(grid.s.all) },
      ...Object.entries(grid.s.folds).map(([id, of]) => ({ id, rates: compared(of) })),
    ],
  };
}
