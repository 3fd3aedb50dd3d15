import { LabError } from '../core/errors';
import {
  filesFor,
  forgettable,
  keptOf,
  type LessonKept,
  type LessonNeeds,
  type NeededFile,
} from '../core/offline/needs';
import { ZOO_CACHE, type Build } from '../core/offline/routes';

type ZooIndex = Parameters<typeof filesFor>[1];

/** The build of this page, which its build wrote into it; null under the development server. */
const ownBuild = (): string | null => document.querySelector<HTMLMetaElement>('meta[name="build"]')?.content || null;

/** Whether this browser, at this address, can keep a page: not in some private windows, nor over plain http. */
export const canKeep = (): boolean => ownBuild() !== null && 'serviceWorker' in navigator && 'caches' in globalThis;

function askBuild(worker: ServiceWorker): Promise<Build | null> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Build>) => resolve(data);
    // A worker that cannot be started answers nothing.
    setTimeout(() => resolve(null), 10_000);
    worker.postMessage('which build?', [port2]);
  });
}

const TAKE_OVER_MS = 4000;

const once = (target: EventTarget, type: string): Promise<unknown> =>
  new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

/** @returns whether the worker got so far; a failed install ends as `redundant`. */
async function reaches(worker: ServiceWorker, state: 'installed' | 'activated'): Promise<boolean> {
  const order: readonly ServiceWorkerState[] = ['installing', 'installed', 'activating', 'activated'];
  while (worker.state !== 'redundant') {
    if (order.indexOf(worker.state) >= order.indexOf(state)) return true;
    await once(worker, 'statechange');
  }
  return false;
}

export interface OfflineEvents {
  /** The page is kept: all its files are on this device. */
  onReady(build: Build): void;
  /** Another build than this page's waits, or has taken over at the word of another page. */
  onUpdate(): void;
}

/** What this device keeps: the page by its service worker, the files of lessons in the zoo's cache. */
export class OfflineStore {
  private registration: ServiceWorkerRegistration | null = null;
  private build: Build | null = null;
  private files = new Map<string, readonly NeededFile[]>();

  constructor(private readonly events: OfflineEvents) {}

  /** Whether an earlier visit has already left a service worker here. */
  static async isRegistered(): Promise<boolean> {
    return (await navigator.serviceWorker.getRegistration(document.baseURI)) !== undefined;
  }

  /**
   * Keeps the page, or finds it kept.
   * @throws LabError `offline/not-kept` where the browser refuses or a file did not arrive
   */
  async start(): Promise<void> {
    const refuse = (detail: string): LabError =>
      new LabError(
        'offline/not-kept',
        `The page could not be kept on this device (${detail}). It works as long as there is a connection; try again later, or outside a private window.`,
        { detail },
      );
    const own = ownBuild();
    navigator.serviceWorker.addEventListener('message', ({ data, ports }) => {
      if (data === 'which build?') ports[0]?.postMessage(own);
    });
    navigator.serviceWorker.startMessages();
    try {
      this.registration = await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    } catch (error) {
      throw refuse(error instanceof Error ? error.message : String(error));
    }
    const { registration } = this;
    registration.addEventListener('updatefound', () => void this.look());
    navigator.serviceWorker.addEventListener('controllerchange', () => void this.look());
    const first = registration.active ?? registration.waiting ?? registration.installing;
    if (!first || !(await reaches(first, 'activated'))) throw refuse('a file of it did not arrive');
    this.build = await askBuild(first);
    if (!this.build) throw refuse('its service worker does not answer');
    this.events.onReady(this.build);
    void this.look();
    first.postMessage('tidy');
  }

  /** Looks for another build: on the server, where `ask`, and among the workers that are here. */
  async look(ask = false): Promise<void> {
    const { registration } = this;
    if (!registration) return;
    // Without a connection there is nothing to be found, which is no error.
    if (ask) await registration.update().catch(() => undefined);
    const next = registration.installing ?? registration.waiting;
    if (next && registration.active && (await reaches(next, 'installed'))) await this.compare(next);
    if (registration.active) await this.compare(registration.active);
  }

  private async compare(worker: ServiceWorker): Promise<void> {
    // A worker older than the page has nothing new: the page came past it, from the server.
    const older = worker === this.registration?.active && this.registration.waiting !== null;
    const build = await askBuild(worker);
    if (build && build.id !== ownBuild() && !older) this.events.onUpdate();
  }

  /**
   * Lets the waiting build take over. Chromium holds it back for minutes while it believes the worker of now at work, if
   * only for the page that asks.
   * @returns whether a reload gets it
   */
  async takeOver(): Promise<boolean> {
    const waiting = this.registration?.waiting;
    if (!waiting) return true;
    waiting.postMessage('take over');
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), TAKE_OVER_MS));
    return Promise.race([reaches(waiting, 'activated'), late]);
  }

  /** Reads which files lessons need, from the kept page's own index of the zoo. */
  async plan(lessons: readonly LessonNeeds[]): Promise<void> {
    const { build } = this;
    if (!build) return;
    const zoo = (await (await fetch(new URL('zoo/index.json', document.baseURI))).json()) as ZooIndex;
    this.files = new Map(lessons.map((lesson) => [lesson.id, filesFor(lesson, zoo, build)]));
  }

  private async kept(): Promise<Set<string>> {
    const scope = new URL('./', document.baseURI).href;
    const requests = await (await caches.open(ZOO_CACHE)).keys();
    return new Set(requests.map(({ url }) => url.slice(scope.length)));
  }

  /** What is on this device, by lesson. */
  async lessons(): Promise<Record<string, LessonKept>> {
    const kept = await this.kept();
    return Object.fromEntries(
      [...this.files].map(([id, files]) => {
        const going = new Set(forgettable(id, this.files, kept));
        const frees = files.reduce((sum, { address, bytes }) => sum + (going.has(address) ? bytes : 0), 0);
        return [id, { ...keptOf(files, kept), frees }];
      }),
    );
  }

  /**
   * Fetches what is missing of some lessons, each file once and checked.
   * @param onBytes called with bytes here, those of files that were here already included, and bytes in all
   * @throws LabError `offline/incomplete`, `offline/no-room`, `aborted`
   */
  async prepare(
    ids: readonly string[],
    onBytes: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = new Map(ids.flatMap((id) => this.files.get(id) ?? []).map((file) => [file.address, file]));
    const kept = await this.kept();
    const total = [...wanted.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    const add = (bytes: number): void => onBytes((done += bytes), total);
    add(0);
    for (const file of wanted.values()) {
      if (signal.aborted) throw new LabError('aborted', 'Cancelled.');
      if (kept.has(file.address)) add(file.bytes);
      else await fetchAndKeep(file, add, signal);
    }
  }

  /** Removes what only this lesson needs of those that are wholly here. */
  async forget(id: string): Promise<void> {
    const cache = await caches.open(ZOO_CACHE);
    for (const address of forgettable(id, this.files, await this.kept()))
      await cache.delete(new URL(address, document.baseURI).href);
  }
}

const hex = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('');

async function fetchAndKeep(file: NeededFile, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const url = new URL(file.address, document.baseURI).href;
  const fail = (): LabError =>
    new LabError(
      'offline/incomplete',
      `${file.address} did not arrive whole. What arrived before is kept; check the connection and go on.`,
      { file: file.address },
    );
  const bytes = new Uint8Array(file.bytes);
  let at = 0;
  let type: string | null;
  try {
    // The address names the content: whatever the browser still has of it is right.
    const response = await fetch(url, { signal, cache: 'force-cache' });
    type = response.headers.get('Content-Type');
    const reader = response.ok ? response.body?.getReader() : undefined;
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      bytes.set(read.value, at);
      at += read.value.byteLength;
      onBytes(read.value.byteLength);
    }
  } catch {
    if (signal.aborted) throw new LabError('aborted', 'Cancelled.');
    throw fail();
  }
  if (at !== file.bytes || (await hex(bytes)) !== file.sha256) throw fail();
  try {
    const headers = { 'Content-Type': type ?? 'application/octet-stream', 'Content-Length': String(at) };
    await (await caches.open(ZOO_CACHE)).put(url, new Response(bytes, { headers }));
  } catch {
    throw new LabError(
      'offline/no-room',
      `There is no room on this device for ${file.address}. Remove another lesson or free some space, then go on.`,
      { file: file.address },
    );
  }
}
