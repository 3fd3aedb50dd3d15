import type { Page } from 'playwright';
import type { Harness } from '../app/harness';

/** Goal of `map/1M`, in seconds, on two cores. */
const GOAL = 15;

/** The row `map/1M`: a whole map of 11 x 11 points, 24 questions each. */
export async function mapRow(page: Page) {
  const { map, remerged, points, questions } = await page.evaluate(
    (rounds) => (globalThis as unknown as { harness: Harness }).harness.map(rounds),
    3,
  );
  const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]! / 1000;
  const [ours, peer] = [middle(map), middle(remerged)];
  return {
    name: 'map/1M',
    ours: Number(ours.toPrecision(3)),
    peer: Number(peer.toPrecision(3)),
    ratio: Number((peer / ours).toPrecision(3)),
    unit: 's',
    n: map.length,
    note: `${points} points x ${questions} questions, first-token metric, sums in the graph, one batch a point (goal ${GOAL} s); peer: the same batch on a model merged and loaded anew at each point; medians, in turn`,
  };
}
