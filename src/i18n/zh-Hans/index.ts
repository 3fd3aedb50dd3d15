import type { Pack } from '../types';
import { bench } from './bench';
import { causes } from './causes';
import { errors } from './errors';
import { history } from './history';
import { microscope } from './microscope';
import { offline } from './offline';
import { prompt } from './prompt';
import { tour } from './tour';

export const pack: Pack = {
  messages: { ...bench, ...history, ...microscope, ...offline, ...prompt, ...tour },
  errors,
  causes,
};
