import { untrack } from 'svelte';
import { coverSwears } from '../core/probe/cover';
import { lab, tour } from './bench';
import { MERGED } from './keys';
import { preflight } from './preflight.svelte';
import { channelName, readMessage, type Command, type Message, type Shown, type Turn } from './present-channel';
import type { PresentAct } from './present-keys';
import { present } from './present.svelte';
import { reveal } from './reveal.svelte';
import { results } from './results.svelte';

/** The ready lessons in teaching order, and how one is opened. */
interface LessonShelf {
  readonly lessons: readonly string[];
  openLesson(id: string): void;
}

/** The present view under way: what its keys do, what stands in for a late answer, and what the notes window hears. */
class Presenting {
  /** The merged answer is late: what was recorded stands in for it, or there is nothing recorded of this bench. */
  late = $state<'recorded' | 'nothing' | null>(null);
  /** One page load; not a secret. */
  readonly #id = Math.random().toString(36).slice(2);
  readonly #opened = Date.now();
  #shelf = $state.raw<LessonShelf>({ lessons: [], openLesson: () => undefined });

  /** @param shelf the lessons to go on with after the last step */
  use(shelf: LessonShelf): void {
    this.#shelf = shelf;
  }

  /** @returns whether there was something to do */
  act(act: PresentAct): boolean {
    switch (act) {
      case 'next':
        return tour.advance() || this.#openFollowing();
      case 'back':
        if (!tour.active || tour.at === 0) return false;
        tour.back();
        return true;
      case 'do':
        if (!tour.step?.move) return false;
        tour.doIt();
        return true;
      case 'blank':
        present.blank = !present.blank;
        return true;
      case 'laser':
        present.laser = !present.laser;
        return true;
      case 'spotlight':
        present.spotlight = !present.spotlight;
        return true;
      case 'freeze':
        present.frozen = !present.frozen;
        return true;
      case 'qr':
        present.dialog = 'qr';
        return true;
      case 'reveal':
        reveal.toggle();
        return true;
      case 'leave':
        return this.#leave();
      case 'run':
        void lab.run();
        return true;
      case 'cancel':
        if (!lab.runner.busy) return false;
        lab.cancel();
        return true;
    }
  }

  /** What `next` would do; null: nothing. */
  get turn(): Turn | null {
    if (!tour.active) return null;
    if (tour.waiting) return 'uncover';
    if (!tour.last) return 'step';
    return this.following === null ? null : 'lesson';
  }

  /** The ready lesson after the open one, in teaching order. */
  get following(): string | null {
    const { lessons } = this.#shelf;
    return tour.active ? (lessons[lessons.indexOf(tour.lesson?.id ?? '') + 1] ?? null) : null;
  }

  #openFollowing(): boolean {
    const { following } = this;
    if (following === null) return false;
    this.#shelf.openLesson(following);
    return true;
  }

  /** Ends the topmost of what is switched on. A frozen bench stays: the key is within reach of whoever plays with it. */
  #leave(): boolean {
    if (present.blank) present.blank = false;
    else if (present.laser) present.laser = false;
    else if (present.spotlight) present.spotlight = false;
    else return false;
    return true;
  }

  perform(command: Command): void {
    if ('act' in command) this.act(command.act);
    else if (tour.asking && tour.step?.predict?.options.includes(command.answer)) tour.answer(command.answer);
  }

  /** To be called from an effect: shows what was recorded where the merged column has no token in time. */
  watch(): (() => void) | undefined {
    const waiting = lab.runner.busy && results.columns[MERGED]?.phase === 'waiting' && lab.columns.includes(MERGED);
    const isLive = lab.source(MERGED) === 'live' && results.columns[MERGED]?.phase !== 'waiting';
    if (isLive || !lab.runner.busy) untrack(() => (this.late = null));
    if (!waiting) return;
    const timer = setTimeout(() => (this.late = tour.fallBack() ? 'recorded' : 'nothing'), preflight.limitMs);
    return () => clearTimeout(timer);
  }

  /** What the notes window shows. */
  get shown(): Shown {
    const { script, step, words, at } = tour;
    const following = tour.active ? script?.steps.find(({ id }) => id === tour.lesson?.steps[at + 1]?.id) : undefined;
    return {
      lesson: tour.active && script ? { id: tour.lesson?.id ?? '', title: script.title, at, count: tour.count } : null,
      step: step &&
        words && {
          title: words.title,
          say: words.say,
          question: words.question,
          options: (step.predict?.options ?? []).map((id) => ({
            id,
            text: words.options[id] ?? id,
            right: id === step.predict?.answer,
          })),
          guess: tour.guess,
          move: words.move,
          canDo: step.move !== undefined && !tour.asking && !tour.arrived,
          explain: words.explain,
          notes: words.notes,
          seen: tour.seen,
        },
      next: following ? { title: following.title, question: following.question, notes: following.notes } : null,
      turn: this.turn,
      following: this.following,
      rude: coverSwears(lab.columns.map((alias) => results.columns[alias]?.text ?? '')).count > 0,
      revealed: reveal.shown,
      running: lab.runner.busy,
      late: this.late !== null,
      blank: present.blank,
      frozen: present.frozen,
      laser: present.laser,
      spotlight: present.spotlight,
    };
  }

  /** To be called from an effect's setup, once: answers the notes window, tells it of every change, obeys it. */
  connect(): () => void {
    const channel = new BroadcastChannel(channelName(location.href));
    const post = (message: Message): void => channel.postMessage(message);
    const tell = (): void => post({ type: 'shown', from: this.#id, opened: this.#opened, shown: this.shown });
    const bye = (): void => post({ type: 'bye', from: this.#id });
    channel.onmessage = ({ data }) => {
      const message = readMessage(data);
      if (message?.type === 'hello') tell();
      else if (message?.type === 'do' && message.to === this.#id) this.perform(message.command);
    };
    $effect(tell);
    addEventListener('pagehide', bye);
    return () => {
      removeEventListener('pagehide', bye);
      bye();
      channel.close();
    };
  }
}

export const presenting = new Presenting();
