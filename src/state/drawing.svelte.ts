import { averaged, dot, flood, MODEL_SIDE, sheet, stroke, type Cells, type Paint } from '../core/ask/canvas';
import { keepPicture } from '../runtime/attachments';

const UNDO_LIMIT = 100;

/** The visitor's drawing: in memory only, and never sent anywhere. */
class Drawing {
  cells = $state.raw<Cells>(sheet('dark'));
  paint = $state<Paint>('red');
  /** Half the brush, in cells. */
  radius = $state(3);
  #past = $state.raw<readonly Cells[]>([]);
  /** Pictures that were judged, so that one that undo brings back can be shown. */
  readonly #kept = new Map<string, Cells>();

  get undoable(): boolean {
    return this.#past.length > 0;
  }

  /** What follows is one step of undo, whatever it consists of. */
  begin(): void {
    this.#past = [...this.#past, this.cells].slice(-UNDO_LIMIT);
  }

  /** Nothing was changed since `begin`. */
  settle(): void {
    if (this.#past.at(-1) === this.cells) this.#past = this.#past.slice(0, -1);
  }

  dot(x: number, y: number): void {
    this.cells = dot(this.cells, x, y, this.radius, this.paint);
  }

  stroke(from: readonly [number, number], to: readonly [number, number]): void {
    this.cells = stroke(this.cells, from, to, this.radius, this.paint);
  }

  fill(x: number, y: number): void {
    this.begin();
    this.cells = flood(this.cells, x, y, this.paint);
    this.settle();
  }

  /** An empty sheet of the ground that the chosen colour is, else of a dark one. */
  clear(): void {
    this.begin();
    this.cells = sheet(this.paint === 'light' ? 'light' : 'dark');
  }

  undo(): void {
    const last = this.#past.at(-1);
    if (!last) return;
    this.#past = this.#past.slice(0, -1);
    this.cells = last;
  }

  /** Gives the drawing to the models. @returns its key, for a prompt */
  async keep(): Promise<string> {
    const { cells } = this;
    const key = await keepPicture({ size: MODEL_SIDE, pixels: averaged(cells) });
    this.#kept.set(key, cells);
    return key;
  }

  /** @returns the drawing of a key; null where it was made elsewhere */
  of(key: string): Cells | null {
    return this.#kept.get(key) ?? null;
  }
}

export const drawing = new Drawing();
