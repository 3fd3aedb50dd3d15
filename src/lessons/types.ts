import type { NeuronExample } from '../core/probe/numeric';
import type { Recipe } from '../core/recipe/types';

/** A lesson is a recipe plus words in three languages. Links in its text may set the bench: `set:chat=0.5`, `ask:怎麼測量椅子?`. */
export interface Lesson {
  id: string;
  recipe: Recipe;
  /** Questions that the lesson's models can answer. */
  prompts: readonly string[];
  /** Examples whose models are written down here; the first one's recipe is the lesson's. */
  neurons?: readonly NeuronExample[];
  text: Readonly<Record<'en' | 'zh-Hant' | 'zh-Hans', string>>;
}
