import { lab } from '../../state/bench';
import { results } from '../../state/results.svelte';
import { t } from '../primitives/text';

/** What the badge of a column says, '' where it has none. */
export function badgeText(alias: string): string {
  const column = results.columns[alias];
  const source = lab.source(alias);
  if (column?.phase === 'failed') return t('outputs.failed');
  if (column?.phase === 'waiting' && lab.runner.busy) return t('outputs.waiting');
  if (source === 'recorded') return column?.origin === 'claimed' ? t('outputs.claimed') : t('outputs.recorded');
  if (!column) return '';
  return source === 'live' ? t('outputs.live') : t('outputs.stale');
}

/** The kind of badge, for its colour. */
export const badgeKind = (alias: string): string =>
  results.columns[alias]?.phase === 'failed' ? 'failed' : lab.source(alias);
