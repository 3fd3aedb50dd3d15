import { settings } from './settings.svelte';

const HAN = /\p{Script=Han}/u;
type Gloss = (text: string) => string | null;

/** English under the Chinese of the built-in models, for English pages; its dictionary is fetched when first wanted. */
class Glosses {
  #gloss = $state.raw<Gloss | null>(null);
  #asked = false;

  /** Whether the reader of the page may need English for this text. */
  wants(text: string): boolean {
    return settings.lang === 'en' && HAN.test(text);
  }

  /** @returns the English, or null where none is wanted, or not here yet, or the world has no word of the text. */
  of(text: string): string | null {
    return this.wants(text) ? (this.#gloss?.(text) ?? null) : null;
  }

  /** Whether the dictionary is still to come. */
  get awaited(): boolean {
    return this.#gloss === null;
  }

  /** Without the file (offline, not kept) there is no English; the next text asks again. */
  async load(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      this.#gloss = (await import('../core/probe/gloss')).gloss;
    } catch {
      this.#asked = false;
    }
  }
}

export const glosses = new Glosses();
