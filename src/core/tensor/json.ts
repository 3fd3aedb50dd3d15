import { LabError } from '../errors';
import { MAX_JSON_DEPTH } from './limits';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const INTEGER = /^(?:0|[1-9]\d*)$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * A strict pull parser of RFC 8259 JSON. JSON.parse would take the last of two equal keys in silence, round integers, and
 * build whatever a hostile header nests; here the caller sees every key and token, and decides.
 * All its errors are LabErrors: `json/syntax`, `json/ended`, `json/trailing`, `json/nesting`, `json/not-an-integer`,
 * `json/integer-too-large`.
 */
export class JsonScanner {
  private at = 0;

  /** @param file named in the messages */
  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  /** @returns the first character of the value that comes, which tells its type. */
  next(): string {
    const character = this.peek();
    if (character === '') throw this.ended();
    return character;
  }

  /** Calls `member` with each key, the scanner standing on its value, which `member` must consume. */
  object(member: (key: string) => void): void {
    this.expect('{');
    if (this.take('}')) return;
    do {
      const key = this.string();
      this.expect(':');
      member(key);
    } while (this.take(','));
    this.expect('}');
  }

  /** Calls `item` with each position, the scanner standing on the value, which `item` must consume. */
  array(item: (position: number) => void): void {
    this.expect('[');
    if (this.take(']')) return;
    let position = 0;
    do item(position++);
    while (this.take(','));
    this.expect(']');
  }

  string(): string {
    this.expect('"');
    const begin = this.at;
    let plain = true;
    for (; this.at < this.text.length; this.at++) {
      const unit = this.text.charCodeAt(this.at);
      if (unit === QUOTE) {
        const raw = this.text.slice(begin, this.at++);
        return plain ? raw : this.unescape(raw, begin);
      }
      if (unit < 0x20) throw this.syntax('a control character inside a string');
      if (unit === BACKSLASH) {
        plain = false;
        this.at++;
      }
    }
    throw this.ended();
  }

  /**
   * @param what the number's role, for the message
   * @returns a safe integer >= 0 that was written as digits only: 1.0, 1e3, -0 and "1" are refused, as the reference does
   */
  integer(what: string): number {
    const first = this.next();
    const begin = this.at;
    if ('-0123456789'.includes(first)) this.number();
    else this.skip();
    const token = this.text.slice(begin, this.at);
    const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
    const params = { file: this.file, what, token: shown };
    if (!INTEGER.test(token)) {
      const message = `${this.file}: ${what} is ${shown}, and must be a whole number >= 0 written in digits. The header is damaged.`;
      throw new LabError('json/not-an-integer', message, params);
    }
    const value = Number(token);
    if (!Number.isSafeInteger(value)) {
      const message = `${this.file}: ${what} is ${shown}, beyond 2^53; no file is that large. The header is damaged or forged.`;
      throw new LabError('json/integer-too-large', message, params);
    }
    return value;
  }

  /** @returns the value of any number token. */
  number(): number {
    this.next();
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (!match) throw this.syntax('no value where one must be');
    this.at = NUMBER.lastIndex;
    return Number(match[0]);
  }

  /** Consumes any one value. */
  skip(depth = 1): void {
    if (depth > MAX_JSON_DEPTH) {
      const message = `${this.file}: its JSON nests deeper than ${MAX_JSON_DEPTH} levels, which no checkpoint needs. The file is forged or damaged.`;
      throw new LabError('json/nesting', message, { file: this.file, limit: MAX_JSON_DEPTH });
    }
    const first = this.next();
    if (first === '{') this.object(() => this.skip(depth + 1));
    else if (first === '[') this.array(() => this.skip(depth + 1));
    else if (first === '"') this.string();
    else if (!this.takeWord('true') && !this.takeWord('false') && !this.takeWord('null')) this.number();
  }

  /** @returns whether the next value was null; consumes it then. */
  takeNull(): boolean {
    this.peek();
    return this.takeWord('null');
  }

  /** Refuses anything but white space after the value. */
  end(): void {
    if (this.peek() === '') return;
    const message = `${this.file}: after the end of its JSON, at character ${this.at}, more text follows. The file is damaged or forged.`;
    throw new LabError('json/trailing', message, { file: this.file, at: this.at });
  }

  /** @returns the next character that is not white space, '' at the end. */
  private peek(): string {
    for (; this.at < this.text.length; this.at++) {
      const unit = this.text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return this.text.charAt(this.at);
    }
    return '';
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string): void {
    if (this.take(character)) return;
    throw this.at >= this.text.length ? this.ended() : this.syntax(`${this.found()} instead of ${character}`);
  }

  private takeWord(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private unescape(raw: string, begin: number): string {
    try {
      const value = JSON.parse(`"${raw}"`) as string;
      if (value.isWellFormed()) return value;
    } catch {
      // Told below, with the place.
    }
    this.at = begin;
    throw this.syntax('a string with a wrong escape');
  }

  private found(): string {
    const unit = this.text.codePointAt(this.at) ?? 0;
    return unit < 0x20 || unit === 0x7f ? `the control character ${unit}` : String.fromCodePoint(unit);
  }

  private ended(): LabError {
    const message = `${this.file}: its JSON ends in the middle, after ${this.text.length} characters. The file is damaged or incomplete; fetch it again.`;
    return new LabError('json/ended', message, { file: this.file, at: this.text.length });
  }

  private syntax(detail: string): LabError {
    const message = `${this.file}: its JSON is damaged at character ${this.at}: ${detail}. Fetch the file again.`;
    return new LabError('json/syntax', message, { file: this.file, at: this.at, detail });
  }
}
