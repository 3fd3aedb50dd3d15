import type { GenerateResult, Step } from '../engine/api';
import type { PlainError } from '../core/errors';
import { firstSplit, tokensOf, type Token } from './tokens';

export type Origin = 'recorded' | 'claimed' | 'live';
/** What a column shows, tagged with the part of the recipe that produced it. */
export interface ColumnResult {
  key: string;
  origin: Origin;
  phase: 'waiting' | 'streaming' | 'done' | 'failed';
  text: string;
  tokens: readonly Token[];
  /** Words of the prompt that the model has never seen. */
  unknown: readonly string[];
  error: PlainError | null;
  finish: GenerateResult['finish'] | null;
  firstTokenMs: number | null;
}

/** Outputs by column. Snapshots are replaced whole, so a half-written one is never drawn. */
class Results {
  columns = $state.raw<Readonly<Record<string, ColumnResult>>>({});
  /** The token position all columns show the distribution of; null follows the first split. */
  position = $state<number | null>(null);
  /** Columns whose new answer has begun but has no token yet. */
  readonly #starting = new Map<string, Pick<ColumnResult, 'key' | 'unknown'>>();

  #set(alias: string, result: ColumnResult): void {
    this.columns = { ...this.columns, [alias]: result };
  }

  clear(): void {
    this.columns = {};
    this.position = null;
  }

  /** A result that was made elsewhere: recorded by us, or claimed by a link's author (text only). */
  show(
    alias: string,
    key: string,
    origin: 'recorded' | 'claimed',
    text: string,
    steps: readonly Pick<Step, 'text' | 'top5'>[],
  ): void {
    const tokens = steps.length === 0 && text !== '' ? [{ piece: text, text, top5: [] }] : tokensOf(steps, text);
    this.#set(alias, {
      key,
      origin,
      phase: 'done',
      text,
      tokens,
      unknown: [],
      error: null,
      finish: 'stop',
      firstTokenMs: null,
    });
  }

  /** The old text stays until the first new token, so that a column is never blank. */
  wait(alias: string): void {
    this.#starting.delete(alias);
    const old = this.columns[alias];
    if (old) this.#set(alias, { ...old, phase: 'waiting', error: null });
    else
      this.#set(alias, {
        key: '',
        origin: 'live',
        phase: 'waiting',
        text: '',
        tokens: [],
        unknown: [],
        error: null,
        finish: null,
        firstTokenMs: null,
      });
  }

  /** The run has reached this column. What it showed stays, marked as what it is, until the first new token. */
  start(alias: string, key: string, unknown: readonly string[]): void {
    this.#starting.set(alias, { key, unknown });
  }

  step(alias: string, step: Step, textSoFar: string): void {
    const shown = this.columns[alias];
    const fresh = this.#starting.get(alias);
    this.#starting.delete(alias);
    if (!shown) return;
    // Same recipe part: the text cannot change, so it is not written anew before the eyes.
    if (fresh && shown.key === fresh.key && shown.origin === 'live') return;
    if (!fresh && shown.phase !== 'streaming') return;
    const old: ColumnResult = fresh
      ? {
          ...shown,
          ...fresh,
          origin: 'live',
          phase: 'streaming',
          text: '',
          tokens: [],
          finish: null,
          firstTokenMs: null,
        }
      : shown;
    const piece = textSoFar.startsWith(old.text) ? textSoFar.slice(old.text.length) : step.text;
    this.#set(alias, { ...old, text: old.text + piece, tokens: [...old.tokens, { ...step, piece }] });
  }

  done(alias: string, key: string, result: GenerateResult): void {
    const unknown = this.#starting.get(alias)?.unknown ?? this.columns[alias]?.unknown ?? [];
    this.#starting.delete(alias);
    this.#set(alias, {
      key,
      origin: 'live',
      phase: 'done',
      text: result.text,
      tokens: tokensOf(result.steps, result.text),
      unknown,
      error: null,
      finish: result.finish,
      firstTokenMs: result.firstTokenMs,
    });
  }

  fail(alias: string, error: PlainError): void {
    const old = this.columns[alias];
    if (old) this.#set(alias, { ...old, phase: 'failed', error });
  }

  /** Ends what a cancelled run left open: a column that got no token shows its old text, as it was. */
  settle(): void {
    this.#starting.clear();
    for (const [alias, column] of Object.entries(this.columns)) {
      if (column.phase === 'done' || column.phase === 'failed') continue;
      if (column.key === '') {
        this.columns = Object.fromEntries(Object.entries(this.columns).filter(([name]) => name !== alias));
        continue;
      }
      // A half-streamed text must not count as the answer: an empty key never equals a current one.
      const partial = column.phase === 'streaming';
      this.#set(alias, {
        ...column,
        phase: 'done',
        key: partial ? 'partial' : column.key,
        finish: partial ? 'cancelled' : column.finish,
      });
    }
  }

  /** Position where `alias` parts from `reference`; undefined while one of them has no tokens, null when they agree. */
  split(alias: string, reference: string): number | null | undefined {
    const a = this.columns[reference];
    const b = this.columns[alias];
    if (alias === reference || !a || !b || a.tokens.length === 0 || b.tokens.length === 0) return undefined;
    const at = firstSplit(a.tokens, b.tokens);
    // While one still streams, running out of tokens is not yet a difference.
    const open = a.phase !== 'done' || b.phase !== 'done';
    return at !== null && open && at >= Math.min(a.tokens.length, b.tokens.length) ? undefined : at;
  }
}

export const results = new Results();
