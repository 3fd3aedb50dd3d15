import {
  ASK_EVERY_MS,
  channelName,
  Follower,
  readMessage,
  type Command,
  type LinkState,
  type Shown,
} from './present-channel';
import { recall, remember } from './choices';
import { elapsed, paused, readLaps, reset, started, STOPPED, turnedTo, type Laps } from './stopwatch';

const KEY = 'lesson-times';
/** The lap of a bench without a lesson. */
const FREE = 'bench';

/** The notes window: what it hears of the presenting one, what it asks of it, and the time. */
class Notes {
  state = $state<LinkState>('waiting');
  shown = $state.raw<Shown | null>(null);
  /** How many windows are presenting. */
  count = $state(0);
  now = $state(Date.now());
  #laps = $state.raw<Laps>(readLaps(recall(KEY)));
  readonly #follower = new Follower();
  #channel: BroadcastChannel | null = null;

  /** Whom the time is counted for. */
  get lesson(): string {
    return this.shown?.lesson?.id ?? FREE;
  }

  get lapMs(): number {
    return elapsed(this.#laps[this.lesson] ?? STOPPED, this.now);
  }

  get totalMs(): number {
    return Object.values(this.#laps).reduce((sum, lap) => sum + elapsed(lap, this.now), 0);
  }

  get ticking(): boolean {
    return (this.#laps[this.lesson]?.since ?? null) !== null;
  }

  /** Looks for the presenting window. @returns what ends it */
  connect(): () => void {
    const channel = new BroadcastChannel(channelName(location.href));
    this.#channel = channel;
    const ask = (): void => {
      this.now = Date.now();
      this.#follower.tick(this.now);
      this.#read();
      channel.postMessage({ type: 'hello' });
    };
    channel.onmessage = ({ data }) => {
      const message = readMessage(data);
      if (!message) return;
      this.#follower.receive(message, Date.now());
      this.#read();
    };
    ask();
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => {
      clearInterval(timer);
      channel.close();
      this.#channel = null;
    };
  }

  #read(): void {
    this.state = this.#follower.state;
    this.count = this.#follower.count;
    this.shown = this.#follower.shown;
    this.#keep(turnedTo(this.#laps, this.lesson, Date.now()));
  }

  send(command: Command): void {
    const { to } = this.#follower;
    if (to !== null) this.#channel?.postMessage({ type: 'do', to, command });
  }

  #keep(laps: Laps): void {
    if (laps === this.#laps) return;
    this.#laps = laps;
    remember(KEY, JSON.stringify(laps));
  }

  startOrPause(): void {
    this.now = Date.now();
    const lap = this.#laps[this.lesson] ?? STOPPED;
    this.#keep({ ...this.#laps, [this.lesson]: this.ticking ? paused(lap, this.now) : started(lap, this.now) });
  }

  /** The lesson's time from zero; the other lessons keep theirs. */
  reset(): void {
    this.now = Date.now();
    this.#keep({ ...this.#laps, [this.lesson]: reset(this.#laps[this.lesson] ?? STOPPED, this.now) });
  }
}

export const notes = new Notes();
