import type { Lesson } from '../lessons/types';
import type { Recipe } from '../core/recipe/types';
import { startOf } from '../lessons/start';
import { lab } from '../state/bench';
import { showRecorded, type Recorded } from '../state/recorded';
import { rateBook } from '../state/rates.svelte';
import { settings } from '../state/settings.svelte';

/** Opens a lesson's bench at once, and its recorded result (contract C5) as soon as that small file is there. */
export function openLesson(lesson: Lesson): void {
  const recipe = startOf(lesson, settings.lang);
  lab.open(recipe, lesson.id);
  rateBook.open(lesson.probes ?? []);
  // Three weights are run before a recording of them could be fetched.
  if (!lesson.neurons) void fetchRecorded(lesson.id, recipe);
}

async function fetchRecorded(id: string, recipe: Recipe): Promise<void> {
  try {
    const response = await fetch(new URL(`zoo/recorded/${id}.json`, document.baseURI));
    if (!response.ok) return;
    const recorded = (await response.json()) as Recorded;
    if (lab.lesson === id) showRecorded(recorded, recipe);
  } catch {
    // Offline or not recorded yet: the bench shows its empty columns and still runs.
    return;
  }
}
