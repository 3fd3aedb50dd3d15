import { describe, expect, test } from 'vitest';
import { addition } from '../../../src/lessons/addition/lesson';
import { interference } from '../../../src/lessons/interference/lesson';
import { featuredSliders, forOthers, partsOf, readChosen, toggled, writeChosen } from '../../../src/state/parts';
import {
  channelName,
  Follower,
  LOST_AFTER_MS,
  readMessage,
  type Message,
  type Shown,
} from '../../../src/state/present-channel';
import { actOf, keysOf, PRESENT_KEYS } from '../../../src/state/present-keys';
import {
  elapsed,
  paused,
  readLaps,
  reset,
  showElapsed,
  started,
  STOPPED,
  turnedTo,
} from '../../../src/state/stopwatch';

const key = (name: string, more: Partial<Pick<KeyboardEvent, 'ctrlKey' | 'shiftKey'>> = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});
const step = (id: string, lesson = addition) => lesson.steps.find((one) => one.id === id)!;

describe('keys of the present view', () => {
  test.each([
    ['PageDown', 'next'],
    ['ArrowRight', 'next'],
    [' ', 'next'],
    ['PageUp', 'back'],
    ['ArrowLeft', 'back'],
    ['b', 'blank'],
    ['.', 'blank'],
    ['l', 'laser'],
    ['S', 'spotlight'],
    ['f', 'freeze'],
    ['q', 'qr'],
    ['Escape', 'leave'],
    ['x', null],
    ['Enter', null],
  ] as const)('%s is %s', (name, act) => expect(actOf(key(name), 'none', true)).toBe(act));

  test('character keys can be turned off; the clicker’s other keys stay', () => {
    for (const name of ['b', '.', 'l', 's', 'f', 'q']) expect(actOf(key(name), 'none', false), name).toBeNull();
    for (const name of ['PageDown', 'PageUp', 'ArrowRight', ' ', 'Escape'])
      expect(actOf(key(name), 'none', false), name).not.toBeNull();
  });

  test('what has the focus keeps the keys that it needs', () => {
    expect(actOf(key(' '), 'button', true)).toBeNull();
    expect(actOf(key('ArrowRight'), 'button', true)).toBe('next');
    expect(actOf(key('ArrowRight'), 'arrows', true)).toBeNull();
    expect(actOf(key('b'), 'arrows', true)).toBe('blank');
    expect(actOf(key('PageDown'), 'arrows', true)).toBe('next');
    for (const name of ['b', '.', ' ', 'ArrowLeft']) expect(actOf(key(name), 'text', true), name).toBeNull();
    expect(actOf(key('PageDown'), 'text', true)).toBe('next');
  });

  test('chords are the browser’s', () => {
    expect(actOf(key('s', { ctrlKey: true }), 'none', true)).toBeNull();
    expect(actOf(key('ArrowRight', { shiftKey: true }), 'none', true)).toBeNull();
  });

  test('no key does two things', () => {
    const all = PRESENT_KEYS.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
    expect(keysOf('next')).toBe('PageDown ArrowRight Space');
  });
});

describe('stopwatch', () => {
  test('runs, pauses, goes on, and starts from zero', () => {
    const running = started(STOPPED, 1000);
    expect(elapsed(running, 4500)).toBe(3500);
    const still = paused(running, 4500);
    expect(elapsed(still, 99_000)).toBe(3500);
    expect(elapsed(started(still, 10_000), 10_500)).toBe(4000);
    expect(elapsed(reset(running, 5000), 5250)).toBe(250);
    expect(elapsed(reset(still, 5000), 9000)).toBe(0);
    expect(started(running, 2000)).toBe(running);
  });

  test('each lesson has its own time; turning to another one hands it over only while it runs', () => {
    const laps = { addition: started(STOPPED, 0) };
    const next = turnedTo(laps, 'neuron', 60_000);
    expect(elapsed(next.addition!, 90_000)).toBe(60_000);
    expect(elapsed(next.neuron!, 90_000)).toBe(30_000);
    expect(turnedTo(laps, 'addition', 60_000)).toBe(laps);
    const still = { addition: paused(laps.addition, 5000) };
    expect(turnedTo(still, 'neuron', 60_000)).toBe(still);
  });

  test.each([
    [0, '0:00'],
    [61_999, '1:01'],
    [3_600_000 + 61_000, '1:01:01'],
  ])('%d ms is %s', (ms, text) => expect(showElapsed(ms)).toBe(text));

  test('what was stored is read back, anything else forgotten', () => {
    const laps = { addition: { sum: 12, since: null }, neuron: { sum: 0, since: 99 } };
    expect(readLaps(JSON.stringify(laps))).toEqual(laps);
    expect(readLaps('{"a":{"sum":"1","since":null},"b":3}')).toEqual({});
    for (const bad of [null, '', '[]', 'null', '{']) expect(readLaps(bad)).toEqual({});
  });
});

const shown = (at: number): Shown => ({
  lesson: { id: 'addition', title: 'T', at, count: 7 },
  step: null,
  next: null,
  turn: null,
  following: null,
  rude: false,
  revealed: false,
  running: false,
  late: false,
  blank: false,
  frozen: false,
  laser: false,
  spotlight: false,
});
const from = (id: string, opened: number, at = 0): Message => ({ type: 'shown', from: id, opened, shown: shown(at) });

describe('channel between the windows', () => {
  test('is one for each copy of the lab', () => {
    expect(channelName('http://h/lab/?view=notes')).toBe(channelName('http://h/lab/?view=present&lesson=addition#1.x'));
    expect(channelName('http://h/lab/')).not.toBe(channelName('http://h/other/'));
  });

  test('hears only its own messages', () => {
    for (const good of [
      { type: 'hello' },
      from('a', 1),
      { type: 'bye', from: 'a' },
      { type: 'do', to: 'a', command: {} },
    ])
      expect(readMessage(good)).toEqual(good);
    for (const bad of [
      null,
      'hello',
      {},
      { type: 'shown', from: 'a' },
      { type: 'bye' },
      { type: 'do', to: 1, command: {} },
    ])
      expect(readMessage(bad)).toBeNull();
  });

  test('waits, follows, loses and finds again', () => {
    const notes = new Follower();
    expect(notes.state).toBe('waiting');
    notes.receive(from('a', 1, 2), 0);
    expect([notes.state, notes.to, notes.shown?.lesson?.at]).toEqual(['connected', 'a', 2]);
    notes.tick(LOST_AFTER_MS);
    expect(notes.state).toBe('connected');
    notes.tick(LOST_AFTER_MS + 1);
    expect([notes.state, notes.to, notes.shown?.lesson?.at]).toEqual(['lost', null, 2]);
    notes.receive(from('reloaded', 9, 3), 10_000);
    expect([notes.state, notes.to, notes.shown?.lesson?.at]).toEqual(['connected', 'reloaded', 3]);
  });

  test('of several presenting windows the one opened last is followed, and the other when it goes', () => {
    const notes = new Follower();
    notes.receive(from('old', 1, 1), 0);
    notes.receive(from('new', 2, 5), 0);
    notes.receive(from('old', 1, 2), 10);
    expect([notes.to, notes.count, notes.shown?.lesson?.at]).toEqual(['new', 2, 5]);
    notes.receive({ type: 'bye', from: 'new' }, 20);
    expect([notes.to, notes.count, notes.shown?.lesson?.at]).toEqual(['old', 1, 2]);
    notes.receive({ type: 'bye', from: 'old' }, 30);
    expect(notes.state).toBe('lost');
  });
});

describe('what is on the screen', () => {
  const none = { show: [], hide: [] };

  test('follows the step', () => {
    expect([...partsOf(step('without'), none)]).toEqual([
      ...['words', 'claims', 'formula', 'prompt', 'answers', 'sliders', 'arrows'],
    ]);
    expect(partsOf(step('look'), none).has('sliders')).toBe(false);
    expect(partsOf(step('look'), none).has('arrows')).toBe(true);
    expect(partsOf(step('helpful'), none).has('arrows')).toBe(false);
    expect([...partsOf(step('count'), none)]).toEqual(['words', 'rates']);
    expect([...partsOf(step('real'), none)]).toEqual(['words', 'claims']);
    expect(partsOf(step('conflict', interference), none).has('microscope')).toBe(true);
    expect(partsOf(null, none).has('sliders')).toBe(true);
  });

  test('features the sliders that are lit, else those that are to be moved', () => {
    expect(featuredSliders(step('without'))).toEqual(['chat']);
    expect(featuredSliders({ move: [{ kind: 'set', alias: 'zh', weight: 0 }] })).toEqual(['zh']);
    expect(featuredSliders(step('look'))).toEqual([]);
  });

  test('may be chosen by hand, and the address keeps it', () => {
    const href = writeChosen('http://h/?view=present&step=2', { show: ['top5'], hide: ['formula', 'claims'] });
    expect(readChosen(href)).toEqual({ show: ['top5'], hide: ['claims', 'formula'] });
    expect(new URL(writeChosen(href, none)).search).toBe('?view=present&step=2');
    expect(readChosen('http://h/?show=nonsense,%20rates').show).toEqual(['rates']);
    const parts = partsOf(step('without'), readChosen(href));
    expect([parts.has('top5'), parts.has('formula'), parts.has('answers')]).toEqual([true, false, true]);
  });

  test('a switch turns off what is shown, and back', () => {
    const off = toggled(none, step('without'), 'formula');
    expect(off).toEqual({ show: [], hide: ['formula'] });
    expect(toggled(off, step('without'), 'formula')).toEqual(none);
    const on = toggled(none, step('look'), 'sliders');
    expect(on).toEqual({ show: ['sliders'], hide: [] });
    expect(toggled(on, step('look'), 'sliders')).toEqual(none);
  });

  test('columns are chosen one by one, over those that the step speaks of', () => {
    const spoken = ['chat', 'merged'];
    const more = toggled(none, step('without'), 'column-naive', spoken);
    expect(more).toEqual({ show: ['column-naive'], hide: [] });
    const fewer = toggled(more, step('without'), 'column-chat', spoken);
    const href = writeChosen('http://h/?view=present', fewer);
    const columns = [...partsOf(step('without'), readChosen(href), spoken)].filter((part) =>
      part.startsWith('column-'),
    );
    expect(columns).toEqual(['column-merged', 'column-naive']);
    expect(toggled(more, step('without'), 'column-naive', spoken)).toEqual(none);
  });

  test('others open the bench, not the lecturer’s view', () => {
    expect(forOthers('http://h/l/?view=present&show=top5&hide=claims&lang=en&columns=a#1.x')).toBe(
      'http://h/l/?lang=en#1.x',
    );
  });
});
