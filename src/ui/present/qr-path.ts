/** Longest link that is drawn: a code of more modules is not read from a seat in the hall. */
export const MAX_LINK = 850;
/** Modules of white around a code, as its standard asks. */
const QUIET = 4;

export interface QrPicture {
  /** Side of the square, in modules, the white edge included. */
  size: number;
  /** SVG path of the black modules. */
  path: string;
}

/**
 * Draws a text as a QR code, with 15 % of error correction; a long one with 7 %, so that its modules stay large.
 * @returns null for a text that is too long for a reader at a distance
 */
export async function drawQr(text: string): Promise<QrPicture | null> {
  if (text.length > MAX_LINK) return null;
  const { encode } = await import('uqr');
  const { data, size } = encode(text, { ecc: text.length > 200 ? 'L' : 'M', border: QUIET });
  const runs = data.flatMap((row, y) =>
    row.flatMap((dark, x) => {
      if (!dark || row[x - 1]) return [];
      const end = row.indexOf(false, x);
      return [`M${x} ${y}h${(end < 0 ? row.length : end) - x}v1H${x}z`];
    }),
  );
  return { size, path: runs.join('') };
}
