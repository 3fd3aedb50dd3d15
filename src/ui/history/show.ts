import { withoutSwears } from '../../core/probe/cover';
import { history, tour } from '../../state/bench';
import { reveal } from '../../state/reveal.svelte';
import type { Run } from '../../state/runs.svelte';
import { runKey, type Change } from '../../state/snapshot';
import { MERGED } from '../../state/keys';
import { t } from '../primitives/text';

const TONES = 6;
const SHOWN = 60;

/** Runs with the same answer to the same question have the same letter and hue, in order of first appearance. */
export function lettersOf(runs: readonly Run[]): ReadonlyMap<number, { letter: string; tone: string }> {
  const known = new Map<string, number>();
  return new Map(
    runs.map(({ id, prompt, answer }) => {
      const what = JSON.stringify([prompt, answer]);
      const index = known.get(what) ?? known.size;
      known.set(what, index);
      return [id, { letter: letterOf(index), tone: `tone-${index % TONES}` }];
    }),
  );
}

/** A … Z, AA, AB, …, as spreadsheets count. */
const letterOf = (index: number): string =>
  (index < 26 ? '' : letterOf(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));

/** What a run answered, in one line: covered where a guess or good manners ask for it. */
export function showAnswer(run: Run): string {
  // While a guess is asked for, an earlier run may hold what comes next.
  if (tour.asking || (tour.veils(MERGED) && run.key === runKey(history.here.bench))) return t('history.covered');
  const line = run.answer.replace(/\s+/g, ' ').trim();
  if (line === '') return t('history.nothing');
  const clean = reveal.shown ? line : withoutSwears(line, '✱✱✱');
  const points = [...clean];
  return points.length > SHOWN ? `${points.slice(0, SHOWN).join('')}…` : clean;
}

export const showChange = ({ kind, alias = '' }: Change): string => t(`history.change.${kind}`, { alias });
