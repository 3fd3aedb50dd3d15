import type { Lesson } from '../core/lesson/types';
import type { Recipe } from '../core/recipe/types';
import { errors } from './errors.svelte';
import { isBuiltIn } from './keys';
import type { Lab } from './lab.svelte';

/** Fetched after the first paint: the compressor is a tenth of the page's scripts. */
const links = () => import('../core/recipe/link');

/** The recipe as the fragment of an address (contract C3). */
export const fragmentOf = async (recipe: Recipe): Promise<string> => (await links()).encodeLink(recipe);

/** The address that carries `fragment`: the switches stay, except, unless it is kept, the lesson it no longer is. */
export function writeAddress(href: string, fragment: string, keepLesson = false): string {
  const url = new URL(href);
  if (!keepLesson) {
    url.searchParams.delete('lesson');
    url.searchParams.delete('step');
  }
  url.hash = fragment;
  return url.href;
}

/** A link made here opens only here when the page's host is this machine. */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/.test(hostname);
}

const WRITE_DELAY_MS = 250;

/** Keeps the share link, and after a real edit the address bar, in step with the recipe. */
export class Link {
  /** The whole link; the page's own address until the first one is made. */
  href = $state(location.href);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** To be called from an effect: reads what the link depends on, writes a little later. */
  follow(lab: Lab, inLesson: boolean): void {
    const { recipe, edited } = lab;
    const { sha256 } = lab.runner.fingerprint;
    const claim: Recipe = sha256 === '' ? recipe : { ...recipe, expect: { ...recipe.expect, weights: sha256 } };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#write(claim, edited, inLesson), WRITE_DELAY_MS);
  }

  async #write(recipe: Recipe, edited: boolean, inLesson: boolean): Promise<void> {
    const turn = ++this.#turn;
    try {
      const fragment = await fragmentOf(recipe);
      if (turn !== this.#turn) return;
      this.href = writeAddress(location.href, fragment);
      // A reload comes back to the step and to what was tried in it.
      const own = inLesson ? writeAddress(location.href, fragment, true) : this.href;
      if (edited && own !== location.href) history.replaceState(null, '', own);
    } catch (error) {
      errors.report('open', error);
    }
  }
}

/**
 * Opens a link's recipe; a damaged one is explained and leaves the bench alone.
 * @param start whether it runs at once, where it may
 * @param lesson the open one: a recipe of its models is something tried in it
 * @returns whether it was opened
 */
export async function openFragment(
  lab: Lab,
  fragment: string,
  start = true,
  lesson: Lesson | null = null,
): Promise<boolean> {
  errors.clear('open');
  try {
    const { decodeLink } = await links();
    const { recipe } = await decodeLink(fragment);
    const own = new Set(Object.values(lesson?.recipe.models ?? {}).map(({ src }) => src));
    const within = lesson !== null && Object.values(recipe.models).every(({ src }) => own.has(src));
    lab.open(recipe, within ? lesson.id : null);
    lab.edited = within;
  } catch (error) {
    errors.report('open', error);
    return false;
  }
  if (!start) return true;
  const ours = lab.numeric || isBuiltIn(lab.recipe.models);
  void (ours ? lab.run() : lab.check());
  return true;
}
