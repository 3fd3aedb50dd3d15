import type { Messages } from './en';

/**
 * Title, cause and way out of a refusal, by code; a code without an entry of its own takes that of its family (the part
 * before the slash). `{message}` is the complete English sentence of the error.
 */
export interface ErrorText {
  title: string;
  cause: string;
  wayOut: string;
}

/** One language of the page, fetched when it is wanted. */
export interface Pack {
  messages: Messages;
  errors: Readonly<Record<string, ErrorText>>;
  causes: Readonly<Record<string, string>>;
}
