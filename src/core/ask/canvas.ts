/** Red, green and blue, each 0 .. 255. */
export type Rgb = readonly [number, number, number];

/** What a visitor draws: SIDE x SIDE cells, row by row, each the number of a colour. */
export type Cells = Uint8Array;

/** Side of the pictures that the models see. */
export const MODEL_SIDE = 16;
/** A drawing is finer by this factor and averaged down, as the pictures of training/reward/pictures.py are. */
export const FINE = 4;
export const SIDE = MODEL_SIDE * FINE;

/** The colours that the pictures of training have (training/reward/pictures.py), the grounds last. */
export const PAINTS = {
  red: [255, 26, 26],
  green: [26, 204, 51],
  blue: [38, 64, 255],
  yellow: [255, 230, 26],
  cyan: [26, 230, 242],
  purple: [153, 26, 179],
  dark: [31, 31, 31],
  light: [153, 153, 153],
} as const satisfies Readonly<Record<string, Rgb>>;
export type Paint = keyof typeof PAINTS;
export const PAINT_NAMES = Object.keys(PAINTS) as Paint[];

/** @returns an empty sheet of one colour. */
export const sheet = (paint: Paint): Cells => new Uint8Array(SIDE * SIDE).fill(PAINT_NAMES.indexOf(paint));

/** @returns the cells with a dot of `radius` cells around the middle of a cell; the same ones where nothing changes. */
export function dot(cells: Cells, x: number, y: number, radius: number, paint: Paint): Cells {
  const colour = PAINT_NAMES.indexOf(paint);
  const out = cells.slice();
  let changed = false;
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(SIDE - 1, y + radius); row++) {
    for (let column = Math.max(0, Math.ceil(x - radius)); column <= Math.min(SIDE - 1, x + radius); column++) {
      const at = row * SIDE + column;
      if ((row - y) ** 2 + (column - x) ** 2 > radius ** 2 || out[at] === colour) continue;
      out[at] = colour;
      changed = true;
    }
  }
  return changed ? out : cells;
}

/** @returns the cells with a stroke of dots from one cell to another, so that a fast hand leaves no gaps. */
export function stroke(
  cells: Cells,
  from: readonly [number, number],
  to: readonly [number, number],
  radius: number,
  paint: Paint,
): Cells {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])));
  let out = cells;
  for (let i = 0; i <= steps; i++) {
    const along = i / steps;
    out = dot(out, from[0] + (to[0] - from[0]) * along, from[1] + (to[1] - from[1]) * along, radius, paint);
  }
  return out;
}

/** @returns the cells with the area of one colour around a cell in another (neighbours by their sides). */
export function flood(cells: Cells, x: number, y: number, paint: Paint): Cells {
  const colour = PAINT_NAMES.indexOf(paint);
  const old = cells[y * SIDE + x];
  if (old === colour) return cells;
  const out = cells.slice();
  const open = [y * SIDE + x];
  while (open.length > 0) {
    const at = open.pop()!;
    if (out[at] !== old) continue;
    out[at] = colour;
    const column = at % SIDE;
    if (column > 0) open.push(at - 1);
    if (column < SIDE - 1) open.push(at + 1);
    if (at >= SIDE) open.push(at - SIDE);
    if (at < SIDE * (SIDE - 1)) open.push(at + SIDE);
  }
  return out;
}

/** @returns the drawing as models see it: 3 x 16 x 16 in 0 .. 1, each pixel the mean of its 4 x 4 cells, rounded to 8 bits. */
export function averaged(cells: Cells): Float32Array<ArrayBuffer> {
  const area = MODEL_SIDE * MODEL_SIDE;
  const pixels = new Float32Array(3 * area);
  for (let y = 0; y < MODEL_SIDE; y++) {
    for (let x = 0; x < MODEL_SIDE; x++) {
      const sum = [0, 0, 0];
      for (let i = 0; i < FINE * FINE; i++) {
        const cell = (y * FINE + Math.floor(i / FINE)) * SIDE + x * FINE + (i % FINE);
        const rgb = PAINTS[PAINT_NAMES[cells[cell]!]!];
        rgb.forEach((value, channel) => (sum[channel]! += value));
      }
      sum.forEach((value, channel) => {
        pixels[channel * area + y * MODEL_SIDE + x] = Math.floor(value / (FINE * FINE) + 0.5) / 255;
      });
    }
  }
  return pixels;
}
