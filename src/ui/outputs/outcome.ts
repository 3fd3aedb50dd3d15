import type { Counted } from '../../state/rates.svelte';
import { showCount, t } from '../primitives/text';

/** What came of counting, in one sentence; '' before. */
export function showOutcome(outcome: Counted | null): string {
  if (!outcome) return '';
  if (outcome.stopped) return t('rates.stopped');
  const { figures, same } = outcome;
  const answers = showCount(outcome.answers);
  if (figures === 0) return t('rates.counted', { answers });
  if (same === figures) return t('rates.counted.same', { answers });
  return t('rates.counted.differs', { answers, figures: showCount(figures), different: showCount(figures - same) });
}
