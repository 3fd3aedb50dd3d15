import { addition } from './addition/lesson';
import { interference } from './interference/lesson';
import { neuron } from './neuron/lesson';
import { subtraction } from './subtraction/lesson';
import type { Lesson } from './types';

/** Every lesson that is ready, by id. */
export const lessons: Readonly<Record<string, Lesson>> = { neuron, addition, subtraction, interference };
export const FIRST_LESSON = addition;
/** All lessons in teaching order; those not in `lessons` are still to come. */
export const LESSON_ORDER = [
  'neuron',
  'addition',
  'subtraction',
  'analogy',
  'reward-code',
  'reward-vision',
  'interference',
  'store',
] as const;
