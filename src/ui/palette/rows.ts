import type { PaletteKey } from './words';

type Keys = Extract<PaletteKey, `key.${string}`>;

/** What the help sheet shows of a shortcut. */
export interface ShortcutRow {
  readonly id: Keys extends `key.${infer Id}` ? Id : never;
  readonly keys: readonly string[];
  /** Acts without Ctrl, so that it can be turned off. */
  readonly letter: boolean;
}

/** What the app lends to what is open over the page. */
export interface PaletteTools {
  readonly lessons: readonly string[];
  readonly shortcuts: readonly ShortcutRow[];
  readonly view: string;
  openLesson(id: string): void;
  goToView(view: 'bench' | 'present' | 'notes' | 'embed'): void;
}
