import { releaseProxy, wrap, type Remote } from 'comlink';
import { LabError, type PlainError } from '../core/errors';
import type { WorkerEvent } from '../engine/api';

/** How long a cancelled call may go on before its worker is ended. */
const GRACE_MS = 2000;

interface Pending {
  reject(error: LabError): void;
  onEvent: ((event: WorkerEvent) => void) | undefined;
}

/** What every worker's API has. */
interface WorkerApi {
  cancel(call: number): void;
}

const aborted = (): LabError => new LabError('aborted', 'Cancelled.');

const isPlainError = (value: unknown): value is PlainError =>
  typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'params' in value;

/** @returns what a worker threw as a LabError again. */
export function revive(error: unknown): LabError {
  if (error instanceof LabError) return error;
  if (isPlainError(error)) return new LabError(error.code, error.message, error.params);
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new LabError('internal', detail, { detail });
}

/**
 * One worker behind Comlink. Every call takes an AbortSignal first: aborting rejects at once, asks the worker to stop, and
 * ends the worker where it does not within the grace time. A worker that dies rejects all that waited, and the next call
 * starts a new one.
 */
export class Bridge<Api extends WorkerApi> {
  private worker: Worker | null = null;
  /** Held on a field: Comlink's calls hang when their proxy is collected. */
  private api: Remote<Api> | null = null;
  private readonly pending = new Map<number, Pending>();
  private nextCall = 1;

  constructor(
    private readonly create: () => Worker,
    private readonly prepare: (api: Remote<Api>) => unknown = () => undefined,
  ) {}

  private start(): Remote<Api> {
    if (this.api) return this.api;
    const worker = this.create();
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.terminate(
        new LabError(
          'worker/crashed',
          `A worker of the page stopped (${event.message || 'it could not be loaded'}). Run again; reload the page if it happens twice.`,
          { detail: event.message || '' },
        ),
      );
    });
    // Comlink's answers come over the same channel and carry an id instead of a call number.
    worker.addEventListener('message', ({ data }: MessageEvent<Partial<WorkerEvent>>) => {
      if (data.call !== undefined) this.pending.get(data.call)?.onEvent?.(data as WorkerEvent);
    });
    this.worker = worker;
    this.api = wrap<Api>(worker);
    void this.prepare(this.api);
    return this.api;
  }

  /**
   * @param work gets the worker's API and the number of this call, under which events arrive and a cancel goes out.
   * @throws LabError what the worker threw; `aborted`; `worker/crashed`.
   */
  async call<T>(
    signal: AbortSignal,
    work: (api: Remote<Api>, call: number) => Promise<T>,
    onEvent?: (event: WorkerEvent) => void,
  ): Promise<T> {
    if (signal.aborted) throw aborted();
    const api = this.start();
    const { worker } = this;
    const call = this.nextCall++;
    return new Promise<T>((resolve, reject) => {
      let ended = false;
      const end = (): void => {
        ended = true;
        this.pending.delete(call);
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: LabError): void => {
        end();
        reject(error);
      };
      const onAbort = (): void => {
        // Not awaited: the answer to a cancel is that the call itself ends.
        void (api.cancel as unknown as (call: number) => Promise<void>)(call);
        this.pending.set(call, { reject: fail, onEvent: undefined });
        setTimeout(() => {
          if (!ended && this.worker === worker) this.terminate(aborted());
        }, GRACE_MS);
        reject(aborted());
      };
      this.pending.set(call, { reject: fail, onEvent });
      signal.addEventListener('abort', onAbort, { once: true });
      work(api, call).then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => fail(revive(error)),
      );
    });
  }

  /** Ends the worker and gives its memory back; everything pending rejects with `reason`. */
  terminate(reason: LabError = aborted()): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    this.api?.[releaseProxy]();
    this.worker?.terminate();
    this.api = this.worker = null;
    for (const { reject } of waiting) reject(reason);
  }
}
