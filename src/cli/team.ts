import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LabError, type PlainError } from '../core/errors';
import type { TensorDigest } from '../core/merge/fingerprint';
import type { MergePlan } from '../core/merge/types';
import type { Order } from './models';
import { mergeShare, stop, type Turn } from './share';

export interface WorkerOrder {
  readonly order: Order;
  readonly path: string;
  readonly turn: Turn;
}

/** Below this many bytes of inputs, what a thread takes to start is more than it can save. */
export const WORTH_A_THREAD = 64 * 2 ** 20;

type Reply = { digests: TensorDigest[] } | { error: PlainError };

/** The worker as one script: 25 ms, where tsx in a thread of its own takes ten times as long. */
export async function bundleWorker(): Promise<string> {
  // Small merges, which have no use for it, do not wait for its loading.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'merge-worker.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/**
 * Merges all tensors of a plan into a file, in this thread and `script` in others, which join in when they have started.
 * @returns all digests, in any order
 */
export async function mergeTogether(
  plan: MergePlan,
  order: Order,
  path: string,
  threads: number,
  script: Promise<string> | null,
): Promise<TensorDigest[]> {
  const turn: Turn = new Int32Array(new SharedArrayBuffer(4));
  const code = await script;
  const workers = code === null ? [] : Array.from({ length: threads - 1 }, () => start(code, { order, path, turn }));
  try {
    const own = await mergeShare(plan, path, turn, order.allowNonFinite);
    return [own, ...(await Promise.all(workers.map(({ digests }) => digests)))].flat();
  } catch (error) {
    stop(turn);
    throw error;
  } finally {
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
  }
}

function start(script: string, workerData: WorkerOrder): { worker: Worker; digests: Promise<TensorDigest[]> } {
  const worker = new Worker(script, { eval: true, workerData, execArgv: [] });
  const digests = new Promise<TensorDigest[]>((resolve, reject) => {
    worker.on('message', (reply: Reply) => {
      if ('digests' in reply) return resolve(reply.digests);
      const { code, message, params } = reply.error;
      reject(new LabError(code, message, params));
    });
    worker.on('error', reject);
  });
  // This thread may fail first, and then nobody listens.
  digests.catch(() => undefined);
  return { worker, digests };
}
