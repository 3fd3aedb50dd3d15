/** One generated token as a column draws it. `piece` is its part of the column's text: all pieces joined are the text. */
export interface Token {
  piece: string;
  /** What the token alone decodes to; `piece` may be shorter (special tokens, half characters). */
  text: string;
  /** Its number in the vocabulary; known only where it was generated on this page. */
  id?: number;
  top5: readonly { text: string; p: number }[];
}

/** The tokens of a finished answer, as a column draws them. */
export function tokensOf(steps: readonly Omit<Token, 'piece'>[], text: string): Token[] {
  const pieces = fitPieces(
    steps.map((step) => step.text),
    text,
  );
  return steps.map((step, i) => ({ ...step, piece: pieces[i] ?? '' }));
}

/**
 * Cuts `text` into one piece per token. Tokens whose own text does not appear at its place (special tokens, bytes of one
 * character spread over several tokens) get an empty piece; what no token claims goes to the last one that may hold it.
 */
export function fitPieces(tokenTexts: readonly string[], text: string): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const token of tokenTexts) {
    let piece = '';
    if (token !== '' && text.startsWith(token, at)) piece = token;
    else if (at === 0 && token.trimStart() !== '' && text.startsWith(token.trimStart())) piece = token.trimStart();
    else if (token.trimEnd() !== '' && text.slice(at) === token.trimEnd()) piece = token.trimEnd();
    pieces.push(piece);
    at += piece.length;
  }
  if (at < text.length) {
    const rest = text.slice(at);
    if (pieces.length === 0) pieces.push(rest);
    else pieces[pieces.length - 1] += rest;
  }
  return pieces;
}

/** @returns the first position where two token sequences part (a sequence that ends early parts there), null if equal. */
export function firstSplit(a: readonly { text: string }[], b: readonly { text: string }[]): number | null {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i]?.text !== b[i]?.text) return i;
  return a.length === b.length ? null : shared;
}
