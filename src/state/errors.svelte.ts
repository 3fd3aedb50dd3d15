import { toPlainError, type PlainError } from '../core/errors';

/** What was being tried; starting it again takes its old cards away. */
export type Topic = 'run' | 'open' | 'files' | 'merge' | 'export' | 'yaml' | 'capability';
export interface ErrorCard {
  id: number;
  topic: Topic;
  error: PlainError;
  /** How often the same refusal came in a row. */
  count: number;
}

const MAX_CARDS = 4;

/** Refusals, newest first. None of them ever changes the bench. */
class ErrorCards {
  list = $state.raw<readonly ErrorCard[]>([]);
  #next = 1;

  /** Adds a card, unless the person cancelled; @returns whether there was anything to say. */
  report(topic: Topic, thrown: unknown): boolean {
    const error = isPlain(thrown) ? thrown : toPlainError(thrown);
    if (error.code === 'aborted') return false;
    const newest = this.list[0];
    if (newest && newest.topic === topic && newest.error.message === error.message) {
      this.list = [{ ...newest, count: newest.count + 1 }, ...this.list.slice(1)];
    } else {
      this.list = [{ id: this.#next++, topic, error, count: 1 }, ...this.list].slice(0, MAX_CARDS);
    }
    return true;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((card) => card.id !== id);
  }

  clear(topic: Topic): void {
    if (this.list.some((card) => card.topic === topic)) this.list = this.list.filter((card) => card.topic !== topic);
  }
}

function isPlain(value: unknown): value is PlainError {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Error) && 'code' in value && 'message' in value
  );
}

export const errors = new ErrorCards();
