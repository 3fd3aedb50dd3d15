import type { HeardTable } from '../core/probe/heard';
import { fetchZooJson } from '../runtime/zoo';

/** @returns what training measured; null where it could not be fetched: the page works without. */
export async function loadHeard(): Promise<HeardTable | null> {
  try {
    return (await fetchZooJson('recorded/analogy-training.json')) as HeardTable;
  } catch {
    return null;
  }
}
