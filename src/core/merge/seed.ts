import type { MergeDoc } from '../recipe/types';
import { specOf } from './specs';

/** The seed of random masks; null where the method draws none. */
export const seedOf = (doc: MergeDoc): number | null =>
  specOf(doc.merge_method)?.random ? (doc.lab?.seed ?? 0) : null;

/** @returns the same document for a seed that no recipe can carry. */
export function withSeed(doc: MergeDoc, seed: number): MergeDoc {
  return Number.isSafeInteger(seed) && seed >= 0 ? { ...doc, lab: { ...doc.lab, seed } } : doc;
}

/** What the page writes always says its seed (design, section 4). */
export function withSeedWritten(doc: MergeDoc): MergeDoc {
  const seed = seedOf(doc);
  return seed === null || doc.lab?.seed !== undefined ? doc : withSeed(doc, seed);
}
