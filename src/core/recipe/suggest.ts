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

/** @returns the candidate nearest to `word`, or '' when none is near enough to be a likely slip. */
export function suggest(word: string, candidates: readonly string[]): string {
  const plain = word.slice(0, 64).toLowerCase().replaceAll('-', '_');
  let best = '';
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(plain, candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

/** @returns ` Did you mean "x"?`, or '' without a suggestion. */
export function didYouMean(suggestion: string): string {
  return suggestion === '' ? '' : ` Did you mean "${suggestion}"?`;
}
