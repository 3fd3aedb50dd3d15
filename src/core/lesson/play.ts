import type { Recipe } from '../recipe/types';
import { act, type Action, type ActionContext } from './action';
import type { Lesson, LessonLanguage } from './types';

/** @returns what the actions of a lesson may refer to, for a reader of `lang`. */
export const contextOf = (lesson: Lesson, lang: LessonLanguage): ActionContext => ({
  prompts: lesson.prompts[lang],
  neurons: lesson.neurons ?? [],
  recipe: lesson.recipe,
});

/** @returns the bench a lesson opens with for a reader of `lang`: its recipe, asked in that language's script. */
export function startOf(lesson: Lesson, lang: LessonLanguage): Recipe {
  const [prompt] = lesson.prompts[lang];
  return prompt === undefined ? lesson.recipe : { ...lesson.recipe, run: { ...lesson.recipe.run, prompts: [prompt] } };
}

/**
 * The bench of a step, whichever way it is reached.
 * @param at index of the step
 * @param moved after what the step asks the hands to do, else as the step opens
 */
export function benchAt(lesson: Lesson, lang: LessonLanguage, at: number, moved: boolean): Recipe {
  const context = contextOf(lesson, lang);
  const actions = lesson.steps
    .slice(0, at + 1)
    .flatMap(({ start = [], move = [] }, i): readonly Action[] => [...start, ...(i < at || moved ? move : [])]);
  return actions.reduce((recipe, action) => act(recipe, action, context), startOf(lesson, lang));
}
