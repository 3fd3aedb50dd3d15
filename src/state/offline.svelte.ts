import { LabError, toPlainError, type PlainError } from '../core/errors';
import type { LessonKept, LessonNeeds } from '../core/offline/needs';
import type { OfflineStore } from '../runtime/offline';

/** The browser's own offer to install the page (Chromium only). */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** Rest after the first result, and between looks at whether the page is busy. */
const QUIET_MS = 3000;
const TAKING_OVER = 'taking-over';
const UPDATE_EVERY_MS = 60 * 60 * 1000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const loaded = (): Promise<unknown> =>
  document.readyState === 'complete'
    ? Promise.resolve()
    : new Promise((resolve) => addEventListener('load', resolve, { once: true }));

/** Who pays by the byte, or reads us inside another page, is asked first. */
function mayFetchUnasked(): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  return connection?.saveData !== true && window.top === window;
}

/** What works on this device without a connection. */
class Offline {
  /** `off`: could be kept and is not; `preparing`: its files are on their way. */
  state = $state<'unsupported' | 'off' | 'preparing' | 'ready'>('off');
  /** Bytes of the page itself, once kept. */
  bytes = $state(0);
  lessons = $state.raw<Readonly<Record<string, LessonKept>>>({});
  /** Another version than this page's is here. */
  update = $state(false);
  online = $state(true);
  /** Of everything that this site keeps in the browser; null where the browser does not tell. */
  storage = $state.raw<{ used: number; room: number } | null>(null);
  /** Whether the browser has promised not to clear it by itself. */
  persisted = $state(false);
  installable = $state.raw<InstallPrompt | null>(null);
  /** The lessons that are being fetched, and how far. */
  progress = $state.raw<{ ids: readonly string[]; done: number; total: number } | null>(null);
  problem = $state.raw<PlainError | null>(null);
  /** Whether it is known what this browser can do. */
  started = $state(false);

  #needs: () => Promise<readonly LessonNeeds[]> = () => Promise.resolve([]);
  #store: OfflineStore | null = null;
  #started: Promise<void> | null = null;
  /** Lessons that were run or removed on this page: what was removed does not come back by itself. */
  #settled = new Set<string>();

  /**
   * Keeps the page once it has shown its first result and rests; at once where an earlier visit has kept it.
   * @param needs what the lessons need; fetched late
   * @param busy whether a run is under way, which must not be slowed down
   */
  async start(needs: () => Promise<readonly LessonNeeds[]>, busy: () => boolean): Promise<void> {
    this.#needs = needs;
    this.online = navigator.onLine;
    addEventListener('online', () => (this.online = true));
    addEventListener('offline', () => (this.online = false));
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.installable = event as InstallPrompt;
    });
    addEventListener('appinstalled', () => (this.installable = null));
    await loaded();
    const { canKeep, OfflineStore } = await import('../runtime/offline');
    this.started = true;
    if (!canKeep()) {
      this.state = 'unsupported';
      return;
    }
    const known = await OfflineStore.isRegistered().catch(() => false);
    if (!known) {
      if (!mayFetchUnasked()) return;
      do await sleep(QUIET_MS);
      while (busy());
    }
    await this.keep();
  }

  /** Keeps the page now. A refusal stays in `problem`. */
  keep(): Promise<void> {
    this.#started ??= this.#keep();
    return this.#started;
  }

  async #keep(): Promise<void> {
    this.state = 'preparing';
    this.problem = null;
    const { OfflineStore } = await import('../runtime/offline');
    const store = new OfflineStore({
      onReady: ({ files }) => (this.bytes = files.reduce((sum, file) => sum + (file.shell ? file.bytes : 0), 0)),
      onUpdate: () => {
        this.update = true;
        void this.#useChosen();
      },
    });
    // At once: a new version may be told of, and chosen, before the page is found whole.
    this.#store = store;
    try {
      await store.start();
      await store.plan(await this.#needs());
      await this.look();
      this.state = 'ready';
    } catch (error) {
      this.problem = toPlainError(error);
      this.state = 'off';
      this.#store = null;
      this.#started = null;
      return;
    }
    let asked = Date.now();
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || Date.now() - asked < UPDATE_EVERY_MS) return;
      asked = Date.now();
      void store.look(true);
    });
  }

  /** Looks again at what is on this device. */
  async look(): Promise<void> {
    if (this.#store) this.lessons = await this.#store.lessons();
    const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
    this.storage = quota === undefined || usage === undefined ? null : { used: usage, room: quota };
    this.persisted = (await navigator.storage?.persisted?.()) ?? false;
  }

  /** Asks the server whether there is another version. */
  async checkForUpdate(): Promise<void> {
    await this.#store?.look(true);
  }

  /**
   * Puts lessons on this device: the page too, where it is not yet.
   * @throws LabError `offline/not-kept`, `offline/incomplete`, `offline/no-room`, `aborted`
   */
  async prepare(ids: readonly string[], signal: AbortSignal): Promise<void> {
    await this.keep();
    if (!this.#store) {
      const { code, message, params } =
        this.problem ??
        toPlainError(
          new LabError('offline/not-kept', 'This browser keeps no pages here. Use another window or address.', {
            detail: '',
          }),
        );
      throw new LabError(code, message, params);
    }
    this.problem = null;
    const show = (done: number, total: number): void => void (this.progress = { ids, done, total });
    try {
      await this.#store.prepare(ids, show, signal);
    } catch (error) {
      const problem = toPlainError(error);
      if (problem.code !== 'aborted') this.problem = problem;
      throw error;
    } finally {
      this.progress = null;
      await this.look();
    }
  }

  /** A lesson has run on this page: what it needed stays, and the little that it did not ask for yet comes too. */
  async used(id: string): Promise<void> {
    if (this.state !== 'ready' || this.#settled.has(id) || !(id in this.lessons)) return;
    this.#settled.add(id);
    if (!mayFetchUnasked()) return this.look();
    await this.prepare([id], new AbortController().signal).catch(() => undefined);
  }

  /** Takes a lesson off this device; what another kept lesson needs stays. */
  async forget(id: string): Promise<void> {
    this.#settled.add(id);
    await this.#store?.forget(id);
    await this.look();
  }

  /** Goes over to the new version, at a person's word: the page is loaded anew, at the same address. */
  async useUpdate(): Promise<void> {
    if ((await this.#store?.takeOver()) === false) sessionStorage.setItem(TAKING_OVER, '1');
    location.reload();
  }

  /** A version that was chosen and held back is asked for once more, now that the page that held it is gone. */
  async #useChosen(): Promise<void> {
    if (sessionStorage.getItem(TAKING_OVER) === null) return;
    sessionStorage.removeItem(TAKING_OVER);
    if (this.update && (await this.#store?.takeOver())) location.reload();
  }

  /** Asks the browser not to clear what is kept when space is short. */
  async persist(): Promise<void> {
    this.persisted = (await navigator.storage?.persist?.()) ?? false;
  }

  async install(): Promise<void> {
    await this.installable?.prompt();
    this.installable = null;
  }
}

export const offline = new Offline();
