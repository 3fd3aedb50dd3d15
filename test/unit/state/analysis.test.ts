import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { VectorAnalysis } from '../../../src/core/analyze/vectors';
import { LabError } from '../../../src/core/errors';
import type { Recipe } from '../../../src/core/recipe/types';
import type { CheckpointSummary } from '../../../src/engine/api';
import type { LabRuntime } from '../../../src/runtime/types';
import { analysis } from '../../../src/state/analysis.svelte';
import { Lab } from '../../../src/state/lab.svelte';
import { goldenLessons, goldenRecipe } from '../../zoo';

const recipe: Recipe = { ...goldenRecipe(goldenLessons.addition), run: { prompts: ['x'] } };
const RESULT = { base: 'base', vectors: ['chat', 'zh'] } as VectorAnalysis;

let opened: number;
let compared: Recipe[];
let parameters: number;
let answer: (signal: AbortSignal) => Promise<VectorAnalysis>;

function bench(): Lab {
  const runtime = {
    open: (of: Recipe) => {
      opened++;
      return Promise.resolve(
        Object.entries(of.models).map(([alias, { src }]) => ({ alias, src, parameters }) as CheckpointSummary),
      );
    },
    analyze: (of: Recipe, onProgress: (progress: object) => void, signal: AbortSignal) => {
      compared.push(of);
      onProgress({ stage: 'read', done: 1, total: 2, unit: 'bytes' });
      return answer(signal);
    },
  } as unknown as LabRuntime;
  const lab = new Lab(() => Promise.resolve(runtime));
  lab.open(recipe, null);
  return lab;
}

beforeEach(() => {
  analysis.cancel();
  [opened, compared, parameters] = [0, [], 1000];
  answer = () => Promise.resolve({ ...RESULT });
});

describe('comparing the vectors', () => {
  test('opens the models when it is asked; what it shows is live until the vectors or their weights change', async () => {
    const lab = bench();
    expect(analysis.due(lab)).toBe(false);
    await analysis.compare(lab);
    expect([opened, compared.length]).toEqual([1, 1]);
    expect(analysis.result).toEqual(RESULT);
    expect([analysis.phase, analysis.source(lab.recipe), analysis.due(lab)]).toEqual(['idle', 'live', false]);
    lab.setPrompt('another');
    expect(analysis.source(lab.recipe)).toBe('live');
    lab.setWeight('zh', 0.25);
    expect(analysis.source(lab.recipe)).toBe('stale');
    expect(analysis.due(lab)).toBe(true);
    await analysis.compare(lab);
    expect([opened, analysis.source(lab.recipe)]).toEqual([1, 'live']);
  });

  test('large models wait to be asked', async () => {
    parameters = 2e9;
    const lab = bench();
    await lab.check();
    expect(analysis.ready(lab)).toBe(true);
    expect(analysis.due(lab)).toBe(false);
  });

  test('another model under the same name is not there yet', async () => {
    const lab = bench();
    await lab.check();
    lab.setSources({ zh: 'zoo:ko-1' });
    expect(analysis.ready(lab)).toBe(false);
  });

  test('the newest wins, and a cancelled one says nothing', async () => {
    const lab = bench();
    await analysis.compare(lab);
    const before = analysis.result;
    lab.setWeight('zh', 0.5);
    let release: (value: VectorAnalysis) => void = () => undefined;
    answer = () => new Promise((resolve) => (release = resolve));
    const slow = analysis.compare(lab);
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    expect(analysis.phase).toBe('comparing');
    expect(analysis.progress).toMatchObject({ done: 1, total: 2 });
    analysis.cancel();
    release({ ...RESULT, base: 'late' });
    await slow;
    expect(analysis.result).toBe(before);
    expect([analysis.phase, analysis.error, analysis.source(lab.recipe)]).toEqual(['idle', null, 'stale']);
  });

  test('a refusal is told, and not tried again by itself', async () => {
    const lab = bench();
    await lab.check();
    lab.setWeight('zh', 0.125);
    answer = () => Promise.reject(new LabError('merge/nan-input', 'NaN.'));
    expect(analysis.due(lab)).toBe(true);
    await analysis.compare(lab);
    expect(analysis.error?.code).toBe('merge/nan-input');
    expect(analysis.due(lab)).toBe(false);
    lab.setWeight('zh', 0.375);
    expect(analysis.due(lab)).toBe(true);
  });

  test('there is nothing to compare with one vector', async () => {
    const lab = bench();
    lab.typeFormula('base + 1.0*(chat - base)');
    await lab.check();
    expect(analysis.ready(lab)).toBe(false);
    expect(analysis.due(lab)).toBe(false);
  });
});

describe('a recorded comparison', () => {
  let asked: string[];
  const serve = (of: Recipe, status = 200) => {
    asked = [];
    vi.stubGlobal('document', { baseURI: 'http://localhost/' });
    vi.stubGlobal('fetch', (url: URL) => {
      asked.push(url.pathname);
      const body = { recipe: of, analysis: { ...RESULT, base: 'recorded' } };
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    });
  };
  const benchOf = (lesson: string | null): Lab => {
    const lab = bench();
    lab.open({ ...recipe, models: { ...recipe.models, zh: { src: 'zoo:ko-1' } } }, lesson);
    return lab;
  };
  afterEach(() => vi.unstubAllGlobals());

  test('is shown before any model is here, until the vectors differ or are compared here', async () => {
    const lab = benchOf('one');
    serve(lab.recipe);
    await analysis.showRecorded(lab);
    expect(asked).toEqual(['/zoo/recorded/one-vectors.json']);
    expect([analysis.source(lab.recipe), analysis.result?.base, opened]).toEqual(['recorded', 'recorded', 0]);
    const { recipe: before } = lab;
    lab.setWeight('zh', 0.75);
    await analysis.showRecorded(lab);
    expect([analysis.source(lab.recipe), asked.length]).toEqual(['stale', 1]);
    lab.open(before, 'one');
    expect(analysis.source(lab.recipe)).toBe('recorded');
    await lab.check();
    expect(analysis.due(lab)).toBe(true);
    await analysis.compare(lab);
    await analysis.showRecorded(lab);
    expect([analysis.source(lab.recipe), analysis.result?.base]).toEqual(['live', 'base']);
  });

  test('of other vectors, or missing, shows nothing; outside a lesson none is asked for', async () => {
    serve(recipe);
    for (const lesson of ['two', null]) {
      const lab = benchOf(lesson);
      lab.setWeight('zh', 0.625);
      await analysis.showRecorded(lab);
      expect([lesson, analysis.source(lab.recipe)]).toEqual([lesson, 'stale']);
    }
    expect(asked).toEqual(['/zoo/recorded/two-vectors.json']);
    const lab = benchOf('three');
    lab.setWeight('zh', 0.625);
    serve(lab.recipe, 404);
    await analysis.showRecorded(lab);
    expect(analysis.source(lab.recipe)).toBe('stale');
  });
});
