import { csvOf } from '../core/csv';
import type { Run } from './runs.svelte';

/** The runs as CSV, oldest first: formula, question, merged answer, time (ISO 8601, UTC). */
export const runsCsv = (runs: readonly Run[]): string =>
  csvOf([
    ['formula', 'prompt', 'merged', 'time'],
    ...runs.map(({ formula, prompt, answer, time }) => [formula, prompt, answer, new Date(time).toISOString()]),
  ]);
