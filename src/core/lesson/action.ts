import { withSeedWritten } from '../merge/seed';
import type { NeuronExample } from '../probe/numeric';
import { parseFormula } from '../recipe/formula';
import { formulaToMerge } from '../recipe/formula-merge';
import type { MergeDoc, Recipe } from '../recipe/types';
import { differenceOf, setCoupled } from '../recipe/weights';

/** What a step, or a live word of a lesson's text, does to the bench. */
export type Action =
  | { kind: 'set'; alias: string; weight: number }
  | { kind: 'ask'; prompt: string }
  /** One of the lesson's own questions, in the reader's script. */
  | { kind: 'question'; at: number }
  | { kind: 'formula'; text: string }
  | { kind: 'models'; sources: Readonly<Record<string, string>> }
  | { kind: 'columns'; columns: readonly string[] }
  | { kind: 'example'; id: string }
  /** Another lesson: the page opens it, the recipe stays. */
  | { kind: 'lesson'; id: string }
  /** The merge that the lesson opened with. */
  | { kind: 'own' };

/** What an action may refer to. */
export interface ActionContext {
  /** The lesson's questions in the reader's script. */
  prompts: readonly string[];
  neurons: readonly NeuronExample[];
  /** The lesson's own recipe. */
  recipe: Recipe;
}

/**
 * Reads a link of a lesson's text: `set:chat=0.5` moves a slider, `ask:question` asks it, `formula:base + (chat - base)`
 * is written into the formula bar, `models:base=base-s-1, chat=chat-s-1` puts other built-in models behind the aliases,
 * `lesson:neuron` opens another lesson.
 * @returns null for anything else.
 */
export function parseAction(target: string): Action | null {
  const set = /^set:(\w+)=(-?[\d.]+)$/.exec(target);
  if (set) return { kind: 'set', alias: set[1] ?? '', weight: Number(set[2]) };
  const [, kind, rest = ''] = /^(ask|formula|models|lesson):(.+)$/.exec(target) ?? [];
  if (kind === 'ask') return { kind, prompt: rest };
  if (kind === 'formula') return { kind, text: rest };
  if (kind === 'lesson') return { kind, id: rest };
  if (kind !== 'models') return null;
  const pairs = rest.split(',').map((pair) => /^\s*(\w+)=([\w-]+)\s*$/.exec(pair));
  if (pairs.includes(null)) return null;
  return { kind, sources: Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', `zoo:${pair?.[2] ?? ''}`])) };
}

const docOf = (recipe: Recipe): MergeDoc => {
  if (Array.isArray(recipe.merge)) throw new Error('a lesson has one stage');
  return recipe.merge;
};

/**
 * Does one action to a recipe, as the bench's own controls would.
 * @returns the new recipe; the same one where nothing changes.
 * @throws LabError where the formula cannot be read, recipe/read-only-weight.
 */
export function act(recipe: Recipe, action: Action, context: ActionContext): Recipe {
  switch (action.kind) {
    case 'set': {
      const doc = docOf(recipe);
      // One slider moves both sides of a difference.
      const [plus, minus] = differenceOf(doc) ?? [];
      const partner = plus === action.alias ? (minus ?? null) : null;
      return { ...recipe, merge: withSeedWritten(setCoupled(doc, action.alias, action.weight, partner)) };
    }
    case 'ask':
      return { ...recipe, run: { ...recipe.run, prompts: [action.prompt] } };
    case 'question': {
      const prompt = context.prompts[action.at];
      return prompt === undefined ? recipe : { ...recipe, run: { ...recipe.run, prompts: [prompt] } };
    }
    case 'formula': {
      const parsed = parseFormula(action.text, Object.keys(recipe.models));
      if (!parsed.ok) throw parsed.error;
      return { ...recipe, merge: withSeedWritten(formulaToMerge(parsed.formula, docOf(recipe))) };
    }
    case 'models': {
      const models = Object.fromEntries(Object.entries(action.sources).map(([alias, src]) => [alias, { src }]));
      return { ...recipe, models: { ...recipe.models, ...models } };
    }
    case 'columns':
      return { ...recipe, view: { ...recipe.view, columns: [...action.columns] } };
    case 'example':
      return context.neurons.find(({ id }) => id === action.id)?.recipe ?? recipe;
    case 'lesson':
      return recipe;
    case 'own':
      return { ...recipe, merge: context.recipe.merge };
  }
}
