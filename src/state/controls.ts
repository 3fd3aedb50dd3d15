import type { ControlTable } from '../core/lesson/controls';
import { fetchZooJson } from '../runtime/zoo';

/** @returns the controls of a lesson; null where it has none, or they could not be fetched: the page works without. */
export async function loadControls(lesson: string): Promise<ControlTable | null> {
  try {
    return (await fetchZooJson(`recorded/${lesson}-controls.json`)) as ControlTable;
  } catch {
    return null;
  }
}
