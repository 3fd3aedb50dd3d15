import type { ProbeQuestion } from '../probe/measure';
import type { NeuronExample } from '../probe/numeric';
import type { Recipe } from '../recipe/types';
import type { Action } from './action';
import type { Check } from './check';

/** Languages that every lesson is told in. */
export type LessonLanguage = 'en' | 'zh-Hant' | 'zh-Hans';

/** A question asked before the bench shows the answer; what its options say is in the script. */
export interface Prediction {
  options: readonly string[];
  answer: string;
}

/** predict -> move -> see -> explain. What is said is in the script, under the same id. */
export interface Step {
  id: string;
  /** What the lesson does to the bench when the step opens, on top of the step before. */
  start?: readonly Action[];
  predict?: Prediction;
  /** What the hands are asked to do. "Do it for me" does the same. */
  move?: readonly Action[];
  /** Claims about the bench after the move. They are checked here and, by the same code, in CI against the live models. */
  check: readonly Check[];
  /** Test ids of what is to be looked at. */
  highlight?: readonly string[];
}

/** Figures from a paper, as it prints them. Unit, names of the bars and caption are in the script, under `figure <id>`. */
export interface Figure {
  id: string;
  /** Authors, title, year, as a reader would look them up. */
  paper: string;
  url: string;
  /** Where in the paper the numbers are. */
  place: string;
  better: 'higher' | 'lower';
  bars: readonly { id: string; value: number }[];
}

/** A lesson is a recipe, its steps, and a script in three languages. */
export interface Lesson {
  id: string;
  recipe: Recipe;
  /** Questions that the lesson's models can answer, by the reader's language; the first one is asked when it opens. */
  prompts: Readonly<Record<LessonLanguage, readonly string[]>>;
  /** What is counted of its columns on held-out questions: recorded by `npm run record`, and measured on demand. */
  probes?: readonly ProbeQuestion[];
  /** Examples whose models are written down here; the first one's recipe is the lesson's. */
  neurons?: readonly NeuronExample[];
  steps: readonly Step[];
  figures: readonly Figure[];
  text: Readonly<Record<LessonLanguage, () => Promise<string>>>;
}
