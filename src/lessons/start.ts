import type { Recipe } from '../core/recipe/types';
import type { Lesson } from './types';

/** @returns the bench a lesson opens with for a reader of `lang`: its recipe, asked in that language's script. */
export function startOf(lesson: Lesson, lang: keyof Lesson['text']): Recipe {
  const [prompt] = lesson.prompts[lang];
  return prompt === undefined ? lesson.recipe : { ...lesson.recipe, run: { ...lesson.recipe.run, prompts: [prompt] } };
}
