import { history, lab } from '../state/bench';
import { shortcuts } from '../state/shortcuts.svelte';
import { spotlight } from '../state/spotlight.svelte';
import type { ShortcutRow } from '../ui/palette/rows';
import { ids } from './ids';
import { goToView, viewOf } from './views';

/** One line of the help sheet, and what its keys do. */
export interface Shortcut extends ShortcutRow {
  /** Also while somebody types into a field. */
  readonly whileTyping?: boolean;
  /** @returns whether there was something to do; absent where a panel listens itself. */
  readonly act?: (key: string) => boolean;
}

const slider = (alias: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`[data-testid="${CSS.escape(ids.slider(alias))}"]`);

/** The vector whose card has the focus, else the one that is lit, else the only one. */
function vectorMeant(): string | null {
  const card = document.activeElement?.closest('.vector-card') ?? null;
  const focused = lab.rack.find((alias) => card !== null && card.contains(slider(alias)));
  const lit = lab.rack.find((alias) => alias === spotlight.term);
  return focused ?? lit ?? (lab.rack.length === 1 ? (lab.rack[0] ?? null) : null);
}

function turn(work: (alias: string) => void): boolean {
  const alias = vectorMeant();
  if (alias === null || lab.weight(alias) === null) return false;
  work(alias);
  lab.release();
  return true;
}

function open(what: 'palette' | 'help'): boolean {
  shortcuts.open = what;
  return true;
}

function focusSlider(key: string): boolean {
  const alias = lab.rack[Number(key) - 1];
  const found = alias === undefined ? null : slider(alias);
  found?.focus();
  return found !== null;
}

/** Does what a button of the lesson does, where there is one. */
function press(testid: string): boolean {
  const button = document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
  button?.click();
  return button !== null;
}

function cancel(): boolean {
  if (!lab.runner.busy) return false;
  lab.cancel();
  return true;
}

/** Every key of the page, in the order of the help sheet. `Ctrl` is also the Command key. */
export const SHORTCUTS: readonly Shortcut[] = [
  { id: 'palette', keys: ['/'], letter: true, act: () => open('palette') },
  { id: 'palette', keys: ['Ctrl+K'], letter: false, whileTyping: true, act: () => open('palette') },
  { id: 'help', keys: ['?'], letter: true, act: () => open('help') },
  { id: 'run', keys: ['Ctrl+Enter'], letter: false, act: () => (void lab.run(), true) },
  { id: 'cancel', keys: ['Escape'], letter: false, whileTyping: true, act: cancel },
  { id: 'step', keys: ['N'], letter: true, act: () => press(ids.tourNext) },
  { id: 'stepBack', keys: ['B'], letter: true, act: () => press(ids.tourBack) },
  { id: 'undo', keys: ['Ctrl+Z'], letter: false },
  { id: 'redo', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], letter: false },
  { id: 'undo', keys: ['Z'], letter: true, act: () => history.undo() },
  { id: 'slider', keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], letter: true, act: focusSlider },
  { id: 'fine', keys: ['←', '→'], letter: false },
  { id: 'mute', keys: ['M'], letter: true, act: () => turn((alias) => lab.mixer.toggleMute(alias)) },
  { id: 'solo', keys: ['S'], letter: true, act: () => turn((alias) => lab.mixer.toggleSolo(alias)) },
  { id: 'negate', keys: ['-'], letter: true, act: () => turn((alias) => lab.mixer.negate(alias)) },
  {
    id: 'present',
    keys: ['P'],
    letter: true,
    act: () => (goToView(viewOf() === 'present' ? 'bench' : 'present'), true),
  },
];

/** @returns the chord as the table writes it: a sign as the keyboard gives it, a letter in capitals with its Shift. */
export function chordOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const isSign = event.key.length === 1 && !/\p{L}/u.test(event.key);
  const parts = [
    (event.ctrlKey || event.metaKey) && 'Ctrl',
    event.altKey && 'Alt',
    event.shiftKey && !isSign && 'Shift',
    event.key.length === 1 ? event.key.toUpperCase() : event.key,
  ];
  return parts.filter((part) => part !== false).join('+');
}

const NOT_TEXT = ['range', 'checkbox', 'radio', 'button', 'submit', 'file'];
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !NOT_TEXT.includes(target.type)));

/** The page's one listener for keys. What a panel has taken, an input method composes or a dialog shows is left alone. */
export function onShortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat || shortcuts.open !== null) return;
  const chord = chordOf(event);
  const found = SHORTCUTS.find(({ keys, act }) => act !== undefined && keys.includes(chord));
  if (!found?.act || (found.letter && !shortcuts.letters) || (!found.whileTyping && isTyping(event.target))) return;
  if (found.act(event.key)) event.preventDefault();
}
