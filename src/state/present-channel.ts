import type { PresentAct } from './present-keys';

/** What a press of the clicker does: uncovers what the step waits for, opens the next step or the next lesson. */
export type Turn = 'uncover' | 'step' | 'lesson';

/** What the notes window shows of the presenting one. Plain data. */
export interface Shown {
  lesson: { id: string; title: string; at: number; count: number } | null;
  step: {
    title: string;
    say: readonly string[];
    question: string;
    options: readonly { id: string; text: string; right: boolean }[];
    /** The option that was chosen. */
    guess: string | null;
    move: string;
    /** Whether there is something that "do it" would do. */
    canDo: boolean;
    explain: readonly string[];
    notes: readonly string[];
    seen: boolean;
  } | null;
  next: { title: string; question: string; notes: readonly string[] } | null;
  /** What `next` would do; null: nothing. */
  turn: Turn | null;
  /** The lesson after this one. */
  following: string | null;
  /** Whether an answer holds swear words, and whether they can be read. */
  rude: boolean;
  revealed: boolean;
  running: boolean;
  /** Whether a recorded answer stands in for a late one. */
  late: boolean;
  blank: boolean;
  frozen: boolean;
  laser: boolean;
  spotlight: boolean;
}

/** What the notes window may ask for. */
export type Command = { act: PresentAct } | { answer: string };

/** All that is said between the windows of one lab. `from` is a page load, `opened` its time, so that the last one wins. */
export type Message =
  | { type: 'hello' }
  | { type: 'shown'; from: string; opened: number; shown: Shown }
  | { type: 'bye'; from: string }
  | { type: 'do'; to: string; command: Command };

const FORMAT = 1;

/** The channel of one lab: another copy of it on the same host is not meant. @param href the page's address */
export const channelName = (href: string): string => `merge-lab ${FORMAT} ${new URL('.', href).pathname}`;

/** @returns null for anything else that was posted on the channel. */
export function readMessage(data: unknown): Message | null {
  if (typeof data !== 'object' || data === null || !('type' in data)) return null;
  const message = data as Record<string, unknown>;
  const isText = (key: string): boolean => typeof message[key] === 'string';
  const isObject = (key: string): boolean => typeof message[key] === 'object' && message[key] !== null;
  switch (message.type) {
    case 'hello':
      return { type: 'hello' };
    case 'shown':
      return isText('from') && typeof message.opened === 'number' && isObject('shown') ? (data as Message) : null;
    case 'bye':
      return isText('from') ? (data as Message) : null;
    case 'do':
      return isText('to') && isObject('command') ? (data as Message) : null;
    default:
      return null;
  }
}

/** Time without an answer after which a window counts as gone; it is asked every second. */
export const LOST_AFTER_MS = 3500;
export const ASK_EVERY_MS = 1000;

export type LinkState = 'waiting' | 'connected' | 'lost';

interface Peer {
  opened: number;
  heard: number;
  shown: Shown;
}

/** The notes window's knowledge of the presenting ones: the one that was opened last is followed. */
export class Follower {
  #peers = new Map<string, Peer>();
  /** What was last shown stays on the screen when the window is gone. */
  #last: Shown | null = null;

  receive(message: Message, now: number): void {
    if (message.type === 'bye') this.#peers.delete(message.from);
    if (message.type !== 'shown') return;
    const { from, opened, shown } = message;
    this.#peers.set(from, { opened, heard: now, shown });
    this.#last = this.#followed?.[1].shown ?? null;
  }

  /** Forgets windows that have not answered for too long. */
  tick(now: number): void {
    for (const [from, { heard }] of this.#peers) if (now - heard > LOST_AFTER_MS) this.#peers.delete(from);
    this.#last = this.#followed?.[1].shown ?? this.#last;
  }

  get #followed(): [string, Peer] | undefined {
    return [...this.#peers].sort(([, a], [, b]) => b.opened - a.opened)[0];
  }

  get state(): LinkState {
    if (this.#peers.size > 0) return 'connected';
    return this.#last === null ? 'waiting' : 'lost';
  }

  /** Whom commands are for. */
  get to(): string | null {
    return this.#followed?.[0] ?? null;
  }

  get shown(): Shown | null {
    return this.#followed?.[1].shown ?? this.#last;
  }

  /** How many windows are presenting. */
  get count(): number {
    return this.#peers.size;
  }
}
