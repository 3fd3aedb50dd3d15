import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Recipe } from '../../../src/core/recipe/types';
import type { GenerateResult } from '../../../src/engine/api';
import type { LabRuntime, RunHandlers } from '../../../src/runtime/types';
import { withMethod } from '../../../src/state/methods';
import { errors } from '../../../src/state/errors.svelte';
import { Lab } from '../../../src/state/lab.svelte';
import { Mixer } from '../../../src/state/mixer.svelte';
import { withSeed } from '../../../src/core/merge/seed';
import { zooModels } from '../../zoo';
import { results } from '../../../src/state/results.svelte';

const recipe: Recipe = {
  v: 1,
  models: zooModels('chat', 'base'),
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'chat', parameters: { weight: 0.9 } }],
    parameters: { normalize: false },
  },
  run: { prompts: ['x'] },
};
const SHA = 'a'.repeat(64);

interface Fake {
  runtime: LabRuntime;
  ran: string[][];
  hashed: number;
  fail: string | null;
}

/** A runtime that answers at once: every column says its own name. */
function fakeRuntime(): Fake {
  const fake: Fake = { ran: [], hashed: 0, fail: null, runtime: {} as LabRuntime };
  const result = (text: string): GenerateResult => ({
    text,
    ids: [1],
    steps: [{ id: 1, text, top5: [] }],
    finish: 'stop',
    firstTokenMs: 1,
    totalMs: 1,
  });
  fake.runtime = {
    open: (opened: Recipe) =>
      Promise.resolve(
        Object.entries(opened.models).map(([alias, { src }]) => ({
          alias,
          src,
          title: alias,
          titles: {},
          architecture: null,
          parameters: 10,
          bytes: 20,
          dtypes: [],
          tensors: 1,
          warnings: [],
        })),
      ),
    plan: () => Promise.resolve({ copied: [], notices: [] }),
    run: (_recipe: Recipe, columns: readonly string[], _request: unknown, handlers: RunHandlers) => {
      fake.ran.push([...columns]);
      for (const column of columns) {
        if (column === fake.fail) handlers.onFailed(column, { code: 'model/session', message: 'No.', params: {} });
        else handlers.onDone(column, result(column));
      }
      return Promise.resolve();
    },
    fingerprint: () => {
      fake.hashed++;
      return Promise.resolve({ sha256: SHA, tensors: 1, bytes: 1, ms: 1 });
    },
    addFiles: (alias: string) =>
      Promise.resolve({ alias, src: `file:${SHA}`, title: 'mine', titles: {}, parameters: 10, warnings: [] }),
  } as unknown as LabRuntime;
  return fake;
}

describe('the bench', () => {
  let fake: Fake;
  let lab: Lab;
  beforeEach(() => {
    vi.useFakeTimers();
    results.clear();
    for (const topic of ['run', 'open', 'files'] as const) errors.clear(topic);
    fake = fakeRuntime();
    lab = new Lab(() => Promise.resolve(fake.runtime));
    lab.open(recipe, null);
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const idle = () => vi.advanceTimersByTimeAsync(1000);

  test('without columns of its own a recipe shows its base first and the merged model last', () => {
    expect(lab.columns).toEqual(['base', 'chat', 'merged']);
  });

  test('leaves idle in the caller’s own task, and counts a run when all columns have ended', async () => {
    const run = lab.run();
    expect(lab.runner.state).toBe('loading');
    await run;
    expect(lab.runner.state).toBe('idle');
    expect(lab.runner.finished).toBe(1);
    expect(lab.columns.map((alias) => lab.source(alias))).toEqual(['live', 'live', 'live']);
  });

  test('a moved slider runs the merged column alone', async () => {
    await lab.run();
    lab.setWeight('chat', 0.5);
    expect(lab.source('merged')).toBe('stale');
    await idle();
    expect(fake.ran).toEqual([['base', 'chat', 'merged'], ['merged']]);
    expect(lab.source('merged')).toBe('live');
  });

  test.each(['first', 'second'])('what is changed during the %s run is run when it is done', async (which) => {
    if (which === 'second') await lab.run();
    fake.ran.length = 0;
    lab.setPrompt('y');
    void lab.run();
    lab.setWeight('chat', 0.5);
    lab.release();
    await idle();
    expect(lab.runner.state).toBe('idle');
    expect(lab.source('merged')).toBe('live');
    expect(fake.ran.at(-1)).toEqual(['merged']);
  });

  test('a run ended by hand stays ended, whatever was changed during it', async () => {
    await lab.run();
    void lab.run();
    lab.setWeight('chat', 0.5);
    const before = fake.ran.length;
    lab.cancel();
    await idle();
    expect(fake.ran.length).toBeLessThanOrEqual(before + 1);
    expect(lab.source('merged')).toBe('stale');
  });

  test('a difference that was written as one has one card, whose slider moves both ends', () => {
    lab.open({ ...recipe, models: zooModels('chat', 'base', 'zh') }, null);
    expect(lab.rack).toEqual(['chat']);
    lab.typeFormula('chat - 1.2*(zh - base)');
    expect([lab.rack, lab.partner('zh'), lab.vectorName('zh')]).toEqual([['zh'], 'base', 'zh − base']);
    lab.setWeight('zh', 0);
    lab.setWeight('zh', -0.4);
    expect([lab.rack, lab.formula.text]).toEqual([['zh'], 'chat - 0.4*(zh - base)']);
    lab.mixer.toggleMute('zh');
    expect(lab.weight('base')).toBe(0);
    lab.mixer.toggleMute('zh');
    expect(lab.formula.text).toBe('chat - 0.4*(zh - base)');
    // Two sliders that meet by chance stay two.
    lab.typeFormula('chat - 0.5*(zh - chat) + 0.4*(base - chat)');
    expect(lab.rack).toEqual(['zh', 'base']);
    lab.setWeight('zh', -0.4);
    expect(lab.rack).toEqual(['zh', 'base']);
  });

  test('a random method or a new seed runs the merged column anew, and the recipe says the seed', async () => {
    await lab.run();
    lab.change(withMethod(lab.doc!, 'dare_linear'));
    expect(lab.doc!.lab).toEqual({ seed: 0 });
    expect(lab.formula).toEqual({ text: 'dare_linear(base; chat: 0.9; density: 0.5)', editable: true });
    await idle();
    lab.change(withSeed(lab.doc!, 5));
    expect(lab.source('merged')).toBe('stale');
    await idle();
    expect(fake.ran).toEqual([['base', 'chat', 'merged'], ['merged'], ['merged']]);
    lab.typeFormula('dare_ties(base; chat: 1.0; density: 0.2)');
    expect(lab.doc).toMatchObject({ merge_method: 'dare_ties', parameters: { density: 0.2 }, lab: { seed: 5 } });
  });

  test('the fingerprint waits for rest after a run, and is kept while only the prompt changes', async () => {
    await lab.run();
    expect(lab.runner.fingerprint.state).toBe('none');
    await idle();
    expect(lab.runner.fingerprint).toEqual({ state: 'new', sha256: SHA });
    lab.setPrompt('y');
    expect(lab.runner.fingerprint.state).toBe('new');
    lab.setWeight('chat', 0.4);
    expect(lab.runner.fingerprint.state).toBe('none');
  });

  test.each([
    [SHA, 'match'],
    ['b'.repeat(64), 'differs'],
  ])('a claim of %s is compared only with what was computed for it', async (weights, verdict) => {
    await lab.run();
    await idle();
    lab.open({ ...recipe, expect: { weights } }, null);
    expect(lab.runner.fingerprint.state).toBe('none');
    await lab.run();
    await idle();
    expect(lab.runner.fingerprint.state).toBe(verdict);
    expect(fake.hashed).toBe(2);
  });

  test('an edit of the merge drops the author’s claims', () => {
    lab.open({ ...recipe, expect: { weights: SHA, texts: { merged: 'said' } } }, null);
    expect(results.columns['merged']?.text).toBe('said');
    expect(lab.source('merged')).toBe('recorded');
    lab.setWeight('chat', 0.3);
    expect(lab.recipe.expect).toBeUndefined();
  });

  test('a local folder becomes local_1, and the same bits never become a second model', async () => {
    await lab.addFiles([[]]);
    await lab.addFiles([[]]);
    expect(Object.keys(lab.recipe.models)).toEqual(['chat', 'base', 'local_1']);
    expect(lab.columns).toContain('local_1');
  });

  test('a vector that cannot run leaves recipe, answers and fingerprint as they were', async () => {
    await lab.addFiles([[]]);
    await lab.run();
    await idle();
    const before = { recipe: lab.recipe, columns: results.columns, fingerprint: lab.runner.fingerprint };
    fake.fail = 'merged';
    await lab.addVector('local_1');
    expect({ recipe: lab.recipe, columns: results.columns, fingerprint: lab.runner.fingerprint }).toEqual(before);
    expect(errors.list[0]?.error.code).toBe('model/session');
  });
});

describe('mute and solo', () => {
  function desk(weights: Record<string, number>) {
    const mixer: Mixer = new Mixer({
      rack: Object.keys(weights),
      weight: (alias) => weights[alias] ?? null,
      setWeight: (alias, weight) => {
        mixer.forget(alias);
        weights[alias] = weight;
      },
    });
    return mixer;
  }
  test('mute remembers the weight', () => {
    const weights = { a: 0.7, b: 1 };
    const mixer = desk(weights);
    mixer.toggleMute('a');
    expect(weights.a).toBe(0);
    expect(mixer.muted).toEqual({ a: 0.7 });
    mixer.toggleMute('a');
    expect(weights.a).toBe(0.7);
    expect(mixer.muted).toEqual({});
  });
  test('a muted vector is negated in silence', () => {
    const weights = { a: 0.7, b: 1 };
    const mixer = desk(weights);
    mixer.toggleMute('a');
    mixer.negate('a');
    expect(weights.a).toBe(0);
    mixer.toggleMute('a');
    expect(weights.a).toBe(-0.7);
    mixer.negate('a');
    expect(weights.a).toBe(0.7);
  });
  test('solo silences the others, twice brings them back', () => {
    const weights = { a: 0.7, b: 1, c: -0.5 };
    const mixer = desk(weights);
    mixer.toggleSolo('b');
    expect(weights).toEqual({ a: 0, b: 1, c: 0 });
    expect(mixer.isSolo('b')).toBe(true);
    mixer.toggleSolo('b');
    expect(weights).toEqual({ a: 0.7, b: 1, c: -0.5 });
  });
});
