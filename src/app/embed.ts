import { mount } from 'svelte';
import { allLessons } from '../lessons';
import type { Address } from '../state/address';
import { lab, tour } from '../state/bench';
import { embedColumns } from '../state/embedding';
import { recordings } from '../state/recorded';
import { openFragment } from '../state/url.svelte';
import EmbedView from '../ui/embed/EmbedView.svelte';
import { hasSimd } from './capabilities';
import { loadNeurons, openLesson } from './open-lesson';
import { prefetchRecorded } from './recorded-files';
import './styles/embed.css';

/** A link may be a bench of a lesson: what was recorded with the same models is shown where it fits. */
async function showRecorded(): Promise<void> {
  const sources = new Set(Object.values(lab.recipe.models).map(({ src }) => src));
  for (const { id, recipe, neurons } of await allLessons()) {
    if (neurons || !Object.values(recipe.models).some(({ src }) => sources.has(src))) continue;
    for (const file of [id, `${id}-steps`]) for (const one of await prefetchRecorded(file)) recordings.add(one);
    recordings.show(lab);
  }
}

/** A panel inside somebody's page: it shows what was recorded, and loads no model before somebody asks it to run. */
export async function startEmbed(address: Address, lesson: string): Promise<void> {
  await loadNeurons();
  const opened = address.fragment !== null && (await openFragment(lab, address.fragment, false));
  if (!opened) await openLesson(lesson, address.step - 1);
  // An article shows, and does not ask: nothing stays covered.
  if (tour.asking) tour.answer('');
  const columns = embedColumns(lab.recipe, tour.step, location.href);
  lab.adopt({ ...lab.recipe, view: { ...lab.recipe.view, columns } });
  recordings.show(lab);
  if (opened) void showRecorded();
  const target = document.getElementById('app');
  if (target) mount(EmbedView, { target, props: { canRun: hasSimd() } });
}
