import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Recipe } from '../../../src/core/recipe/types';
import { setWeight } from '../../../src/core/recipe/weights';
import type { GenerateResult } from '../../../src/engine/api';
import { neuron } from '../../../src/lessons/neuron/lesson';
import type { LabRuntime, RunHandlers } from '../../../src/runtime/types';
import { withMethod } from '../../../src/state/methods';
import { HISTORY_LIMIT, History } from '../../../src/state/history.svelte';
import { Lab } from '../../../src/state/lab.svelte';
import { results } from '../../../src/state/results.svelte';
import { NEURON } from '../../../src/state/neuron.svelte';
import { Runs, RUNS_LIMIT } from '../../../src/state/runs.svelte';
import { benchOf, runKey } from '../../../src/state/snapshot';
import { runsCsv } from '../../../src/state/runs-csv';
import { zooModels } from '../../zoo';

const start: Recipe = {
  v: 1,
  models: zooModels('chat', 'zh', 'base'),
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [
      { model: 'chat', parameters: { weight: 0.9 } },
      { model: 'zh', parameters: { weight: 0.4 } },
    ],
    parameters: { normalize: false },
  },
  run: { prompts: ['x'] },
};
/** Longer than any two changes of one gesture lie apart. */
const APART = 10_000;

const answer = (text: string): GenerateResult => ({
  text,
  ids: [1],
  steps: [{ id: 1, text, top5: [] }],
  finish: 'stop',
  firstTokenMs: 1,
  totalMs: 1,
});

/** Every column says its name and the recipe's weights, so that an answer tells what it belongs to. */
function fakeRuntime(ran: string[][]): LabRuntime {
  return {
    open: (recipe: Recipe) =>
      Promise.resolve(
        Object.entries(recipe.models).map(([alias, { src }]) => ({ alias, src, title: alias, parameters: 10 })),
      ),
    plan: () => Promise.resolve({ copied: [], notices: [] }),
    run: (recipe: Recipe, columns: readonly string[], request: { prompt: string }, handlers: RunHandlers) => {
      ran.push([...columns]);
      for (const column of columns)
        handlers.onDone(
          column,
          answer(`${column} ${request.prompt} ${column === 'merged' ? JSON.stringify(recipe.merge) : ''}`),
        );
      return Promise.resolve();
    },
    fingerprint: () => new Promise(() => {}),
  } as unknown as LabRuntime;
}

let ran: string[][];
let lab: Lab;
let history: History;
let now: number;
beforeEach(() => {
  results.clear();
  ran = [];
  lab = new Lab(() => Promise.resolve(fakeRuntime(ran)));
  lab.open(start, 'addition');
  history = new History(lab);
  now = 0;
  history.follow(now);
});
/** One event of the page, `later` ms after the last one. */
const act = (change: () => void, later = APART): void => {
  change();
  history.follow((now += later));
};
const weight = (alias = 'chat') => lab.weight(alias);

describe('undo and redo', () => {
  test('take back and bring back a change, and say what it was', () => {
    expect(history.undo()).toBe(false);
    act(() => lab.setWeight('chat', 0.5));
    expect(history.undoable).toEqual({ kind: 'weight', alias: 'chat' });
    expect(history.undo()).toBe(true);
    expect(weight()).toBe(0.9);
    expect(lab.edited).toBe(false);
    expect(history.undo()).toBe(false);
    expect(history.redo()).toBe(true);
    expect(weight()).toBe(0.5);
    expect(history.redo()).toBe(false);
  });

  test('a change after an undo ends the way forward', () => {
    act(() => lab.setWeight('chat', 0.5));
    history.undo();
    act(() => lab.setPrompt('other'));
    expect(history.redoable).toBeNull();
    history.undo();
    expect(lab.prompt).toBe('x');
    expect(weight()).toBe(0.9);
  });

  test('undo right after a change sees it, though no effect has run yet', () => {
    lab.setWeight('chat', 0.5);
    expect(history.undo()).toBe(true);
    expect(weight()).toBe(0.9);
  });

  test('what one event changes is one step: solo silences every other vector', () => {
    act(() => lab.mixer.toggleSolo('chat'));
    expect(weight('zh')).toBe(0);
    expect(history.depth).toBe(1);
    history.undo();
    expect(weight('zh')).toBe(0.4);
    expect(lab.mixer.muted).toEqual({});
    history.redo();
    expect(lab.mixer.isSolo('chat')).toBe(true);
  });

  test('a drag is one step, however long it takes, and the next drag is another', () => {
    history.hold(now);
    for (const w of [0.8, 0.7, 0.6]) act(() => lab.setWeight('chat', w), 5000);
    history.letGo(now);
    now += 600;
    history.hold(now);
    for (const w of [0.5, 0.4]) act(() => lab.setWeight('chat', w), 20);
    history.letGo(now);
    expect(history.depth).toBe(2);
    history.undo();
    expect(weight()).toBe(0.6);
    history.undo();
    expect(weight()).toBe(0.9);
  });

  test('a double-click is one step, and so are quick arrow keys; two sliders are two', () => {
    history.hold(now);
    act(() => lab.setWeight('chat', 0.2), 10);
    history.letGo(now);
    history.hold((now += 150));
    act(() => lab.setWeight('chat', 1), 10);
    history.letGo(now);
    expect(history.depth).toBe(1);
    act(() => lab.setWeight('zh', 0.5), 100);
    act(() => lab.setWeight('zh', 0.55), 100);
    expect(history.depth).toBe(2);
  });

  test('a drag that ends where it began is no step', () => {
    history.hold(now);
    for (const w of [0.7, 0.5, 0.9]) act(() => lab.setWeight('chat', w), 20);
    history.letGo(now);
    expect(history.undoable).toBeNull();
    expect(weight()).toBe(0.9);
  });

  test('a formula typed key by key is one step; leaving the bar ends it', () => {
    for (const text of ['base + 0.5*(chat - base)', 'base + 0.55*(chat - base)', 'base + 0.55*(zh - base)'])
      act(() => lab.typeFormula(text));
    expect(history.depth).toBe(1);
    act(() => lab.settleFormula());
    act(() => lab.typeFormula('base + 1.0*(zh - base)'));
    expect(history.depth).toBe(2);
    history.undo();
    history.undo();
    expect(lab.formula.text).toBe('base + 0.9*(chat - base) + 0.4*(zh - base)');
    expect(lab.draft).toBeNull();
  });

  test('a lesson that is opened over an edited bench is one step, and so is what a lesson changes', () => {
    act(() => lab.setWeight('chat', 0.5));
    const mine = lab.recipe;
    act(() => lab.open({ ...start, run: { prompts: ['lesson'] } }, 'subtraction'));
    act(() => lab.adopt({ ...lab.recipe, run: { prompts: ['step 2'] } }));
    expect(lab.edited).toBe(false);
    history.undo();
    expect(lab.prompt).toBe('lesson');
    history.undo();
    expect(lab.recipe).toBe(mine);
    expect(lab.lesson).toBe('addition');
    expect(lab.edited).toBe(true);
  });

  test('a link that finds an untouched page leaves nothing to undo; over an edited one it does', () => {
    act(() => lab.open({ ...start, run: { prompts: ['link'] } }, null));
    expect(history.undoable).toBeNull();
    act(() => lab.setWeight('chat', 0.1));
    act(() => lab.open(start, 'addition'));
    expect(history.depth).toBe(2);
  });

  test('a bench without a lesson that comes back writes its own address again', () => {
    act(() => lab.open({ ...start, run: { prompts: ['link'] } }, null));
    expect(lab.edited).toBe(false);
    act(() => lab.setWeight('chat', 0.1));
    history.undo();
    expect(lab.edited).toBe(true);
  });

  test(`remembers ${HISTORY_LIMIT} steps`, () => {
    for (let i = 0; i < HISTORY_LIMIT + 20; i++) act(() => lab.setPrompt(`q${i}`));
    let steps = 0;
    while (history.undo()) steps++;
    expect(steps).toBe(HISTORY_LIMIT);
    expect(lab.prompt).toBe('q19');
  });

  test('numbers that were typed come back, and the sources that follow from them are no step of their own', () => {
    const [example] = neuron.neurons!;
    const alias = Object.keys(example!.weights)[0]!;
    lab.neuron.examples = neuron.neurons!;
    act(() => lab.open(example!.recipe, 'neuron'));
    const typed = `file:${'b'.repeat(64)}`;
    const { depth } = history;
    act(() => lab.neuron.setWeight(alias, 0, 9));
    act(() => lab.setSources({ [alias]: typed }));
    expect(history.depth).toBe(depth + 1);
    expect(history.undoable).toEqual({ kind: 'numbers' });
    history.undo();
    expect(lab.neuron.weights).toEqual(example!.weights);
    expect(lab.recipe.models).toEqual(example!.recipe.models);
    history.redo();
    expect(lab.neuron.weights[alias]?.[0]).toBe(9);
    expect(lab.recipe.models[alias]?.src).toBe(typed);
  });

  const edits = fc.oneof(
    fc.record({
      do: fc.constant('weight' as const),
      alias: fc.constantFrom('chat', 'zh'),
      value: fc.constantFrom(-1, 0, 0.5, 1, 1.5),
    }),
    fc.record({ do: fc.constant('prompt' as const), value: fc.constantFrom('x', 'y', 'z') }),
    fc.record({ do: fc.constant('method' as const), value: fc.constantFrom('task_arithmetic', 'ties', 'dare_linear') }),
    fc.record({
      do: fc.constant('columns' as const),
      value: fc.constantFrom(['base', 'merged'], ['chat', 'zh', 'merged']),
    }),
    fc.record({ do: fc.constant('open' as const), value: fc.constantFrom('addition', 'subtraction') }),
    fc.record({ do: fc.constant('adopt' as const), value: fc.constantFrom('step 1', 'step 2') }),
    fc.record({ do: fc.constant('mute' as const), alias: fc.constantFrom('chat', 'zh') }),
  );
  const apply = (edit: typeof edits extends fc.Arbitrary<infer T> ? T : never): void => {
    if (edit.do === 'weight') lab.setWeight(edit.alias, edit.value);
    else if (edit.do === 'prompt') lab.setPrompt(edit.value);
    else if (edit.do === 'method') lab.change(withMethod(lab.doc!, edit.value));
    else if (edit.do === 'columns') lab.setColumns(edit.value);
    else if (edit.do === 'open') lab.open(start, edit.value);
    else if (edit.do === 'adopt') lab.adopt({ ...lab.recipe, run: { prompts: [edit.value] } });
    else lab.mixer.toggleMute(edit.alias);
  };
  const state = () => JSON.stringify([lab.recipe, lab.lesson]);

  test('after any changes, undoing all gives the start and redoing all the end, each step the one in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(edits, fc.constantFrom(10, APART)), { maxLength: 30 }), (steps) => {
        lab.open(start, 'addition');
        history = new History(lab);
        history.follow((now += APART));
        const first = state();
        for (const [edit, later] of steps) act(() => apply(edit), later);
        const last = state();
        const { depth } = history;
        expect(depth).toBeLessThanOrEqual(steps.length);
        const back: string[] = [state()];
        while (history.undo()) back.push(state());
        expect(back).toHaveLength(depth + 1);
        expect(state()).toBe(first);
        const forth: string[] = [state()];
        while (history.redo()) forth.push(state());
        expect(forth).toEqual(back.toReversed());
        expect(state()).toBe(last);
      }),
      { numRuns: 200 },
    );
  });
});

describe('runs', () => {
  let runs: Runs;
  beforeEach(() => {
    vi.useFakeTimers();
    runs = new Runs(lab, history);
    return () => vi.useRealTimers();
  });
  /** What the page's effects do after every change. */
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 8; i++) {
      history.follow((now += APART));
      runs.keepAnswers();
      runs.follow();
      await vi.advanceTimersByTimeAsync(i < 4 ? 0 : 600);
    }
  };
  const run = async (): Promise<void> => {
    const done = lab.run();
    runs.follow();
    await done;
    await settle();
  };

  test('a finished run is a dot; going back to it shows its answers at once and as live', async () => {
    await run();
    lab.setWeight('chat', 0.5);
    await settle();
    expect(runs.list.map(({ formula }) => formula)).toEqual([
      'base + 0.9*(chat - base) + 0.4*(zh - base)',
      'base + 0.5*(chat - base) + 0.4*(zh - base)',
    ]);
    const [first, second] = runs.list;
    expect(runs.current).toBe(second);
    const count = ran.length;
    runs.goTo(first!);
    expect(weight()).toBe(0.9);
    expect(results.columns['merged']?.text).toBe(first!.answer);
    expect(lab.source('merged')).toBe('live');
    expect(runs.current).toBe(first);
    await settle();
    expect(ran).toHaveLength(count);
    history.undo();
    expect(weight()).toBe(0.5);
    expect(results.columns['merged']?.text).toBe(second!.answer);
    expect(lab.source('merged')).toBe('live');
  });

  test('what is typed is a run when it rests, not on its way: a formula and a number alike', async () => {
    await run();
    const dots = () => runs.list.map(({ formula }) => formula.split(' + ')[1]);
    const ways = [
      {
        type: (text: string) => lab.typeFormula(`base + ${text}*(chat - base) + 0.4*(zh - base)`),
        leave: () => lab.settleFormula(),
      },
      {
        type: (text: string) => ((lab.typing = true), lab.setWeight('chat', Number(text))),
        leave: () => (lab.typing = false),
      },
    ];
    /** Some of what the effects do while a hand is on the keys: each rests for less than a second. */
    const key = async (): Promise<void> => {
      for (let i = 0; i < 4; i++) {
        history.follow((now += 200));
        runs.keepAnswers();
        runs.follow();
        await vi.advanceTimersByTimeAsync(200);
      }
    };
    for (const [i, { type, leave }] of ways.entries()) {
      const before = runs.list.length;
      for (const text of ['1', '1.0', `1.${i + 2}`, `1.${i + 2}5`]) {
        type(text);
        await key();
      }
      expect(lab.source('merged')).toBe('live');
      expect(runs.list, 'on the way').toHaveLength(before);
      await vi.advanceTimersByTimeAsync(2000);
      expect(dots().slice(before), 'at rest').toEqual([`1.${i + 2}5*(chat - base)`]);
      type(`0.${i + 2}`);
      await key();
      leave();
      await settle();
      expect(dots().slice(before + 1), 'left').toEqual([`0.${i + 2}*(chat - base)`]);
    }
  });

  test('undo shows what is known, and lets the merged column follow to what is not', async () => {
    await run();
    const known = results.columns['merged']?.text;
    // A lesson's change alone runs nothing; what other tests have asked is known for the page's life.
    lab.adopt({ ...lab.recipe, merge: setWeight(lab.doc!, 'chat', 0.33) });
    history.follow((now += APART));
    lab.setWeight('chat', 0.1);
    await settle();
    history.undo();
    expect(lab.source('merged')).toBe('stale');
    await settle();
    expect(lab.source('merged')).toBe('live');
    expect(results.columns['merged']?.text).toContain('0.33');
    history.undo();
    expect(results.columns['merged']?.text).toBe(known);
    expect(lab.source('merged')).toBe('live');
  });

  test('what a drag passes through is no dot, where it rests is one', async () => {
    await run();
    history.hold(now);
    for (const w of [0.8, 0.7, 0.6]) {
      lab.setWeight('chat', w);
      await settle();
    }
    expect(runs.list).toHaveLength(1);
    history.letGo(now);
    await settle();
    expect(runs.list.map(({ bench }) => JSON.stringify(bench.recipe.merge))).toEqual([
      JSON.stringify(start.merge),
      JSON.stringify(lab.recipe.merge),
    ]);
  });

  test('the same configuration again is the same dot, and a question of its own another', async () => {
    await run();
    await run();
    expect(runs.list).toHaveLength(1);
    lab.setPrompt('y');
    await settle();
    expect(runs.current).toBeNull();
    await run();
    expect(runs.list.map(({ prompt }) => prompt)).toEqual(['x', 'y']);
  });

  test('a run of another lesson’s models comes back without the answers of those in between', async () => {
    await run();
    lab.open({ ...start, models: zooModels('zh', 'chat', 'naive', 'base') }, 'other');
    await settle();
    expect(results.columns).toEqual({});
    runs.goTo(runs.list[0]!);
    expect(Object.keys(results.columns).sort()).toEqual(['base', 'chat', 'merged', 'zh']);
    expect(lab.lesson).toBe('addition');
  });

  test('only runs with the models of the bench are shown and cleared; the others come back with theirs', async () => {
    await run();
    const [first] = runs.list;
    lab.open({ ...start, models: zooModels('zh', 'rude', 'base') }, 'other');
    runs.enter({ ...first!, key: 'other', bench: benchOf(lab) });
    const other = runs.list[1];
    expect(runs.shown).toEqual([other]);
    lab.open(start, 'addition');
    expect(runs.shown).toEqual([first]);
    runs.clear();
    expect(runs.shown).toEqual([]);
    expect(runs.list).toEqual([other]);
  });

  test('the same typed numbers are the same run, in whatever order a link or a lesson writes them', () => {
    const { recipe: own } = neuron;
    const merge = Object.fromEntries(Object.entries(own.merge).reverse()) as unknown as Recipe['merge'];
    const key = (weights: Record<string, number[]>, of: Recipe) =>
      runKey({ ...benchOf(lab), recipe: of, numbers: { example: null, weights, tasks: [], outcome: null } });
    expect(key({ a: [1], b: [2] }, own)).toBe(key({ b: [2], a: [1] }, { ...own, merge }));
    expect(key({ a: [1], b: [2] }, own)).not.toBe(key({ a: [2], b: [1] }, own));
  });

  test('runs of typed numbers and of models are never beside each other', async () => {
    await run();
    const [first] = runs.list;
    const numbers = { example: 'different', weights: {}, tasks: [], outcome: null } as never;
    runs.enter({ ...first!, key: 'numbers', bench: { ...first!.bench, numbers } });
    expect(runs.shown).toEqual([first]);
    lab.recipe = { ...lab.recipe, view: { panel: NEURON } };
    expect(runs.shown).toEqual([runs.list[1]]);
  });

  test('two answers can be pinned, not three; a pin outlives the list', async () => {
    expect(runs.pinnable).toBe(false);
    for (const w of [0.1, 0.2, 0.3]) {
      lab.setWeight('chat', w);
      await run();
    }
    runs.pin();
    runs.pin();
    expect(runs.pins).toHaveLength(1);
    runs.pin(runs.list[0]);
    expect(runs.pinnable).toBe(false);
    runs.pin(runs.list[1]);
    expect(runs.pins.map(({ key }) => key)).toEqual([runs.list[2]!.key, runs.list[0]!.key]);
    runs.clear();
    runs.unpin(runs.pins[0]!.key);
    expect(runs.pins.map(({ formula }) => formula)).toEqual(['base + 0.1*(chat - base) + 0.4*(zh - base)']);
  });

  test(`keeps the last ${RUNS_LIMIT}`, async () => {
    await run();
    const [made] = runs.list;
    for (let i = 0; i < RUNS_LIMIT + 5; i++) runs.enter({ ...made!, key: String(i) });
    expect(runs.list).toHaveLength(RUNS_LIMIT);
    expect(runs.list.at(-1)?.key).toBe(String(RUNS_LIMIT + 4));
  });

  test('as CSV: quoted where needed, and no text becomes a spreadsheet’s formula', async () => {
    await run();
    const [made] = runs.list;
    const text = runsCsv([{ ...made!, formula: 'base', prompt: 'say "a, b"', answer: '=1+1', time: 0 }]);
    expect(text).toBe('formula,prompt,merged,time\r\nbase,"say ""a, b""",\'=1+1,1970-01-01T00:00:00.000Z\r\n');
  });
});
