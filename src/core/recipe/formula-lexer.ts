import { LabError } from '../errors';

export type TokenKind = 'number' | 'name' | '+' | '-' | '*' | '(' | ')' | ':' | ',' | ';' | 'end';
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Index of the token's first UTF-16 code unit in the typed text. */
  readonly at: number;
}

/** Signs that people paste or that input methods write, one code unit for one, so that positions stay true. */
const SAME = new Map<string, string>([
  ...[...'\u2212\u2013\u2012\uFE63'].map((sign) => [sign, '-'] as const),
  ...[...'\u00D7\u00B7\u22C5\u2217\u2715'].map((sign) => [sign, '*'] as const),
  ['\u3001', ','],
]);

function plain(character: string): string {
  const same = SAME.get(character);
  if (same !== undefined) return same;
  const code = character.charCodeAt(0);
  // Full-width forms are ASCII moved up by 0xFEE0.
  return code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : character;
}

const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;
const SIGNS = '+-*():,;';

/** Longest literal, and the largest exponent of any float64: beyond them BigInt arithmetic would only grow slow. */
const MAX_DIGITS = 40;
const MAX_EXPONENT = 330;

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/**
 * Cuts a formula into tokens; the last is `end`.
 * @throws LabError formula/character, formula/division, formula/number; `params.at` is the position.
 */
export function tokenize(typed: string): Token[] {
  const text = Array.from({ length: typed.length }, (_, index) => plain(typed[index]!)).join('');
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const character = text[at]!;
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    const number = match(NUMBER, text, at);
    const word = number ?? match(NAME, text, at);
    if (number !== null) {
      const exponent = Math.abs(Number(/[eE](.*)$/.exec(number)?.[1] ?? 0));
      if (number.length > MAX_DIGITS || exponent > MAX_EXPONENT) {
        throw new LabError(
          'formula/number',
          `The number at position ${at + 1} is too long. Use at most ${MAX_DIGITS} digits.`,
          {
            at,
            limit: MAX_DIGITS,
          },
        );
      }
    }
    if (word !== null) {
      tokens.push({ kind: number === null ? 'name' : 'number', text: word, at });
      at += word.length;
    } else if (SIGNS.includes(character)) {
      tokens.push({ kind: character as TokenKind, text: character, at });
      at++;
    } else if (character === '/') {
      throw new LabError(
        'formula/division',
        `Division (position ${at + 1}) is not exact in decimals. Multiply instead, such as 0.5 * a.`,
        {
          at,
        },
      );
    } else {
      const found = String.fromCodePoint(typed.codePointAt(at)!);
      throw new LabError(
        'formula/character',
        `The character "${found}" at position ${at + 1} cannot stand in a formula. Use names, numbers, + - * and brackets.`,
        { at, found },
      );
    }
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}
