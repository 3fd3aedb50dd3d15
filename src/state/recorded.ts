import type { Recipe } from '../core/recipe/types';
import { columnKey, MERGED } from './keys';
import type { Rates } from './measuring';
import { rateBook } from './rates.svelte';
import { results } from './results.svelte';

/** Contract C5: what `npm run record` writes. */
export interface Recorded {
  recipe: Recipe;
  columns: Record<string, Record<string, { text: string; steps: { token: string; top5: [string, number][] }[] }>>;
  rates: Record<string, Rates>;
}

/** Shows a recorded result of the question that `opened` begins with, wherever nothing live is there yet. */
export function showRecorded(recorded: Recorded, opened: Recipe): void {
  rateBook.showRecorded(recorded.recipe, recorded.rates);
  const prompt = opened.run?.prompts?.[0] ?? '';
  const recipe: Recipe = { ...recorded.recipe, run: { ...recorded.recipe.run, prompts: [prompt] } };
  for (const [alias, byPrompt] of Object.entries(recorded.columns)) {
    const output = byPrompt[prompt];
    if (!output || results.columns[alias]) continue;
    const steps = output.steps.map(({ token, top5 }) => ({
      text: token,
      top5: top5.map(([text, p], id) => ({ id, text, p })),
    }));
    results.show(alias, columnKey(recipe, alias), 'recorded', output.text, steps);
  }
}

/** Shows what a link's author says the columns answer, until it is reproduced here. */
export function showClaims(recipe: Recipe): void {
  for (const [alias, text] of Object.entries(recipe.expect?.texts ?? {})) {
    if (alias === MERGED || alias in recipe.models) results.show(alias, columnKey(recipe, alias), 'claimed', text, []);
  }
}
