import { LabError } from '../errors';
import { tokenize, type Token, type TokenKind } from './formula-lexer';
import { didYouMean, suggest } from './suggest';

/** What the grammar could take at a place, with the error code of anything else. */
const EXPECTED = {
  operand: 'formula/expected-operand',
  operator: 'formula/expected-operator',
  close: 'formula/expected-close',
  base: 'formula/expected-base',
  model: 'formula/expected-model',
  weight: 'formula/expected-weight',
  parameter: 'formula/expected-parameter',
  colon: 'formula/expected-colon',
  truth: 'formula/expected-truth',
  end: 'formula/expected-end',
  module: 'formula/expected-module',
  of: 'formula/expected-of',
} as const;

/** The tokens of a formula with one token of look-ahead, and the errors that name a position. */
export class TokenReader {
  private readonly tokens: readonly Token[];
  private index = 0;

  /** @throws LabError formula/* for text that has no tokens. */
  constructor(
    typed: string,
    readonly aliases: readonly string[],
  ) {
    this.tokens = tokenize(typed);
  }

  get next(): Token {
    return this.tokens[this.index]!;
  }

  /** @returns the token `offset` places after the next one. */
  peek(offset: number): Token {
    return this.tokens[Math.min(this.index + offset, this.tokens.length - 1)]!;
  }

  startsCall(): boolean {
    return this.next.kind === 'name' && this.peek(1).kind === '(' && !this.aliases.includes(this.next.text);
  }

  /** Steps over the next token if it is of this kind. */
  take(kind: TokenKind): boolean {
    if (this.next.kind !== kind || kind === 'end') return false;
    this.index++;
    return true;
  }

  /** @throws LabError formula/expected-model, formula/unknown-model */
  alias(): string {
    const token = this.next;
    if (token.kind !== 'name') throw this.unexpected('model', 'the name of a model');
    if (!this.aliases.includes(token.text)) {
      const suggestion = suggest(token.text, this.aliases);
      throw new LabError(
        'formula/unknown-model',
        `There is no model "${token.text}" (position ${token.at + 1}).${didYouMean(suggestion)} Models: ${this.aliases.join(', ')}.`,
        { at: token.at, model: token.text, suggestion, known: this.aliases.join(', ') },
      );
    }
    this.index++;
    return token.text;
  }

  /** @param opened position of the bracket to be closed. */
  close(opened: number): void {
    if (this.take(')')) return;
    if (this.next.kind !== 'end') throw this.unexpected('close', 'an operator or ")"');
    throw new LabError('formula/unclosed', `The bracket at position ${opened + 1} is not closed. Add ")".`, {
      at: opened,
    });
  }

  /** @returns the error that the next token is not what the grammar takes here. */
  unexpected(expected: keyof typeof EXPECTED, words: string): LabError {
    const { text, at } = this.next;
    const found = text === '' ? 'the end' : `"${text}"`;
    return new LabError(EXPECTED[expected], `Expected ${words} at position ${at + 1}, found ${found}.`, {
      at,
      found: text,
    });
  }
}
