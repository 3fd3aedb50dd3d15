/** A press shorter than this is a choice that stays; a longer one is a look that ends with it. */
const HOLD_MS = 350;

/** Whether swear words can be read on the screen. Never stored: a page begins with them covered. */
class Reveal {
  shown = $state(false);
  #held: { since: number; before: boolean } | null = null;

  /** The button, or its key, goes down: the words show at once. */
  press(now: number): void {
    if (this.#held) return;
    this.#held = { since: now, before: this.shown };
    this.shown = true;
  }

  /** It comes up: after a long press the words are covered again, a short one has switched. */
  letGo(now: number): void {
    if (!this.#held) return;
    const { since, before } = this.#held;
    this.#held = null;
    this.shown = now - since < HOLD_MS && !before;
  }

  toggle(): void {
    this.shown = !this.shown;
  }
}

export const reveal = new Reveal();
