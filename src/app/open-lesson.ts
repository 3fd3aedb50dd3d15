import { parseScript } from '../core/lesson/script';
import type { Lesson } from '../core/lesson/types';
import { loadLesson } from '../lessons';
import { history, lab, tour } from '../state/bench';
import { errors } from '../state/errors.svelte';
import { recordings, type Recorded } from '../state/recorded';
import { settings } from '../state/settings.svelte';
import { prefetchRecorded } from './recorded-files';

async function showRecorded(lesson: Lesson): Promise<void> {
  const show = (recorded: readonly Recorded[]): void => {
    if (tour.lesson !== lesson) return;
    for (const one of recorded) recordings.add(one);
    if (tour.active) recordings.show(lab);
  };
  show(await prefetchRecorded(lesson.id));
  // Later steps can wait until the first one is seen.
  show(await prefetchRecorded(`${lesson.id}-steps`));
}

history.reopened = (lesson) => {
  if (!lesson.neurons) void showRecorded(lesson);
};

/**
 * Opens a lesson at a step: its bench at once, and what was recorded of it as soon as those small files are here.
 * @returns whether there is such a lesson; what could not be fetched is told by a card and leaves the bench alone
 */
export async function openLesson(id: string, at = 0): Promise<boolean> {
  const { lang } = settings;
  try {
    const lesson = await loadLesson(id);
    if (!lesson) return false;
    if (lesson.neurons) lab.neuron.examples = lesson.neurons;
    // Three weights are run before a recording of them could be fetched.
    else void prefetchRecorded(id);
    const script = parseScript(await lesson.text[lang]());
    recordings.clear();
    tour.open(lesson, script, lang, at);
    if (!lesson.neurons) void showRecorded(lesson);
  } catch (error) {
    errors.report('open', error);
  }
  return true;
}

/** The open lesson in the language of the page. */
export async function translateLesson(): Promise<void> {
  const { lang } = settings;
  const { lesson } = tour;
  if (!lesson) return;
  const script = parseScript(await lesson.text[lang]());
  if (tour.lesson === lesson && settings.lang === lang) tour.translate(script, lang);
}

/** The numbers that a link of neurons may mean; only their lesson holds them. */
export async function loadNeurons(): Promise<void> {
  lab.neuron.examples = (await loadLesson('neuron'))?.neurons ?? [];
}
