import type { HeardTable } from '../core/probe/heard';

/** @returns what training measured; null where it could not be fetched: the page works without. */
export async function loadHeard(): Promise<HeardTable | null> {
  try {
    const response = await fetch(new URL('zoo/recorded/analogy-training.json', document.baseURI));
    return response.ok ? ((await response.json()) as HeardTable) : null;
  } catch {
    return null;
  }
}
