import type { Recorded } from '../state/recorded';

async function fetchRecorded(file: string): Promise<Recorded[]> {
  try {
    const response = await fetch(new URL(`zoo/recorded/${file}.json`, document.baseURI));
    if (!response.ok) return [];
    const recorded = (await response.json()) as Recorded | { states: Recorded[] };
    return 'states' in recorded ? recorded.states : [recorded];
  } catch {
    // Offline or not recorded yet: the bench shows its empty columns and still runs.
    return [];
  }
}

/** The recordings of each lesson, asked for once and before its code is here: both travel at the same time. */
const fetched = new Map<string, Promise<Recorded[]>>();
export function prefetchRecorded(id: string): Promise<Recorded[]> {
  const known = fetched.get(id) ?? fetchRecorded(id);
  fetched.set(id, known);
  return known;
}
