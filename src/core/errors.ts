/** Values a message may interpolate; always plain data, so an error crosses a worker boundary unharmed. */
export type ErrorParams = Readonly<Record<string, string | number>>;

/**
 * Every refusal a person can meet. `code` picks the translated text and the way out (src/i18n), `params` fill it in,
 * `message` is complete English for the command line and the console.
 */
export class LabError extends Error {
  override readonly name = 'LabError';

  constructor(
    readonly code: string,
    message: string,
    readonly params: ErrorParams = {},
  ) {
    super(message);
  }
}

/** The shape in which a LabError crosses a worker boundary. */
export interface PlainError {
  code: string;
  message: string;
  params: ErrorParams;
}

/** @returns the words of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @returns plain data for any thrown value; unknown errors get the code `internal`. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof LabError) return { code: error.code, message: error.message, params: error.params };
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'aborted', message: error.message, params: {} };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'internal', message, params: { detail: message } };
}
