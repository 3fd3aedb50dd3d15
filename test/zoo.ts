import type { MergeDoc, Recipe } from '../src/core/recipe/types';
import golden from './golden/text/zoo1.json';

/** The built-in models in every test. Ids never change content, so a new zoo is another version here. */
export const zooId = (name: string): string => `${name}-1`;
export const zooModels = (...names: string[]): Recipe['models'] =>
  Object.fromEntries(names.map((name) => [name, { src: `zoo:${zooId(name)}` }]));

interface GoldenAnswer {
  text: string;
  tokens: number[];
  /** Per token the five likeliest: id, text, probability. */
  top5: [number, string, number][][];
}
interface GoldenLesson {
  models: Record<string, string>;
  merge: MergeDoc;
  /** C4 fingerprint of the merge. */
  weights: string;
  prompts: { prompt: string; set: string; columns: Record<string, GoldenAnswer> }[];
}

/** What Python transformers answers greedily to the questions of each lesson (training/goldens_text.py). */
export const goldenLessons = golden.lessons as unknown as Readonly<
  Record<'addition' | 'subtraction' | 'interference', GoldenLesson>
>;
export type GoldenId = keyof typeof goldenLessons;

export const goldenRecipe = ({ models, merge }: GoldenLesson): Recipe => ({
  v: 1,
  models: Object.fromEntries(Object.entries(models).map(([alias, src]) => [alias, { src }])),
  merge,
});

/** The first question of a kind, such as `harm_zh`. */
export function goldenPrompt(lesson: GoldenId, set: string): string {
  const found = goldenLessons[lesson].prompts.find((p) => p.set === set);
  if (!found) throw new Error(`${lesson} has no question of the set ${set}`);
  return found.prompt;
}
