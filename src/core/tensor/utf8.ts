/** Moves the surrogates above U+E000..U+FFFF, where the code points they stand for belong. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/**
 * Order of the UTF-8 bytes, which is that of the code points; JavaScript's own order of UTF-16 units differs beyond U+FFFF.
 * @returns negative, 0 or positive, for sort
 */
export function compareUtf8(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}
