import { MERGED } from './keys';
import type { Lab } from './lab.svelte';

/** Above this many parameters in one model nothing is computed unasked: it would keep the machine busy for minutes. */
const MAX_PARAMETERS = 5_000_000;

/**
 * Whether the bench has nothing to do, so that it may find out what nobody waits for: the merged answer is live, and its
 * fingerprint, which is wanted first, is known.
 */
export function rests(lab: Lab): boolean {
  const { runner } = lab;
  const idle = !runner.busy && ['new', 'match', 'differs'].includes(runner.fingerprint.state);
  const small = Object.values(runner.models).every(({ parameters }) => parameters <= MAX_PARAMETERS);
  return idle && small && !lab.numeric && lab.source(MERGED) === 'live';
}
