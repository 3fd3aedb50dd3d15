import type { Pack } from '../types';
import { bench } from './bench';
import { causes } from './causes';
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

export const pack: Pack = {
  messages: {
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
  },
  errors,
  causes,
};
