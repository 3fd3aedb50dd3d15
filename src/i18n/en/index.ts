import { bench } from './bench';
import { errors } from './errors';
import { microscope } from './microscope';

/** All messages, one file a panel; the other languages must have the same. */
const messages = { ...bench, ...microscope };

export type Messages = Readonly<Record<keyof typeof messages, string>>;
export const pack = { messages: messages as Messages, errors, causes: {} };
