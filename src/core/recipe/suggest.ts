/** Damerau-Levenshtein distance (optimal string alignment), case folded, as the number of edits. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** @returns at most `count` candidates near enough to `word` to be a likely slip, the nearest first. */
export function nearest(word: string, candidates: readonly string[], count: number): string[] {
  const plain = word.slice(0, 64).toLowerCase().replaceAll('-', '_');
  const most = Math.max(1, Math.floor(plain.length / 3));
  return candidates
    .map((candidate) => ({ candidate, edits: distance(plain, candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** @returns the candidate nearest to `word`, or '' when none is near enough to be a likely slip. */
export const suggest = (word: string, candidates: readonly string[]): string => nearest(word, candidates, 1)[0] ?? '';

/** @returns ` Did you mean "x"?`, or '' without a suggestion. */
export function didYouMean(suggestion: string): string {
  return suggestion === '' ? '' : ` Did you mean "${suggestion}"?`;
}
