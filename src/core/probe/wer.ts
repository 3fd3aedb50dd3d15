/** What became of one word: heard rightly, heard as another one, not heard, or heard where none was said. */
export type WordMark =
  | { readonly kind: 'hit'; readonly said: string; readonly heard: string }
  | { readonly kind: 'substitution'; readonly said: string; readonly heard: string }
  | { readonly kind: 'deletion'; readonly said: string; readonly heard: null }
  | { readonly kind: 'insertion'; readonly said: null; readonly heard: string };

/** Mistakes in a transcript, of so many words that were said. */
export interface WordErrors {
  readonly errors: number;
  readonly words: number;
}

const NO_WORD = /[^\p{L}\p{N}']+/gu;
const EDGE = /^'+|'+$/gu;

/** @returns the words of a transcript: lower case, half width, without punctuation. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(NO_WORD, ' ')
    .split(' ')
    .map((word) => word.replace(EDGE, ''))
    .filter((word) => word !== '');

/**
 * Aligns what was heard with what was said, so that there are as few mistakes as possible (Levenshtein 1966, on words). Of
 * such alignments, read from the end, a pair of words is taken before a deletion and that before an insertion, as
 * training/speech/wer.py does (test/golden/speech/wer.json). Words are compared as they are; see {@link wordsOf}.
 */
export function align(said: readonly string[], heard: readonly string[]): WordMark[] {
  const width = heard.length + 1;
  /** Mistakes of the best alignment of the first i words said with the first j heard. */
  const cost = new Uint32Array((said.length + 1) * width);
  const at = (i: number, j: number): number => cost[i * width + j]!;
  const pair = (i: number, j: number): number => at(i - 1, j - 1) + (said[i - 1] === heard[j - 1] ? 0 : 1);
  for (let i = 0; i <= said.length; i++)
    for (let j = 0; j <= heard.length; j++)
      cost[i * width + j] = i === 0 || j === 0 ? i + j : Math.min(pair(i, j), at(i - 1, j) + 1, at(i, j - 1) + 1);
  const marks: WordMark[] = [];
  let [i, j] = [said.length, heard.length];
  while (i > 0 || j > 0) {
    if (i > 0 && j > 0 && at(i, j) === pair(i, j)) {
      const [word, written] = [said[--i]!, heard[--j]!];
      marks.push({ kind: word === written ? 'hit' : 'substitution', said: word, heard: written });
    } else if (i > 0 && at(i, j) === at(i - 1, j) + 1) marks.push({ kind: 'deletion', said: said[--i]!, heard: null });
    else marks.push({ kind: 'insertion', said: null, heard: heard[--j]! });
  }
  return marks.reverse();
}

/**
 * Counts the mistakes of a transcript: substitutions, deletions and insertions. Their share of the words said is the word
 * error rate, which may exceed 1: WER = (S + D + I) / N, as NIST's sclite counts it.
 */
export function wordErrors(said: string, heard: string): WordErrors {
  const words = wordsOf(said);
  const errors = align(words, wordsOf(heard)).filter(({ kind }) => kind !== 'hit').length;
  return { errors, words: words.length };
}
