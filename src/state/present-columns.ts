import type { StepScript } from '../core/lesson/script';
import type { Step } from '../core/lesson/types';
import { MERGED } from './keys';

/** Fewer beside each other say nothing: nobody sees a difference in one answer. */
const FEWEST = 2;
const COLUMN = /^column-(\w+)$/;
/** Formulas are no talk of an answer: code, and live words that write one. */
const FORMULA = /`[^`]*`|\[[^\]]*\]\((?:[^()]|\([^()]*\))*\)/g;

/** Whether a text speaks of a model. `base` is an ordinary word too, so only **base** is the model. */
function speaksOf(text: string, alias: string): boolean {
  if (text.includes(`**${alias}**`)) return true;
  return alias !== 'base' && new RegExp(`(?<![\\w-])${alias}(?![\\w-])`).test(text.replaceAll(FORMULA, ''));
}

/**
 * The columns that a step speaks of: those it highlights, those it claims something of, those its words name, and merged.
 * Others would only push them off the screen. All of them where that is one.
 * @param all the bench's columns, in its order
 */
export function columnsOf(
  step: Pick<Step, 'highlight' | 'check'> | null,
  words: StepScript | null,
  all: readonly string[],
): readonly string[] {
  if (!step || !words) return all;
  const named = [
    MERGED,
    ...(step.highlight ?? []).flatMap((id) => COLUMN.exec(id)?.[1] ?? []),
    ...step.check.map(({ column }) => column),
  ];
  const text = [words.say[0], words.question, words.move, words.explain[0]].join('\n');
  const shown = all.filter((alias) => named.includes(alias) || speaksOf(text, alias));
  return shown.length < FEWEST ? all : shown;
}
