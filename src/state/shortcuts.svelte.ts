import { recall, remember } from './choices';

const KEY = 'letter-keys';

/** What is open over the page, and whether keys without Ctrl act (WCAG 2.1.4: they can be turned off). */
class Shortcuts {
  open = $state<'palette' | 'help' | null>(null);
  #letters = $state(true);

  get letters(): boolean {
    return this.#letters;
  }

  /** As chosen on this device before. */
  load(): void {
    this.#letters = recall(KEY) !== 'off';
  }

  setLetters(on: boolean): void {
    this.#letters = on;
    remember(KEY, on ? 'on' : 'off');
  }
}

export const shortcuts = new Shortcuts();
