import type { Goal } from '../../core/search/goals';
import { asked, done } from '../outputs/question';
import { showNumberAs } from '../primitives/text';

/** What a searched number is called: `weight · rude − base`, `density`, `density · chat`. */
export function nameOf(id: string): string {
  const [parameter = '', of] = id.split('/');
  return of === undefined ? parameter : `${parameter} · ${of.replace('-', ' − ')}`;
}

/** What a goal counts, and of which questions. */
export const goalName = (goal: Goal): string => `${done(goal)} · ${asked(goal)}`;

/** A searched number, to the digits it has. */
export const showValue = (value: number): string => showNumberAs(value, { maximumFractionDigits: 12 });
