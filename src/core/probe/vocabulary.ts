import { nearest } from '../recipe/suggest';

/** A stretch of a prompt, in UTF-16 code units, that a model can only spell or not read at all. */
export interface UnknownWord {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A piece of the normalised prompt as the tokenizer cuts it. */
interface Piece {
  readonly from: number;
  readonly text: string;
}

/** `<s>`, `<|user|>` and `<|assistant|>`: what the zoo's chat template puts around a prompt. */
const FRAME_TOKENS = 3;
const SUGGESTIONS = 3;
const MARK = '▁';

/** What phones, input methods and web pages write in place of the signs that word-level models know, one unit for one. */
const SIGNS = new Map<string, string>([
  ...[...'‘’ʼ´`'].map((sign) => [sign, "'"] as const),
  ...[...'“”„«»"「」『』《》〈〉()[]{}（）【】_*~-–—\t\n\r\u00a0\u2009\u200b'].map((sign) => [sign, ' '] as const),
  ...[...'、;；'].map((sign) => [sign, ','] as const),
  ['｡', '。'],
  ['．', '.'],
]);

function plainUnit(unit: string): string {
  const sign = SIGNS.get(unit);
  if (sign !== undefined) return sign;
  const code = unit.charCodeAt(0);
  if (code < 0x80) return unit;
  // Full-width forms are ASCII moved up by 0xFEE0.
  if (code >= 0xff01 && code <= 0xff5e) return plainUnit(String.fromCharCode(code - 0xfee0));
  return code < 0x250 ? (unit.normalize('NFD')[0] ?? unit) : unit;
}

/**
 * The prompt in the signs of a word-level model: straight apostrophes, half-width letters, no accents, brackets and line ends
 * as spaces. As long as what was typed, so that positions stay true.
 */
export const plainPrompt = (typed: string): string =>
  Array.from({ length: typed.length }, (_, at) => plainUnit(typed[at]!)).join('');

/** Contractions are written out: the models know their parts. */
const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/^can't$/, 'cannot'],
  [/^won't$/, 'will not'],
  [/n't$/, ' not'],
  [/'re$/, ' are'],
  [/'ll$/, ' will'],
  [/'ve$/, ' have'],
];
/** Characters with the same reading or meaning, where a model may know the other one. */
const VARIANTS = '您你 妳你 牠它 它他 她他 祂他 台臺 裏裡 爲為 着著 綫線 牀床 羣群 喫吃 啓啟 衆眾';

const LETTERS = /^[a-z]{2,}$/;
const HAN = /\p{Script=Han}/u;

interface TokenizerFile {
  added_tokens?: unknown;
  normalizer?: { normalizers?: { type?: string; pattern?: { String?: string }; content?: string }[] };
  pre_tokenizer?: { type?: string; pattern?: { Regex?: string }; behavior?: string };
  model?: { type?: string; vocab?: Record<string, number>; merges?: unknown[]; ignore_merges?: boolean };
}

/**
 * The words of a word-level model: BPE without merges, where a piece is one token or falls apart into characters, as in our
 * zoo (training/text/tokenizer.py). Positions are those of the typed text.
 */
export class Vocabulary {
  readonly #tokens: ReadonlySet<string>;
  readonly #replace: readonly (readonly [string, string])[];
  readonly #split: RegExp;
  readonly #words: readonly string[];
  readonly #hanWords: readonly string[];

  private constructor(tokens: readonly string[], replace: readonly (readonly [string, string])[], split: string) {
    this.#tokens = new Set(tokens);
    this.#replace = replace;
    this.#split = new RegExp(split, 'gu');
    const words = tokens.map((token) => token.replace(MARK, ''));
    this.#words = [...new Set(words.filter((word) => LETTERS.test(word)))];
    this.#hanWords = [...new Set(words.filter((word) => word.length > 1 && HAN.test(word)))];
  }

  /** @param json a parsed tokenizer.json. @returns null for one of another kind: its pieces are no words. */
  static read(json: unknown): Vocabulary | null {
    const { normalizer, pre_tokenizer: cut, model } = (json ?? {}) as TokenizerFile;
    if (model?.type !== 'BPE' || !model.vocab || model.merges?.length !== 0 || !model.ignore_merges) return null;
    const split = cut?.type === 'Split' && cut.behavior === 'Isolated' ? cut.pattern?.Regex : undefined;
    const [lower, ...steps] = normalizer?.normalizers ?? [];
    if (split === undefined || lower?.type !== 'Lowercase') return null;
    const replace: (readonly [string, string])[] = [];
    for (const { type, pattern, content } of steps) {
      const from = pattern?.String;
      // Only what keeps the length keeps the positions.
      if (type !== 'Replace' || !from || from.length !== content?.length) return null;
      replace.push([from, content]);
    }
    return new Vocabulary(Object.keys(model.vocab), replace, split);
  }

  #pieces(prompt: string): Piece[] {
    let text = plainPrompt(prompt);
    text = Array.from({ length: text.length }, (_, at) => {
      const low = text[at]!.toLowerCase();
      return low.length === 1 ? low : text[at]!;
    }).join('');
    for (const [from, to] of this.#replace) text = text.replaceAll(from, to);
    // The chat template puts a space before a first letter or Korean syllable of its world.
    const first = text[0] ?? '';
    const led = /[a-z]/.test(first) || (/\p{Script=Hangul}/u.test(first) && this.#startsWord(first));
    let from = led ? -1 : 0;
    return (
      ((led ? MARK : '') + text).match(this.#split)?.map((piece) => {
        const at = from;
        from += piece.length;
        return { from: at, text: piece };
      }) ?? []
    );
  }

  #startsWord(first: string): boolean {
    for (const token of this.#tokens) if (token[0] === MARK && token[1] === first) return true;
    return false;
  }

  /** @returns how many tokens a model reads for the prompt, the signs of its chat template included. */
  tokens(prompt: string): number {
    let count = FRAME_TOKENS;
    for (const { text } of this.#pieces(prompt)) count += this.#tokens.has(text) ? 1 : [...text].length;
    return count;
  }

  /** Whether the prompt has words, and the model knows none of them. */
  knowsNothing(prompt: string): boolean {
    const covered = this.unknown(prompt);
    let rest = '';
    let at = 0;
    for (const { from, to } of covered) {
      rest += prompt.slice(at, from);
      at = to;
    }
    return covered.length > 0 && !/[\p{L}\p{N}]/u.test(rest + prompt.slice(at));
  }

  /** Whether a known word begins like this: one that is being typed is not yet wrong. */
  begins(word: string): boolean {
    const start = plainPrompt(word).toLowerCase();
    return this.#words.some((known) => known.startsWith(start));
  }

  /** The words, and characters of scripts without spaces, that the model does not know, in the order of the prompt. */
  unknown(prompt: string): UnknownWord[] {
    const found: { from: number; to: number }[] = [];
    const add = (from: number, to: number): void => {
      const last = found.at(-1);
      // What touches is one word, except in scripts that are written without spaces.
      if (last?.to === from && !HAN.test(prompt.slice(last.from, to))) last.to = to;
      else found.push({ from, to });
    };
    for (const { from, text } of this.#pieces(prompt)) {
      if (this.#tokens.has(text)) continue;
      const lead = text[0] === MARK ? 1 : 0;
      const bare = text.slice(lead);
      if (LETTERS.test(bare)) add(from + lead, from + text.length);
      else {
        let at = from + lead;
        for (const character of bare) {
          if (!this.#tokens.has(character)) add(at, at + character.length);
          at += character.length;
        }
      }
    }
    return this.#whole(prompt, found).map(({ from, to }) => ({ from, to, text: prompt.slice(from, to) }));
  }

  /** A contraction is one word to its writer, however the tokenizer cuts it. */
  #whole(prompt: string, found: readonly { from: number; to: number }[]): { from: number; to: number }[] {
    const text = plainPrompt(prompt).toLowerCase();
    const whole: { from: number; to: number }[] = [];
    for (let { from, to } of found) {
      if (LETTERS.test(text.slice(from, to))) {
        to += /^'[a-z]+/.exec(text.slice(to))?.[0].length ?? 0;
        from -= /[a-z]+'$/.exec(text.slice(0, from))?.[0].length ?? 0;
      }
      const last = whole.at(-1);
      if (last && from < last.to) last.to = Math.max(last.to, to);
      else whole.push({ from, to });
    }
    return whole;
  }

  /**
   * Words the model knows that an unknown one may be meant to be, the likeliest first.
   * @returns each with the stretch of the prompt that it takes the place of.
   */
  suggestions(prompt: string, unknown: UnknownWord): UnknownWord[] {
    const word = plainPrompt(unknown.text).toLowerCase();
    if (/^[a-z']+$/.test(word)) {
      // Known, but stuck to what stands before it: the models' words carry their space.
      if (this.#tokens.has(MARK + word)) return [{ ...unknown, text: ` ${unknown.text}` }];
      return this.#spelled(word).map((text) => ({ ...unknown, text }));
    }
    return HAN.test(unknown.text) ? this.#around(prompt, unknown) : [];
  }

  #spelled(word: string): string[] {
    const written = CONTRACTIONS.filter(([ending]) => ending.test(word))
      .map(([ending, to]) => word.replace(ending, to))
      .filter((text) => text.split(' ').every((part) => this.#tokens.has(MARK + part)));
    const bare = word.replace(/'s$/, '');
    const stems = this.#words.filter((known) => known.length >= 4 && bare.startsWith(known));
    const longer = this.#words.filter((known) => bare.length >= 4 && known.startsWith(bare));
    const near = nearest(bare, this.#words, SUGGESTIONS);
    return [...new Set([...written.slice(0, 1), ...near, ...stems.reverse(), ...longer])].slice(0, SUGGESTIONS);
  }

  /** An unknown character: another form of it, else the known words that its neighbour begins or ends. */
  #around(prompt: string, { from, to, text }: UnknownWord): UnknownWord[] {
    const simplified = prompt !== this.#traditional(prompt);
    const show = (word: string): string => (simplified ? this.#simplified(word) : word);
    const variants = VARIANTS.split(' ')
      .filter((pair) => pair[0] === text && this.#tokens.has(pair[1]!))
      .map((pair) => ({ from, to, text: show(pair[1]!) }));
    const known = this.#traditional(prompt);
    const before = from > 0 ? known[from - 1]! : '';
    const after = known[to] ?? '';
    const left = this.#hanWords.filter((word) => HAN.test(before) && word.startsWith(before) && word.length === 2);
    const right = this.#hanWords.filter((word) => HAN.test(after) && word.endsWith(after) && word.length === 2);
    return [
      ...variants,
      ...left.map((word) => ({ from: from - 1, to, text: show(word) })),
      ...right.map((word) => ({ from, to: to + 1, text: show(word) })),
    ].slice(0, SUGGESTIONS);
  }

  #traditional(text: string): string {
    return this.#replace.filter(([from]) => HAN.test(from)).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  }

  #simplified(text: string): string {
    return this.#replace.filter(([from]) => HAN.test(from)).reduce((all, [from, to]) => all.replaceAll(to, from), text);
  }
}
