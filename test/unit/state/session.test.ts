import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { parseScript } from '../../../src/core/lesson/script';
import type { Recipe } from '../../../src/core/recipe/types';
import { loadLesson } from '../../../src/lessons';
import type { View } from '../../../src/state/address';
import { History } from '../../../src/state/history.svelte';
import { columnKey } from '../../../src/state/keys';
import { Lab } from '../../../src/state/lab.svelte';
import { results, type ColumnResult } from '../../../src/state/results.svelte';
import { Runs, type Run } from '../../../src/state/runs.svelte';
import { Session, type Store } from '../../../src/state/session.svelte';
import { readSession, SESSION_LIMIT, writeSession } from '../../../src/state/session-format';
import { benchOf, runKey } from '../../../src/state/snapshot';
import { TabMemory } from '../../../src/state/tab';
import { Tour } from '../../../src/state/tour.svelte';
import { zooModels } from '../../zoo';

const recipe: Recipe = {
  v: 1,
  models: { ...zooModels('chat', 'base'), local_1: { src: `file:${'a'.repeat(64)}` } },
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'chat', parameters: { weight: 0.3 } }],
    parameters: { normalize: false },
  },
  run: { prompts: ['x'] },
};

function column(alias: string, of: Recipe, words = 2): ColumnResult {
  const tokens = Array.from({ length: words }, (_, i) => ({
    piece: `${alias}${i} `,
    text: `${alias}${i} `,
    top5: [{ text: `${alias}${i} `, p: 0.75 }],
  }));
  return {
    key: columnKey(of, alias),
    origin: 'live',
    phase: 'done',
    text: tokens.map(({ piece }) => piece).join(''),
    tokens,
    unknown: [],
    error: null,
    finish: 'stop',
    firstTokenMs: 3,
  };
}

function runOf(weight: number, words?: number): Run {
  const of: Recipe = {
    ...recipe,
    merge: { ...recipe.merge, models: [{ model: 'chat', parameters: { weight } }] } as Recipe['merge'],
  };
  const bench = { recipe: of, lesson: 'addition', edited: true, rack: ['chat'], muted: {}, numbers: null };
  const columns = { base: column('base', of, words), merged: column('merged', of, words) };
  return {
    id: weight,
    bench,
    place: null,
    key: runKey(bench),
    time: 1000 + weight,
    formula: String(weight),
    prompt: 'x',
    answer: columns.merged.text,
    columns,
  };
}

const written = (runs: readonly Run[] = [runOf(0.1), runOf(0.2)]): string =>
  writeSession({
    bench: { recipe, lesson: 'addition', edited: true, rack: ['chat'], muted: {}, numbers: null },
    place: '3',
    runs,
    time: 5,
  });

describe('a session as text', () => {
  test('comes back whole, its answers marked as recorded', () => {
    const saved = readSession(written())!;
    expect(saved).toMatchObject({ time: 5, lesson: 'addition', place: '3', rack: ['chat'], recipe, numbers: null });
    expect(saved.runs).toHaveLength(2);
    const [run] = saved.runs;
    const { merged } = runOf(0.1).columns;
    expect(run!.columns.merged).toEqual({ ...merged, origin: 'recorded', firstTokenMs: null });
    expect(run!.time).toBe(1000.1);
  });

  test('writes an answer once, however many runs share it', () => {
    const text = written([runOf(0.1), runOf(0.2), runOf(0.3)]);
    expect((JSON.parse(text) as { answers: unknown[] }).answers).toHaveLength(4);
  });

  test('keeps within its limit: distributions go first, then the oldest runs', () => {
    const many = Array.from({ length: 40 }, (_, i) => runOf(i, 300));
    const text = written(many);
    expect(text.length).toBeLessThanOrEqual(SESSION_LIMIT);
    const saved = readSession(text)!;
    expect(saved.runs.length).toBeGreaterThan(20);
    expect(saved.runs.at(-1)?.columns.merged?.tokens[0]).toEqual({ piece: 'merged0 ', text: 'merged0 ', top5: [] });
    const huge = readSession(written(Array.from({ length: 40 }, (_, i) => runOf(i, 4000))))!;
    expect(huge.runs.length).toBeGreaterThan(0);
    expect(huge.runs.length).toBeLessThan(40);
    expect(huge.runs.at(-1)?.time).toBe(1039);
  });

  test.each([
    ['nothing', null],
    ['an empty text', ''],
    ['half a text', written().slice(0, 200)],
    ['a list', '[]'],
    ['another version', written().replace('"v":1', '"v":2')],
    ['a recipe with a forbidden key', written().replace('"models":{', '"models":{"__proto__":{"src":"zoo:a-1"},')],
    ['a recipe that is none', written().replace('"merge_method"', '"merge_methods"')],
    ['more than it ever writes', `${written().slice(0, -1)},"x":"${'x'.repeat(SESSION_LIMIT)}"}`],
  ])('%s is no session', (_, text) => {
    expect(readSession(text)).toBeNull();
  });

  test('a damaged run or answer is left out, the rest is kept', () => {
    const json = JSON.parse(written()) as { runs: { columns: object }[]; answers: { tokens: unknown }[] };
    json.runs[0]!.columns = { merged: 99 };
    expect(readSession(JSON.stringify(json))!.runs).toHaveLength(1);
    json.answers[0]!.tokens = 'none';
    expect(Object.keys(readSession(JSON.stringify(json))!.runs[0]!.columns)).toEqual(['merged']);
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readSession(text)).toBeNull();
      }),
    );
    const whole = JSON.parse(written()) as Record<string, unknown>;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(whole)), fc.jsonValue(), (key, value) => {
        const saved = readSession(JSON.stringify({ ...whole, [key]: value }));
        if (saved) expect(Object.keys(saved.recipe.models)).toContain('base');
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a tab remembers', () => {
  let stored: Map<string, string>;
  function page(view: View) {
    const lab = new Lab(() => new Promise(() => {}));
    const tour = new Tour(lab);
    const history = new History(lab, tour);
    const runs = new Runs(lab, history);
    const store: Store = {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
    };
    const tab = new TabMemory(tour, history, runs, () => store);
    tab.take(view);
    return { lab, tour, runs, tab };
  }
  beforeEach(() => {
    stored = new Map();
    results.clear();
  });

  test('tries and pins are on its next page; guesses and ticks on the next of the same view', async () => {
    const [lesson, other] = [(await loadLesson('addition'))!, (await loadLesson('subtraction'))!];
    const script = parseScript(await lesson.text.en());
    const bench = page('bench');
    bench.tour.open(lesson, script, 'en', 1);
    bench.tour.answer('teaches');
    bench.runs.enter(runOf(0.7));
    bench.runs.pin(bench.runs.list[0]);
    bench.tour.open(other, script, 'en');
    bench.tab.keep('bench');

    const class_ = page('present');
    expect(class_.runs.list.map(({ answer, formula }) => [answer, formula])).toEqual([
      [runOf(0.7).answer, 'base + 0.7*(chat - base)'],
    ]);
    expect(class_.runs.pins).toHaveLength(1);
    class_.tour.open(lesson, script, 'en', 1);
    expect(class_.tour.guess).toBeNull();
    class_.tour.answer('refuses');
    class_.tab.keep('present');

    const back = page('bench');
    back.tour.open(lesson, script, 'en', 1);
    expect(back.tour.guess).toBe('teaches');
    back.tour.open(other, script, 'en');
    expect(back.tour.guess).toBeNull();
    back.tour.open(lesson, script, 'en', 1);
    expect(back.tour.guess).toBe('teaches');
  });

  test('what was tried with typed numbers comes back too', async () => {
    const { neurons, recipe: own } = (await loadLesson('neuron'))!;
    const example = neurons![0]!;
    const made = runOf(0.5);
    const bench = page('bench');
    const numbers = { example, weights: { yours: [1, 2, 3] }, tasks: example.tasks, outcome: null };
    bench.runs.enter({ ...made, key: 'typed', columns: {}, bench: { ...made.bench, recipe: own, numbers } });
    bench.tab.keep('bench');
    const [run] = page('present').runs.list;
    expect(run).toMatchObject({ key: 'typed', answer: made.answer, bench: { recipe: own, numbers } });
    stored.set('tab', stored.get('tab')!.replace('{"yours":[1,2,3]', '{"yours":[1,"2"]'));
    expect(page('bench').runs.list).toEqual([]);
  });

  test.each(['', '{', '[]', '{"session":1}', '{"session":"","progress":{"bench":{"addition":3}},"pins":[2]}'])(
    'what it did not write itself is as good as nothing: %s',
    (text) => {
      stored.set('tab', text);
      const { runs, tour } = page('bench');
      expect(runs.list).toEqual([]);
      expect(Object.values(tour.progress).every(({ seen }) => seen.length === 0)).toBe(true);
    },
  );
});

describe('the last session', () => {
  let stored: Map<string, string>;
  const store: Store = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
  };
  function page(storage: () => Store = () => store) {
    const lab = new Lab(() => new Promise(() => {}));
    const tour = new Tour(lab);
    const history = new History(lab, tour);
    const runs = new Runs(lab, history);
    lab.open({ ...recipe, run: { prompts: ['first lesson'] } }, 'addition');
    history.follow();
    return { lab, tour, history, runs, session: new Session(lab, tour, history, runs, storage) };
  }
  beforeEach(() => {
    vi.useFakeTimers();
    stored = new Map();
    results.clear();
    return () => vi.useRealTimers();
  });
  const noLesson = () => Promise.resolve(false);

  function leaveEdited(): void {
    const { lab, runs, session } = page();
    lab.setWeight('chat', 0.7);
    runs.enter(runOf(0.7));
    session.follow();
    vi.advanceTimersByTime(2000);
  }

  test('is offered to a later visit, which it leaves alone until it is asked for', async () => {
    leaveEdited();
    const { lab, runs, history, session } = page();
    session.look();
    expect(session.formula).toBe('base + 0.7*(chat - base)');
    expect(lab.weight('chat')).toBe(0.3);
    await session.restore(noLesson);
    expect(session.offer).toBeNull();
    expect(lab.weight('chat')).toBe(0.7);
    expect(lab.edited).toBe(true);
    expect(lab.lesson).toBeNull();
    expect(runs.list).toHaveLength(1);
    expect(session.missing).toEqual(['local_1']);
    history.undo();
    expect(lab.prompt).toBe('first lesson');
  });

  test('brings its lesson and step with it', async () => {
    const { lab, tour, session } = page();
    lab.setWeight('chat', 0.7);
    tour.at = 2;
    session.follow();
    session.flush();
    const next = page();
    next.session.look();
    const asked: unknown[] = [];
    await next.session.restore((id, at) => {
      asked.push([id, at]);
      return Promise.resolve(true);
    });
    expect(asked).toEqual([['addition', 2]]);
    expect(next.lab.lesson).toBe('addition');
    expect(next.lab.weight('chat')).toBe(0.7);
  });

  test('is not written by a page that nobody has changed', () => {
    const { session } = page();
    session.follow();
    vi.advanceTimersByTime(5000);
    session.flush();
    expect(stored.size).toBe(0);
  });

  test('is not offered again once declined; a newer one is', () => {
    leaveEdited();
    const declined = page().session;
    declined.look();
    declined.dismiss();
    const again = page().session;
    again.look();
    expect(again.offer).toBeNull();
    leaveEdited();
    again.look();
    expect(again.offer).not.toBeNull();
  });

  test('restored answers are shown as recorded, not as made now', async () => {
    const { lab, runs, session } = page();
    const run = runOf(0.7);
    lab.adopt(run.bench.recipe);
    lab.edited = true;
    runs.enter(run);
    session.follow();
    session.flush();
    results.clear();
    const next = page();
    next.session.look();
    await next.session.restore(noLesson);
    expect(next.lab.source('merged')).toBe('recorded');
    expect(results.columns['merged']?.text).toBe(run.answer);
    expect(benchOf(next.lab).recipe).toEqual(run.bench.recipe);
  });

  test('storage that is forbidden or full is as good as none', () => {
    const broken = () => {
      throw new Error('denied');
    };
    const { lab, session } = page(broken);
    session.look();
    expect(session.offer).toBeNull();
    lab.setWeight('chat', 0.7);
    session.follow();
    expect(() => session.flush()).not.toThrow();
    expect(lab.weight('chat')).toBe(0.7);
  });
});
