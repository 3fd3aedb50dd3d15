/**
 * Cividis at eleven even steps, sRGB: perceptually uniform, and seen alike with and without red-green blindness (Nuñez,
 * Anderton, Renslow 2018; values as matplotlib has them). The same in every theme, so that a figure means the same.
 */
const CIVIDIS = [
  [0, 34, 78],
  [17, 54, 112],
  [60, 77, 110],
  [90, 98, 109],
  [112, 118, 117],
  [124, 123, 120],
  [152, 146, 119],
  [179, 169, 109],
  [203, 186, 105],
  [227, 207, 83],
  [254, 232, 56],
] as const;

/** @param share from 0 to 1. @returns `rgb(…)`, interpolated between the steps */
export function colourOf(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (CIVIDIS.length - 1);
  const below = Math.min(CIVIDIS.length - 2, Math.floor(place));
  const mixed = CIVIDIS[below]!.map((from, i) => Math.round(from + (CIVIDIS[below + 1]![i]! - from) * (place - below)));
  return `rgb(${mixed.join(' ')})`;
}
