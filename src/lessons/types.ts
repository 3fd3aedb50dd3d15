import type { Recipe } from '../core/recipe/types';

/** A lesson is a recipe plus words in three languages. Links in its text may set the bench: `set:chat=0.5`, `ask:怎麼測量椅子?`. */
export interface Lesson {
  id: string;
  recipe: Recipe;
  /** Questions that the lesson's models can answer. */
  prompts: readonly string[];
  text: Readonly<Record<'en' | 'zh-Hant' | 'zh-Hans', string>>;
}
