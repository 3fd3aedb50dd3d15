import { nearest } from '../recipe/suggest';

const SUGGESTIONS = 3;

interface TokenizerFile {
  pre_tokenizer?: { type?: string };
  model?: { type?: string; vocab?: Record<string, number> };
}

/**
 * A text as models of whole words read it: lower case, signs with spaces around them, single spaces.
 * @returns '' for nothing but spaces
 */
export const plainWords = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘`´]/gu, "'")
    .replace(/[.,:?!。、]/gu, (sign) => ` ${sign.replace('。', '.').replace('、', ',')} `)
    .replace(/\s+/gu, ' ')
    .trim();

/** The words of a model whose tokens are whole words between spaces. */
export class WordList {
  readonly #known: ReadonlySet<string>;
  readonly #words: readonly string[];

  private constructor(vocab: Readonly<Record<string, number>>) {
    this.#known = new Set(Object.keys(vocab));
    this.#words = Object.keys(vocab).filter((word) => /^[\p{L}\p{N}]+$/u.test(word));
  }

  /** @param json a parsed tokenizer.json. @returns null for one of another kind. */
  static read(json: unknown): WordList | null {
    const { model, pre_tokenizer: cut } = (json ?? {}) as TokenizerFile;
    return model?.type === 'WordLevel' && model.vocab && cut?.type === 'WhitespaceSplit'
      ? new WordList(model.vocab)
      : null;
  }

  /** @returns the words that the model does not know, each once, with known ones that may be meant. */
  unknown(text: string): { text: string; offers: readonly string[] }[] {
    const strange = new Set(
      plainWords(text)
        .split(' ')
        .filter((word) => word !== '' && !this.#known.has(word)),
    );
    return [...strange].map((word) => ({ text: word, offers: nearest(word, this.#words, SUGGESTIONS) }));
  }

  /** Whether a known word begins like this: one that is being typed is not yet wrong. */
  begins(word: string): boolean {
    return this.#words.some((known) => known.startsWith(word));
  }
}
