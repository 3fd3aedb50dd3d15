import type { Run } from './runs.svelte';

/** One field by RFC 4180; what a spreadsheet would take for a formula of its own is told to be text. */
function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The runs as CSV, oldest first: formula, question, merged answer, time (ISO 8601, UTC). Lines end in CRLF (RFC 4180). */
export function runsCsv(runs: readonly Run[]): string {
  const rows = runs.map(({ formula, prompt, answer, time }) => [formula, prompt, answer, new Date(time).toISOString()]);
  return [['formula', 'prompt', 'merged', 'time'], ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
