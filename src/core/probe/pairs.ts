import { pairPrompt, type PairAsk } from '../ask/ask';

/** A pair of a probe set: which of its replies is the better one is known. */
export interface KnownPair {
  readonly question: string;
  readonly good: string;
  readonly bad: string;
  readonly picture: string | null;
}

/** FNV-1a over UTF-16 code units, 32 bits: the same everywhere, which is all that is asked of it. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** @returns the prompt that asks for the pair, its replies in an order that a hash of it decides, and the better one's letter. */
export function askPair({ question, good, bad, picture }: KnownPair): { prompt: string; expect: 'A' | 'B' } {
  // The low bits of FNV-1a follow the parity of the last characters; the high ones are mixed.
  const first = (hash([picture ?? '', question, good, bad].join('\n')) >>> 16) & 1;
  const [a, b] = first === 0 ? [good, bad] : [bad, good];
  return { prompt: pairPrompt({ question, a, b, picture, own: null }), expect: first === 0 ? 'A' : 'B' };
}

/** @returns the same question with its replies exchanged. */
export const swapped = (ask: PairAsk): PairAsk => ({ ...ask, a: ask.b, b: ask.a });
