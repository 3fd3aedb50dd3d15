import type { Lesson } from '../core/lesson/types';

const FILES: Readonly<Record<string, () => Promise<Lesson>>> = {
  neuron: async () => (await import('./neuron/lesson')).neuron,
  addition: async () => (await import('./addition/lesson')).addition,
  subtraction: async () => (await import('./subtraction/lesson')).subtraction,
  analogy: async () => (await import('./analogy/lesson')).analogy,
  'reward-code': async () => (await import('./reward-code/lesson')).rewardCode,
  'reward-vision': async () => (await import('./reward-vision/lesson')).rewardVision,
  interference: async () => (await import('./interference/lesson')).interference,
};

/** Every lesson that is ready, by id. */
export const READY: readonly string[] = Object.keys(FILES);
/** Those with results recorded by `npm run record`; a neuron computes faster than a file arrives. */
export const RECORDED: readonly string[] = READY.filter((id) => id !== 'neuron');
export const FIRST_LESSON = 'addition';
/** All lessons in teaching order; those not ready are still to come. */
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

/** Fetches a lesson; its script is fetched by language. @returns null for a lesson that is not ready. */
export async function loadLesson(id: string): Promise<Lesson | null> {
  return Object.hasOwn(FILES, id) ? FILES[id]!() : null;
}

/** All of them, for those who count, record and test. */
export const allLessons = (): Promise<Lesson[]> => Promise.all(Object.values(FILES).map((load) => load()));
