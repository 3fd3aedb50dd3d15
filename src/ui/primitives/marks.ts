import type { Lab } from '../../state/lab.svelte';
import { MERGED } from '../../state/keys';

/** Colour never stands alone: every hue has its glyph. Classes are in styles/tokens.css. */
export interface Mark {
  glyph: string;
  tone: string;
}
const GLYPHS = ['●', '▲', '■', '◆', '★', '✚'] as const;

/** How a model is drawn everywhere: base grey ring, merged its own mark, each vector of the rack a hue with a glyph. */
export function markOf(lab: Lab, alias: string): Mark {
  if (alias === MERGED) return { glyph: '⬢', tone: 'tone-merged' };
  const index = lab.rack.indexOf(alias);
  if (alias === lab.doc?.base_model || index < 0)
    return { glyph: alias === lab.doc?.base_model ? '○' : '▫', tone: 'tone-base' };
  return { glyph: GLYPHS[index % GLYPHS.length] ?? '●', tone: `tone-${index % GLYPHS.length}` };
}
