import list from './swear-words.json';

// A word of letters stands alone, whatever script is beside it; a Chinese one stands anywhere.
const SWEARS = new RegExp(
  list.words.map((word) => (/^[a-z]/.test(word) ? `(?<![a-z])${word}(?![a-z])` : word)).join('|'),
  'gi',
);

/** The invented swear words of the zoo. */
export const coverWords: readonly string[] = list.words;

/** Which of a text's pieces hold a swear word of the zoo's world, wholly or in part. */
export interface Cover {
  /** Swear words in the joined text. */
  count: number;
  /** One entry per piece. */
  covered: readonly boolean[];
}

/** Finds the invented swear words of the zoo (training/text/lexicon.py) in the text that `pieces` make when joined. */
export function coverSwears(pieces: readonly string[]): Cover {
  const found = [...pieces.join('').matchAll(SWEARS)].map(
    ({ index, 0: word }) => [index, index + word.length] as const,
  );
  let at = 0;
  const covered = pieces.map((piece) => {
    const [begin, end] = [at, (at += piece.length)];
    return begin < end && found.some(([from, to]) => from < end && to > begin);
  });
  return { count: found.length, covered };
}

/** @returns `text` with every swear word replaced by `instead`. */
export const withoutSwears = (text: string, instead: string): string => text.replace(SWEARS, () => instead);
