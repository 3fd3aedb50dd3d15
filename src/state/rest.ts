import { MERGED } from './keys';
import type { Lab } from './lab.svelte';

/** Above this many parameters in one model nothing is computed unasked: it would keep the machine busy for minutes. */
const MAX_PARAMETERS = 5_000_000;

/** Whether all models of the bench that are known are small enough for what nobody asked for. */
export const small = ({ recipe, runner }: Lab): boolean =>
  Object.keys(recipe.models).every((alias) => (runner.models[alias]?.parameters ?? 0) <= MAX_PARAMETERS);

/**
 * Whether the bench has nothing to do, so that it may find out what nobody waits for: the merged answer is live, and its
 * fingerprint, which is wanted first, is known.
 */
export function rests(lab: Lab): boolean {
  const { runner } = lab;
  const idle = !runner.busy && ['new', 'match', 'differs'].includes(runner.fingerprint.state);
  return idle && small(lab) && lab.kind === 'text' && lab.source(MERGED) === 'live';
}
