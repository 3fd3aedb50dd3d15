import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LabError } from '../../../src/core/errors';
import { metricsOf } from '../../../src/core/map/metric';
import { parseProbe } from '../../../src/core/probe/probe';
import type { OpenSum } from '../../../src/core/recipe/open-sum';
import type { MergeDoc, Recipe } from '../../../src/core/recipe/types';
import { weightOf } from '../../../src/core/recipe/weights';
import type { LabRuntime } from '../../../src/runtime/types';
import { Lab } from '../../../src/state/lab.svelte';
import { axesOf, CoefficientMap, rangeOf } from '../../../src/state/map.svelte';
import { zooModels } from '../../zoo';

const probe = readFileSync('public/zoo/probes/addition-dev.json', 'utf8');
const [metric] = metricsOf(parseProbe(probe, 'addition-dev'));
const never = new AbortController().signal;
const recipe = (method: string): Recipe => ({
  v: 1,
  models: zooModels('base', 'chat', 'zh'),
  merge: {
    merge_method: method,
    base_model: 'base',
    models: ['chat', 'zh'].map((model) => ({ model, parameters: { weight: 1 } })),
    parameters: { normalize: false },
  },
  run: { prompts: ['why?'] },
});

let lab: Lab;
let map: CoefficientMap;
/** What was asked, in order: the weights, and which way. */
let log: string[];
let onAsk: () => void;

const note = (kind: string, at: readonly (number | null)[]): void => {
  log.push(`${kind} ${at.join()}`);
  onAsk();
};
const weights = ({ merge }: Recipe) => ['chat', 'zh'].map((alias) => weightOf(merge as MergeDoc, alias));
const runtime = {
  open: () => Promise.resolve([]),
  firstTokens: (of: Recipe, sum: OpenSum | null, questions: readonly unknown[], signal: AbortSignal) => {
    if (signal.aborted) throw new LabError('aborted', 'Cancelled.');
    expect(questions).toHaveLength(24);
    note(sum ? 'sum' : 'merge', sum ? sum.coefficients : weights(of));
    const [chat = 0] = weights(of);
    if (chat === 2) throw new LabError('merge/density', 'There is no such merge.');
    return Promise.resolve(questions.map(() => ({ share: chat! / 4, id: 1, text: 'a', p: 1 })));
  },
  mix: (_of: Recipe, _base: string, _vectors: string[], at: readonly number[]) => {
    note('mix', at);
    return Promise.resolve({ text: ` ${at[0]! < 0.9 ? 'yes' : 'no'}`, ids: [1] });
  },
  answer: (of: Recipe) => {
    note('answer', weights(of));
    return Promise.resolve({ text: 'yes' });
  },
} as unknown as LabRuntime;

beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'http://lab/' });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(probe)));
  log = [];
  onAsk = () => undefined;
  lab = new Lab(() => Promise.resolve(runtime));
  map = new CoefficientMap();
});
afterEach(() => {
  vi.unstubAllGlobals();
});
function bench(method = 'task_arithmetic'): void {
  lab.open(recipe(method), null);
  const [x, y] = axesOf(lab).map((one) => ({ id: one.id, min: rangeOf(one)[0], max: rangeOf(one)[1] }));
  map.settings = { x: x!, y: y!, size: 5, metric: metric! };
}

describe('the map of two numbers', () => {
  test('colours first, coarse to fine, then answers; a point that cannot be merged is left out and said', async () => {
    bench();
    await map.fillQuietly(lab, never);
    // Of the coarsest cells the one nearest to the bench, which is in the middle; all are equally far.
    expect(log[0]).toBe('sum 0,0');
    expect(log.slice(0, 25).every((line) => line.startsWith('sum'))).toBe(true);
    expect(log.slice(25).every((line) => line.startsWith('mix'))).toBe(true);
    const points = map.points(lab);
    expect(points[1]).toMatchObject({ share: 0.125, text: 'yes', refusal: null });
    expect(points[4]).toMatchObject({ share: null, text: null, refusal: { code: 'merge/density' } });
    expect(log.slice(25)).toHaveLength(20);
    expect(map.complete(lab)).toBe(true);
    // The answer changes between the columns of 0.5 and 1.
    expect(map.borders(lab)).toHaveLength(1);
    expect(map.borders(lab)[0]!.every(([column]) => column === 2)).toBe(true);
  });

  test('goes on where it was ended, and going to a point asks for nothing', async () => {
    bench();
    const stop = new AbortController();
    onAsk = () => log.length === 7 && stop.abort();
    await map.fillQuietly(lab, stop.signal);
    expect(log).toHaveLength(7);
    expect(map.error).toBeNull();
    onAsk = () => undefined;
    map.go(lab, [1, 3]);
    expect(weights(lab.recipe)).toEqual([0.5, 1.5]);
    expect(map.place(lab)).toEqual([1, 3]);
    await map.fillQuietly(lab, never);
    expect(log.filter((line) => line.startsWith('sum'))).toHaveLength(25);
    expect(new Set(log).size).toBe(log.length);
  });

  test('another question keeps no answer; going back to the one before does', async () => {
    bench();
    await map.fillQuietly(lab, never);
    lab.setPrompt('what?');
    expect(map.complete(lab)).toBe(false);
    lab.setPrompt('why?');
    expect(map.complete(lab)).toBe(true);
  });

  test('a merge that is no sum is merged at each point, colour and answer at once, and never unasked', async () => {
    bench('dare_linear');
    expect(map.quick(lab)).toBe(false);
    expect(map.due(lab)).toBe(false);
    await map.fill(lab);
    expect(log.slice(0, 2)).toEqual(['merge 0,0', 'answer 0,0']);
    const kinds = log.map((line) => line.split(' ')[0]);
    expect(['sum', 'merge', 'answer'].map((kind) => kinds.filter((one) => one === kind).length)).toEqual([0, 25, 20]);
    expect(map.complete(lab)).toBe(true);
  });
});
