import { bench } from './bench';
import { errors } from './errors';
import { flips } from './flips';
import { history } from './history';
import { late } from './late';
import { methods } from './methods';
import { microscope } from './microscope';
import { offline } from './offline';
import { outputs } from './outputs';
import { prompt } from './prompt';
import { rates } from './rates';
import { share } from './share';
import { tour } from './tour';

/** All messages, one file a panel; the other languages must have the same. */
const messages = {
  ...bench,
  ...flips,
  ...history,
  ...late,
  ...methods,
  ...microscope,
  ...offline,
  ...outputs,
  ...prompt,
  ...rates,
  ...share,
  ...tour,
};

export type Messages = Readonly<Record<keyof typeof messages, string>>;
export const pack = { messages: messages as Messages, errors, causes: {} };
