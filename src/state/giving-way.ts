import type { LabRuntime } from '../runtime/types';
import type { Lab } from './lab.svelte';

/** Quiet time after what ended the work, before it goes on: a slider may move again. */
const REST_MS = 700;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Does long work that gives way, once what runs has ended: whatever else is to run ends it, and it goes on when that is done.
 * @param work called again after each interruption; how far it was is its own to remember
 * @param stop ends it for good
 * @returns whether it was completed; false: it was stopped, or failed, and a card says so
 */
export async function givingWay(
  lab: Lab,
  work: (runtime: LabRuntime, signal: AbortSignal) => Promise<void>,
  stop: AbortSignal,
): Promise<boolean> {
  for (let first = true; !stop.aborted; first = false) {
    await lab.runner.settled();
    if (!first) await pause(REST_MS);
    if (stop.aborted || lab.runner.busy) continue;
    const job = lab.runner.job(
      'run',
      false,
      async (runtime, signal) => {
        stop.addEventListener('abort', () => signal.aborted || lab.cancel());
        await work(runtime, signal);
        return true;
      },
      true,
    );
    const { started } = lab.runner;
    if (await job) return true;
    // Ended by another job, it goes on after that one; ended otherwise, it was stopped, or failed.
    if (lab.runner.started === started) break;
  }
  return false;
}
