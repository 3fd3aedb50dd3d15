import type { Pack } from '../types';
import { bench } from './bench';
import { causes } from './causes';
import { errors } from './errors';
import { microscope } from './microscope';

export const pack: Pack = { messages: { ...bench, ...microscope }, errors, causes };
