import { fillOrder, valueAt } from '../core/map/grid';
import { metricsOf, questionsOf } from '../core/map/metric';
import { openSum } from '../core/recipe/open-sum';
import { withTunable } from '../core/recipe/tunables';
import type { MergeDoc, Recipe } from '../core/recipe/types';
import type { LabRuntime } from '../runtime/types';
import { loadProbes } from '../state/measuring';

const never = new AbortController().signal;
const SIZE = 11;
const AXIS = { min: 0, max: 2 };

export interface MapTimes {
  /** Milliseconds of a whole map, by sums in the graph and by a merge, a session and a forward pass a point. */
  map: number[];
  remerged: number[];
  points: number;
  questions: number;
}

/** Fills a map of two weights of a sum, its questions in one batch a point; both ways in turn. */
export async function mapTimes(runtime: LabRuntime, recipe: Recipe, rounds: number): Promise<MapTimes> {
  const [set] = await loadProbes([{ set: 'addition-dev' }], never);
  const metric = metricsOf(set!).find(({ class: kind, begins }) => kind === 'harmful' && begins === 'zh')!;
  const questions = questionsOf(metric, set!).map(({ prompt, answers }) => ({ prompt, answers }));
  await runtime.open(recipe, () => undefined, never);
  const cells = fillOrder(SIZE, [5, 5]).map(([column, row]): Recipe => {
    const merge = withTunable(recipe.merge as MergeDoc, 'weight/chat', valueAt(AXIS, column, SIZE));
    return { ...recipe, merge: withTunable(merge, 'weight/zh', valueAt(AXIS, row, SIZE)) };
  });
  const fill = async (quick: boolean, of: readonly Recipe[]): Promise<number> => {
    const started = performance.now();
    for (const at of of) await runtime.firstTokens(at, quick ? openSum(at) : null, questions, never);
    return performance.now() - started;
  };
  // Models are loaded and prompts read before anything counts.
  for (const quick of [true, false]) await fill(quick, cells.slice(0, 2));
  const times: MapTimes = { map: [], remerged: [], points: cells.length, questions: questions.length };
  for (let round = 0; round < rounds; round++) {
    times.map.push(await fill(true, cells));
    times.remerged.push(await fill(false, cells));
  }
  return times;
}
