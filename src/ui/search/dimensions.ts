import type { Evaluation, SearchSettings } from '../../core/search/search';
import { goalName, nameOf } from './show';
import { say } from './words';

/** Something that a chart can have along an axis: a number that was searched, or what a goal counts. */
export interface Dimension {
  readonly id: string;
  readonly name: string;
  /** Index of the goal; null for a number. */
  readonly goal: number | null;
  readonly range: readonly [min: number, max: number];
  value(evaluation: Evaluation): number;
}

/** @returns the searched numbers, then the goals */
export const dimensionsOf = ({ axes, goals }: SearchSettings): Dimension[] => [
  ...axes.map(({ id, min, max }, i): Dimension => ({
    id,
    name: nameOf(id),
    goal: null,
    range: [min, max],
    value: ({ values }) => values[i]!,
  })),
  ...goals.map((goal, i): Dimension => ({
    id: `goal-${i}`,
    name: say('goal.want', { goal: goalName(goal), want: say(goal.want) }),
    goal: i,
    range: [0, 1],
    value: ({ rates }) => rates[i]!.k / rates[i]!.n,
  })),
];
