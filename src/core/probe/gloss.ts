import dictionary from './gloss.json';
import { plainPrompt } from './vocabulary';

/** What the article before a noun depends on; the groups of the dictionary. */
type Kind = 'words' | 'facts' | 'owners' | 'verbs' | 'nouns';
interface Piece {
  readonly kind: Kind | null;
  readonly text: string;
}

const KINDS: readonly Kind[] = ['words', 'facts', 'owners', 'verbs', 'nouns'];
const HAN = /\p{Script=Han}/u;
const folding = new Map(Object.entries(dictionary.fold));
const FOLDED = new RegExp([...folding.keys()].join('|'), 'g');
const entries = new Map(
  KINDS.flatMap((kind) => Object.entries(dictionary[kind]).map(([zh, text]) => [zh, { kind, text }] as const)),
);
const LONGEST = Math.max(...[...entries.keys()].map((word) => word.length));

/** Traditional characters, each in its place, as the zoo's tokenizer reads Simplified ones. */
const fold = (text: string): string => text.replace(FOLDED, (found) => folding.get(found) ?? found);

/** The longest word of the world first, from left to right; what is none of its words stays as it was typed. */
function cut(typed: string): Piece[] {
  const plain = plainPrompt(typed);
  const text = fold(plain);
  const pieces: Piece[] = [];
  let strange = '';
  const flush = (): void => {
    if (strange.trim() !== '') pieces.push({ kind: null, text: strange.trim() });
    strange = '';
  };
  for (let at = 0; at < text.length;) {
    let length = Math.min(LONGEST, text.length - at);
    while (length > 0 && !entries.has(text.slice(at, at + length))) length--;
    const found = entries.get(text.slice(at, at + length));
    if (found) {
      flush();
      pieces.push(found);
    } else strange += plain[at]!;
    at += Math.max(1, length);
  }
  flush();
  return pieces;
}

/** Whether a noun has an article in English: it is what something is done to, or what a sentence begins with. */
function wantsArticle(pieces: readonly Piece[], at: number): boolean {
  const before = pieces[at - 1]?.kind;
  return (
    pieces[at]!.kind === 'nouns' && (before === 'verbs' || (before !== 'owners' && pieces[at + 1]?.kind === 'facts'))
  );
}

/**
 * Chinese of the zoo's world in English, word for word and in the Chinese order; whole sentences that the world has as
 * such, and the words of its frames, are English ones. Words of no world are kept.
 * @returns null where there is no Chinese that the world knows
 */
export function gloss(text: string): string | null {
  if (!HAN.test(text)) return null;
  const pieces = cut(text);
  if (!pieces.some(({ kind, text: english }) => kind !== null && /[a-z]/.test(english))) return null;
  return pieces
    .map((piece, at) => (wantsArticle(pieces, at) ? `the ${piece.text}` : piece.text))
    .filter((english) => english !== '')
    .join(' ')
    .replace(/ (?=[,.!?:;'])/g, '')
    .replace(/[,.!?:](?=[\p{Script=Han}✱])/gu, '$& ');
}
