import type { Pack } from '../types';
import { bench } from './bench';
import { causes } from './causes';
import { errors } from './errors';

export const pack: Pack = { messages: { ...bench }, errors, causes };
