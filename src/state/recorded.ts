import type { Recipe } from '../core/recipe/types';
import { columnKey, MERGED } from './keys';
import type { Lab } from './lab.svelte';
import type { Rates } from './measuring';
import { rateBook } from './rates.svelte';
import { results } from './results.svelte';

interface RecordedOutput {
  text: string;
  steps: readonly { token: string; top5: readonly (readonly [string, number])[] }[];
}

/** Contract C5: what `npm run record` writes, of one bench. */
export interface Recorded {
  recipe: Recipe;
  columns: Readonly<Record<string, Readonly<Record<string, RecordedOutput>>>>;
  rates: Readonly<Record<string, Rates>>;
}

/** What was recorded of the open lesson, by what each answer depends on. */
class Recordings {
  #outputs = new Map<string, RecordedOutput>();

  clear(): void {
    this.#outputs.clear();
  }

  add({ recipe, columns, rates }: Recorded): void {
    rateBook.showRecorded(recipe, rates);
    for (const [alias, byPrompt] of Object.entries(columns)) {
      for (const [prompt, output] of Object.entries(byPrompt)) {
        const asked: Recipe = { ...recipe, run: { ...recipe.run, prompts: [prompt] } };
        this.#outputs.set(columnKey(asked, alias), output);
      }
    }
  }

  /**
   * Shows what was recorded of the bench as it stands, in each column that has no answer for it yet.
   * @param urgent also where a live answer has been started but has no text
   * @returns whether there was anything to show
   */
  show(lab: Lab, urgent = false): boolean {
    let shown = false;
    for (const alias of lab.columns) {
      const key = columnKey(lab.recipe, alias);
      const output = this.#outputs.get(key);
      const column = results.columns[alias];
      const fits = column?.key === key && (column.phase === 'done' || !urgent);
      if (!output || fits) continue;
      const steps = output.steps.map(({ token, top5 }) => ({
        text: token,
        top5: top5.map(([text, p], id) => ({ id, text, p })),
      }));
      results.show(alias, key, 'recorded', output.text, steps);
      shown = true;
    }
    return shown;
  }
}

export const recordings = new Recordings();

/** Shows what a link's author says the columns answer, until it is reproduced here. */
export function showClaims(recipe: Recipe): void {
  for (const [alias, text] of Object.entries(recipe.expect?.texts ?? {})) {
    if (alias === MERGED || alias in recipe.models) results.show(alias, columnKey(recipe, alias), 'claimed', text, []);
  }
}
