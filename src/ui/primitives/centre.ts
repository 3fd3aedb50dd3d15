/** Brings one piece of a row that slides sideways into its middle; the page itself does not move. */
export function centre(row: HTMLElement, piece: HTMLElement): void {
  const frame = row.getBoundingClientRect();
  const { left, width } = piece.getBoundingClientRect();
  row.scrollLeft += left + width / 2 - (frame.left + frame.width / 2);
}
