/** How a judge's answer is written: the scores of both replies. It is text, so that whatever keeps answers keeps it. */
export const scoreText = (a: number, b: number): string => `A ${a.toFixed(3)} B ${b.toFixed(3)}`;

/** @returns the scores in a judge's answer; null where it is none. */
export function readScores(text: string): { a: number; b: number } | null {
  const match = /^A (-?\d+\.\d+) B (-?\d+\.\d+)$/.exec(text);
  return match ? { a: Number(match[1]), b: Number(match[2]) } : null;
}

/** @returns the reply with the higher score; null where they have the same, to the decimals that are written. */
export const preferred = ({ a, b }: { a: number; b: number }): 'A' | 'B' | null => (a > b ? 'A' : a < b ? 'B' : null);
