/** What the lecturer's keys, bar and remote do. */
export type PresentAct =
  'next' | 'back' | 'do' | 'blank' | 'laser' | 'spotlight' | 'freeze' | 'qr' | 'leave' | 'run' | 'cancel' | 'reveal';

interface PresentKey {
  readonly act: PresentAct;
  readonly keys: readonly string[];
  /** A character key, which can be turned off (WCAG 2.1.4). */
  readonly letter: boolean;
}

/**
 * The keys of the present view. Clickers send PageDown and PageUp, `.` or B for a black screen; some send arrows or a
 * space. `Escape` ends what is switched on, one after the other, and never the view.
 */
export const PRESENT_KEYS: readonly PresentKey[] = [
  { act: 'next', keys: ['PageDown', 'ArrowRight', ' '], letter: false },
  { act: 'back', keys: ['PageUp', 'ArrowLeft'], letter: false },
  { act: 'blank', keys: ['B', '.'], letter: true },
  { act: 'laser', keys: ['L'], letter: true },
  { act: 'spotlight', keys: ['S'], letter: true },
  { act: 'freeze', keys: ['F'], letter: true },
  { act: 'qr', keys: ['Q'], letter: true },
  { act: 'leave', keys: ['Escape'], letter: false },
];

/** What the focus is on, by the keys that it needs itself. */
export type FocusKind = 'none' | 'button' | 'arrows' | 'text';

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Keys that whatever has the focus keeps for itself. Page keys are the clicker's: no control here lives by them. */
const KEPT: Readonly<Record<FocusKind, RegExp>> = {
  none: /^$/,
  button: /^ $/,
  arrows: /^( |Arrow\w+)$/,
  text: /^(.|Arrow\w+)$/u,
};

/** @returns what a key does in the present view; null where it is not the lecturer's. @param letters whether character keys act */
export function actOf(event: Key, focus: FocusKind, letters: boolean): PresentAct | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || KEPT[focus].test(event.key)) return null;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const found = PRESENT_KEYS.find(({ keys }) => keys.includes(key));
  return found && (letters || !found.letter) ? found.act : null;
}

/** @returns how a control writes its keys for `aria-keyshortcuts`. */
export const keysOf = (act: PresentAct): string =>
  (PRESENT_KEYS.find((row) => row.act === act)?.keys ?? []).map((key) => (key === ' ' ? 'Space' : key)).join(' ');
