/** The little Markdown that lessons use, as data: no HTML is ever made from text. */
export type Inline =
  { type: 'text' | 'strong' | 'em' | 'code'; text: string } | { type: 'link'; text: string; target: string };
// A link's target may hold brackets, one deep, as formulas do.
const INLINE = /\*\*([^*]+)\*\*|\*([^*]+)\*|`([^`]+)`|\[([^\]]+)\]\(((?:[^()]|\([^()]*\))+)\)/g;

/** Reads **strong**, *emphasis*, `code` and [live words](target). */
export function parseInlines(text: string): Inline[] {
  const inlines: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) inlines.push({ type: 'text', text: text.slice(at, match.index) });
    const [whole, strong, em, code, label, target] = match;
    if (strong !== undefined) inlines.push({ type: 'strong', text: strong });
    else if (em !== undefined) inlines.push({ type: 'em', text: em });
    else if (code !== undefined) inlines.push({ type: 'code', text: code });
    else inlines.push({ type: 'link', text: label ?? '', target: target ?? '' });
    at = match.index + whole.length;
  }
  if (at < text.length) inlines.push({ type: 'text', text: text.slice(at) });
  return inlines;
}
