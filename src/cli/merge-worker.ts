import { parentPort, workerData } from 'node:worker_threads';
import { toPlainError } from '../core/errors';
import { openModels, planOf } from './models';
import { mergeShare, stop } from './share';
import type { WorkerOrder } from './team';

/** One more thread of `npm run merge`: plans for itself, then takes its turns. */
async function work({ order, path, turn }: WorkerOrder): Promise<void> {
  try {
    const plan = planOf(order, await openModels(order));
    parentPort!.postMessage({ digests: await mergeShare(plan, path, turn, order.allowNonFinite) });
  } catch (error) {
    stop(turn);
    parentPort!.postMessage({ error: toPlainError(error) });
  }
}

void work(workerData as WorkerOrder);
