import type { NeuronExample } from '../core/probe/numeric';
import type { ProbeQuestion } from '../core/probe/measure';
import type { Recipe } from '../core/recipe/types';

/** A lesson is a recipe plus words in three languages. Links in its text may set the bench (src/ui/primitives/actions.ts). */
export interface Lesson {
  id: string;
  recipe: Recipe;
  /** Questions that the lesson's models can answer, by the reader's language; the first one is asked when it opens. */
  prompts: Readonly<Record<'en' | 'zh-Hant' | 'zh-Hans', readonly string[]>>;
  /** What is counted of its columns on held-out questions: recorded by `npm run record`, and measured on demand. */
  probes?: readonly ProbeQuestion[];
  /** Examples whose models are written down here; the first one's recipe is the lesson's. */
  neurons?: readonly NeuronExample[];
  text: Readonly<Record<'en' | 'zh-Hant' | 'zh-Hans', string>>;
}
