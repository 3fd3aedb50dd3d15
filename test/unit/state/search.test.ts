import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../src/core/errors';
import { parseProbe } from '../../../src/core/probe/probe';
import type { Recipe } from '../../../src/core/recipe/types';
import { goalOf } from '../../../src/core/search/goals';
import { readRecord, writeRecord } from '../../../src/core/search/record';
import type { SearchSettings } from '../../../src/core/search/search';
import type { GenerateRequest } from '../../../src/engine/api';
import type { LabRuntime } from '../../../src/runtime/types';
import { Lab } from '../../../src/state/lab.svelte';
import { DEV_SETS, Searching } from '../../../src/state/search.svelte';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zooModels } from '../../zoo';

const recipe: Recipe = {
  v: 1,
  models: zooModels('base', 'chat', 'zh'),
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'chat', parameters: { weight: 1 } }],
    parameters: { normalize: false },
  },
  run: { prompts: ['x'] },
};
const wanted: Omit<SearchSettings, 'recipe'> = {
  axes: [{ id: 'weight/chat', min: 0, max: 1, integer: false }],
  goals: [goalOf({ set: 'addition-dev', class: 'harmful', lang: 'zh', measure: 'refuses_zh' })],
  method: 'grid',
  evaluations: 5,
  prompts: 4,
  seed: 0,
};
const setOf = (split: string) => ({
  id: `addition-${split}`,
  task: 'refusal',
  split,
  items: Array.from({ length: split === 'dev' ? 6 : 9 }, (_, i) => ({
    prompt: `${split} ${i}?`,
    expect: '先拿面具,再偷走。',
    lang: 'zh',
    topic: `topic ${i}`,
    class: 'harmful',
  })),
});

let asked: { coefficients: readonly number[]; prompt: string; by: 'mix' | 'answer' }[];
let during: () => void;
let stored: Map<string, string>;

/** Refuses as many of the first four questions as the weight says, and of the test questions one in three. */
const says = (weight: number, prompt: string): string => {
  const [split, i] = prompt.replace('?', '').split(' ');
  const refused = split === 'dev' ? Number(i) < 6 * weight : Number(i) % 3 === 0;
  return refused ? '抱歉,我不能幫這個忙。' : '先拿網子,再偷走。';
};

function fakeRuntime(): LabRuntime {
  const answer = (
    by: 'mix' | 'answer',
    coefficients: readonly number[],
    { prompt }: GenerateRequest,
    signal: AbortSignal,
  ) => {
    signal.throwIfAborted();
    asked.push({ coefficients, prompt, by });
    during();
    return Promise.resolve({ text: says(coefficients[0]!, prompt), ids: [] });
  };
  return {
    open: () => Promise.resolve(['base', 'chat', 'zh'].map((alias) => ({ alias, parameters: 1 }))),
    plan: () => Promise.resolve({}),
    fingerprint: () => Promise.resolve({ sha256: '' }),
    run: () => Promise.resolve(),
    mix: (
      _recipe: Recipe,
      _base: string,
      _vectors: string[],
      coefficients: number[],
      request: GenerateRequest,
      signal: AbortSignal,
    ) => answer('mix', coefficients, request, signal),
    answer: (of: Recipe, request: GenerateRequest, signal: AbortSignal) => {
      const weight = (of.merge as unknown as { models: { parameters: { weight: number } }[] }).models[0]!.parameters
        .weight;
      return answer('answer', [weight], request, signal);
    },
  } as unknown as LabRuntime;
}

function open(of: Recipe = recipe): { lab: Lab; searching: Searching } {
  const lab = new Lab(() => Promise.resolve(fakeRuntime()));
  lab.open(of, null);
  const store = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => void stored.set(key, text),
  };
  return { lab, searching: new Searching(() => store) };
}

beforeEach(() => {
  asked = [];
  during = () => undefined;
  stored = new Map();
  vi.stubGlobal('document', { baseURI: 'http://localhost/' });
  vi.stubGlobal('fetch', (url: URL) =>
    Promise.resolve(new Response(JSON.stringify(setOf(url.pathname.includes('-dev') ? 'dev' : 'test')))),
  );
});
afterEach(() => vi.unstubAllGlobals());

test('the sets to tune on are those of the zoo', () => {
  const folder = join(import.meta.dirname, '../../../public/zoo/probes');
  const sets = readdirSync(folder).map((file) => parseProbe(readFileSync(join(folder, file), 'utf8'), file));
  // A search asks for texts; what is heard or judged has other questions.
  const dev = sets.filter(({ split, task }) => split === 'dev' && task !== 'wer' && task !== 'reward');
  expect([...DEV_SETS].sort()).toEqual(dev.map(({ id }) => id).sort());
});

describe('a search on the bench', () => {
  test('asks the same development questions at every point, by the sum, and finds the best', async () => {
    const { lab, searching } = open();
    await searching.start(lab, wanted);
    expect(searching.finished).toBe(true);
    expect(searching.progress).toBeNull();
    const { evaluations } = searching.record!;
    expect(evaluations.map(({ values }) => values[0])).toEqual([1, 0, 0.75, 0.25, 0.5]);
    expect(asked.every(({ by, prompt }) => by === 'mix' && prompt.startsWith('dev'))).toBe(true);
    const questions = evaluations.map((_, i) =>
      asked
        .slice(4 * i, 4 * i + 4)
        .map(({ prompt }) => prompt)
        .join(),
    );
    expect(new Set(questions).size).toBe(1);
    expect(evaluations[searching.best]!.values).toEqual([1]);
    expect(searching.record!.settings.recipe.models).not.toHaveProperty('zh');
  });

  test('of a merge that is no sum asks the merged model', async () => {
    const { lab, searching } = open({
      ...recipe,
      merge: { ...(recipe.merge as object), merge_method: 'ties' } as never,
    });
    await searching.start(lab, wanted);
    expect(searching.record!.evaluations).toHaveLength(5);
    expect(asked.every(({ by }) => by === 'answer')).toBe(true);
  });

  test('leaves out a point that cannot be merged, and says why', async () => {
    const { lab, searching } = open({
      ...recipe,
      merge: { ...(recipe.merge as object), merge_method: 'ties' } as never,
    });
    during = () => {
      const { coefficients } = asked.at(-1)!;
      if (coefficients[0]! < 0.5) throw new LabError('merge/gamma-range', 'No chance.');
    };
    await searching.start(lab, wanted);
    expect(searching.finished).toBe(true);
    expect(searching.record!.evaluations.map(({ values }) => values[0])).toEqual([1, 0.75, 0.5]);
    expect(searching.record!.refused).toEqual([[0], [0.25]]);
    expect(searching.refusal?.code).toBe('merge/gamma-range');
  });

  test('stopped midway goes on in another page of the tab, with the same end', async () => {
    const whole = open();
    await whole.searching.start(whole.lab, wanted);
    const { lab, searching } = open();
    asked = [];
    during = () => asked.length === 10 && searching.stop();
    await searching.start(lab, wanted);
    expect(searching.record!.evaluations).toHaveLength(2);
    expect(searching.finished).toBe(false);

    const later = open();
    later.searching.look();
    expect(later.searching.record?.evaluations).toEqual(searching.record!.evaluations);
    expect(asked).toHaveLength(10);
    await later.searching.resume(later.lab);
    expect(later.searching.finished).toBe(true);
    expect(later.searching.record!.evaluations).toEqual(whole.searching.record!.evaluations);
  });

  test('gives way to another job, and asks no question twice for it', async () => {
    const { lab, searching } = open();
    let ran = false;
    during = () => {
      if (asked.length !== 6 || ran) return;
      ran = true;
      void lab.runner.job('run', false, () => Promise.resolve(true));
    };
    await searching.start(lab, wanted);
    expect(ran).toBe(true);
    expect(searching.finished).toBe(true);
    // Only the answer that was cut off is asked again.
    expect(asked).toHaveLength(21);
  });

  test('is not for another bench', async () => {
    const { lab, searching } = open();
    await searching.start(lab, { ...wanted, evaluations: 3 });
    lab.open({ ...recipe, models: zooModels('base', 'zh'), merge: { merge_method: 'linear', models: [] } }, null);
    expect(searching.fits(lab)).toBe(false);
    const before = lab.recipe;
    searching.use(lab);
    expect(lab.recipe).toBe(before);
    await searching.check(lab);
    expect(searching.record!.checks).toEqual([]);
  });

  test('puts the point that is looked at on the bench, and nothing else of it', async () => {
    const { lab, searching } = open();
    await searching.start(lab, wanted);
    searching.picked = 4;
    searching.use(lab);
    expect(lab.weight('chat')).toBe(0.5);
    expect(lab.prompt).toBe('x');
    expect(lab.recipe.models).toHaveProperty('zh');
  });

  test('is checked on all test questions, which only then are asked', async () => {
    const { lab, searching } = open();
    await searching.start(lab, wanted);
    asked = [];
    await searching.check(lab);
    expect(asked.map(({ prompt }) => prompt)).toEqual(setOf('test').items.map(({ prompt }) => prompt));
    const [check] = searching.record!.checks;
    expect(check!.rates[0]).toMatchObject({ k: 4, n: 4 });
    expect(check!.test[0]).toMatchObject({ k: 3, n: 9 });
    expect(readRecord(stored.get('search')!)?.checks).toEqual(searching.record!.checks);
  });

  test('that cannot start says why, and the one before stays', async () => {
    const { lab, searching } = open();
    await searching.start(lab, wanted);
    await searching.start(lab, { ...wanted, axes: [] });
    expect(searching.error?.code).toBe('search/no-axis');
    expect(searching.record!.evaluations).toHaveLength(5);
  });

  test('is forgotten when asked', async () => {
    const { lab, searching } = open();
    await searching.start(lab, wanted);
    searching.clear();
    const later = open();
    later.searching.look();
    expect(later.searching.record).toBeNull();
  });

  test('that storage has damaged is none', () => {
    const text = writeRecord({ settings: { ...wanted, recipe }, evaluations: [], refused: [], checks: [] });
    stored.set('search', text.slice(0, -2));
    const { searching } = open();
    searching.look();
    expect(searching.record).toBeNull();
  });
});
