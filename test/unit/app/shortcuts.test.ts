import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { chordOf, onShortcut, SHORTCUTS } from '../../../src/app/shortcuts';
import { palette } from '../../../src/i18n/en/palette';
import { shortcuts } from '../../../src/state/shortcuts.svelte';

// The bench reads the page's address as soon as it is imported.
vi.hoisted(() => vi.stubGlobal('location', { href: 'http://localhost/' }));

class Element {
  isContentEditable = false;
}
class Input extends Element {
  constructor(readonly type = 'text') {
    super();
  }
}
class Textarea extends Element {}
class Select extends Element {}
class Editable extends Element {
  override isContentEditable = true;
}

/** A key on an element. @returns whether the page took it, so that the browser does nothing with it */
function press(key: string, more: Partial<KeyboardEvent> = {}, target: Element = new Element()): boolean {
  const event = {
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    isComposing: false,
    repeat: false,
    defaultPrevented: false,
    target,
    ...more,
    preventDefault(): void {
      this.defaultPrevented = true;
    },
  };
  const before = event.defaultPrevented;
  onShortcut(event as unknown as KeyboardEvent);
  return event.defaultPrevented && !before;
}

const storage = new Map<string, string>();
beforeEach(() => {
  vi.stubGlobal('location', { href: 'http://localhost/' });
  vi.stubGlobal('document', { activeElement: null, querySelector: () => null });
  vi.stubGlobal('HTMLElement', Element);
  vi.stubGlobal('HTMLInputElement', Input);
  vi.stubGlobal('HTMLTextAreaElement', Textarea);
  vi.stubGlobal('HTMLSelectElement', Select);
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  });
  storage.clear();
  shortcuts.load();
  shortcuts.open = null;
});
afterEach(() => vi.unstubAllGlobals());

describe('the table of keys', () => {
  test('gives no key twice', () => {
    const keys = SHORTCUTS.flatMap((row) => row.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('calls a key a letter just where it needs no Ctrl and types something', () => {
    for (const { keys, letter } of SHORTCUTS)
      for (const key of keys) if (!/[←→]/.test(key)) expect(letter, key).toBe(key.length === 1);
    expect(SHORTCUTS.filter(({ letter, whileTyping }) => letter && whileTyping)).toEqual([]);
  });

  test('has a line in the help sheet for each', () => {
    for (const { id } of SHORTCUTS) expect(palette[`key.${id}`]).not.toBe('');
  });
});

describe('a chord', () => {
  const chord = (key: string, more: Partial<KeyboardEvent> = {}) =>
    chordOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
  test('is written as the table writes it, whatever the keyboard', () => {
    expect(chord('k', { ctrlKey: true })).toBe('Ctrl+K');
    expect(chord('k', { metaKey: true })).toBe('Ctrl+K');
    expect(chord('?', { shiftKey: true })).toBe('?');
    expect(chord('/', { shiftKey: true })).toBe('/');
    expect(chord('m')).toBe('M');
    expect(chord('M', { shiftKey: true })).toBe('Shift+M');
    expect(chord('Z', { ctrlKey: true, shiftKey: true })).toBe('Ctrl+Shift+Z');
    expect(chord('m', { altKey: true })).toBe('Alt+M');
    expect(chord('Escape')).toBe('Escape');
  });
});

describe('keys', () => {
  test('open the palette and the sheet', () => {
    expect(press('/')).toBe(true);
    expect(shortcuts.open).toBe('palette');
    shortcuts.open = null;
    expect(press('?', { shiftKey: true })).toBe(true);
    expect(shortcuts.open).toBe('help');
  });

  test.each([new Input(), new Input('number'), new Textarea(), new Select(), new Editable()])(
    'are characters while one types (%o), with Ctrl they act',
    (field) => {
      for (const key of ['/', '?', 'm', '1', 'p']) expect(press(key, {}, field), key).toBe(false);
      expect(shortcuts.open).toBeNull();
      expect(press('k', { ctrlKey: true }, field)).toBe(true);
      expect(shortcuts.open).toBe('palette');
    },
  );

  test('act on a slider or a checkbox, which take no characters', () => {
    expect(press('/', {}, new Input('range'))).toBe(true);
  });

  test('do nothing in a composition, when a panel has taken them, with other modifiers, or under a dialog', () => {
    expect(press('/', { isComposing: true })).toBe(false);
    expect(press('/', { defaultPrevented: true })).toBe(false);
    expect(press('/', { altKey: true })).toBe(false);
    expect(press('/', { ctrlKey: true })).toBe(false);
    expect(press('/', { repeat: true })).toBe(false);
    shortcuts.open = 'help';
    expect(press('/')).toBe(false);
    expect(shortcuts.open).toBe('help');
  });

  test('without Ctrl can be turned off, and stay off on this device', () => {
    shortcuts.setLetters(false);
    for (const key of ['/', '?', 'm', '1', 'p', 'z']) expect(press(key), key).toBe(false);
    shortcuts.load();
    expect(shortcuts.letters).toBe(false);
    expect(press('k', { ctrlKey: true })).toBe(true);
    shortcuts.open = null;
    shortcuts.setLetters(true);
    expect(press('/')).toBe(true);
  });
});
