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
  if (alias === lab.doc?.base_model || !lab.rack.includes(alias))
    return { glyph: alias === lab.doc?.base_model ? '○' : '▫', tone: 'tone-base' };
  // By its place in the recipe, not in the formula: a model keeps its mark whatever is made of it. The first one is a
  // base as a rule, so that those after it have the first hues.
  const index = Object.keys(lab.recipe.models).indexOf(alias) + GLYPHS.length - 1;
  return { glyph: GLYPHS[index % GLYPHS.length] ?? '●', tone: `tone-${index % GLYPHS.length}` };
}
