import type { ControlTable } from '../core/lesson/controls';

/** @returns the controls of a lesson; null where it has none, or they could not be fetched: the page works without. */
export async function loadControls(lesson: string): Promise<ControlTable | null> {
  try {
    const response = await fetch(new URL(`zoo/recorded/${lesson}-controls.json`, document.baseURI));
    return response.ok ? ((await response.json()) as ControlTable) : null;
  } catch {
    return null;
  }
}
