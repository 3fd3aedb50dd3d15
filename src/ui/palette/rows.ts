import { PRESENT_KEYS, type PresentAct } from '../../state/present-keys';
import type { PaletteKey } from './words';

type Keys = Extract<PaletteKey, `key.${string}`>;

/** What the help sheet shows of a shortcut. */
export interface ShortcutRow {
  readonly id: Keys extends `key.${infer Id}` ? Id : never;
  readonly keys: readonly string[];
  /** Acts without Ctrl, so that it can be turned off. */
  readonly letter: boolean;
}

const SHOWN: Readonly<Partial<Record<PresentAct, ShortcutRow['id']>>> = {
  next: 'next',
  back: 'back',
  blank: 'blank',
  laser: 'laser',
  spotlight: 'spotlight',
  freeze: 'freeze',
  qr: 'qr',
};

/** The help sheet of the present view: its own keys first, and of the bench's those that still do what they did. */
export function withPresentKeys(rows: readonly ShortcutRow[]): ShortcutRow[] {
  const own = PRESENT_KEYS.flatMap(({ act, keys, letter }): ShortcutRow[] => {
    const id = SHOWN[act];
    return id === undefined ? [] : [{ id, keys: keys.map((key) => (key === ' ' ? 'Space' : key)), letter }];
  });
  const taken = new Set(own.flatMap(({ keys }) => keys));
  return [...own, ...rows.filter(({ keys }) => !keys.some((key) => taken.has(key)))];
}

/** What the app lends to what is open over the page. */
export interface PaletteTools {
  readonly lessons: readonly string[];
  readonly shortcuts: readonly ShortcutRow[];
  readonly view: string;
  openLesson(id: string): void;
  goToView(view: 'bench' | 'present' | 'notes' | 'embed'): void;
}
