import { MODEL_SIDE, PAINT_NAMES, PAINTS, SIDE, type Cells } from '../../core/ask/canvas';

function show(canvas: HTMLCanvasElement, side: number, rgb: (at: number) => readonly number[]): void {
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(side, side);
  for (let at = 0; at < side * side; at++) image.data.set([...rgb(at), 255], 4 * at);
  context.putImageData(image, 0, 0);
}

/** Draws what is on a sheet, one pixel a cell; style makes it larger. */
export const showCells = (canvas: HTMLCanvasElement, cells: Cells): void =>
  show(canvas, SIDE, (at) => PAINTS[PAINT_NAMES[cells[at]!]!]);

/** Draws what the models see. @param pixels 3 x 16 x 16 in 0 .. 1 */
export const showPixels = (canvas: HTMLCanvasElement, pixels: Float32Array): void =>
  show(canvas, MODEL_SIDE, (at) =>
    [0, 1, 2].map((channel) => Math.round(pixels[channel * MODEL_SIDE * MODEL_SIDE + at]! * 255)),
  );
