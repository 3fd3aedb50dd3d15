import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planMerge } from '../../../../src/core/merge/plan';
import { brushedIn, brushLayers, canBrush, unbrush } from '../../../../src/core/recipe/brush';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { madeHead } from '../merge/helpers';

const task = (weights: number[], method = 'task_arithmetic'): MergeDoc => ({
  merge_method: method,
  base_model: 'base',
  models: weights.map((weight, k) => ({ model: `m${k}`, parameters: { weight } })),
});
const sumOf = (base: number, other: number): MergeDoc => ({
  merge_method: 'linear',
  models: [
    { model: 'base', parameters: { weight: base } },
    { model: 'm0', parameters: { weight: other } },
  ],
  parameters: { normalize: false },
});
const sum = sumOf(0.2, 0.8);

/** The weights of each model by tensor, as the plan evaluates them. */
function weightsOf(doc: MergeDoc, layers: number): Record<string, number[]> {
  const names = ['model.embed_tokens.weight', ...Array.from({ length: layers }, (_, n) => `model.layers.${n}.mlp.w`)];
  const tensors = Object.fromEntries(names.map((name) => [name, { shape: [1], values: [1] }]));
  const config = { model_type: 'llama', num_hidden_layers: layers };
  const heads = ['base', 'm0', 'm1'].map((alias) => [alias, madeHead(alias, tensors, { config })] as const);
  const plan = planMerge(doc, new Map(heads));
  const seen: Record<string, number[]> = {};
  for (const name of names)
    for (const { alias, params } of plan.tensors.find((one) => one.name === name)!.inputs)
      (seen[alias] ??= []).push(params['weight'] ?? NaN);
  return seen;
}

describe('layers brushed in the microscope', () => {
  test('only these are merged, or all but these, as the merge itself evaluates it', () => {
    const range = { from: 1, to: 2 };
    const only = weightsOf(brushLayers(task([1, 0.5]), 'base', range, 'only', 4), 4);
    expect([only.m0, only.m1]).toEqual([
      [0, 0, 1, 1, 0],
      [0, 0, 0.5, 0.5, 0],
    ]);
    const without = weightsOf(brushLayers(task([1, 0.5]), 'base', range, 'without', 4), 4);
    expect([without.m0, without.m1]).toEqual([
      [1, 1, 0, 0, 1],
      [0.5, 0.5, 0, 0, 0.5],
    ]);
  });

  test('in a sum of whole models the base takes the place of what is left out', () => {
    const only = brushLayers(sum, 'base', { from: 0, to: 0 }, 'only', 3);
    expect(weightsOf(only, 3)).toMatchObject({ base: [1, 0.2, 1, 1], m0: [0, 0.8, 0, 0] });
    expect(unbrush(only, 'base')).toEqual(sum);
  });

  test('is read back, and taken back', () => {
    const layers = fc.integer({ min: 2, max: 12 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        from: fc.integer({ min: 0, max: count - 1 }),
        to: fc.integer({ min: 0, max: count - 1 }),
        mode: fc.constantFrom('only' as const, 'without' as const),
        doc: fc.constantFrom(task([1, 0.5]), task([0.3, -1], 'ties'), sum, sumOf(1.5, -0.5)),
      }),
    );
    fc.assert(
      fc.property(layers, ({ count, mode, doc, ...ends }) => {
        const range = { from: Math.min(ends.from, ends.to), to: Math.max(ends.from, ends.to) };
        const brushed = brushLayers(doc, 'base', range, mode, count);
        expect(brushedIn(brushed, 'base', count)).toEqual({ ...range, mode });
        expect(unbrush(brushed, 'base')).toEqual(doc);
        expect(brushedIn(doc, 'base', count)).toBeNull();
      }),
    );
  });

  test('leaving out adds up; another gradient is a mixed one', () => {
    const once = brushLayers(task([1]), 'base', { from: 0, to: 0 }, 'without', 4);
    const twice = brushLayers(once, 'base', { from: 3, to: 3 }, 'without', 4);
    expect(weightsOf(twice, 4).m0).toEqual([1, 0, 1, 1, 0]);
    expect(brushedIn(twice, 'base', 4)).toBe('mixed');
    const gradient: MergeDoc = { ...task([1]), models: [{ model: 'm0', parameters: { weight: [0, 0.5, 1] } }] };
    expect(brushedIn(gradient, 'base', 3)).toEqual({ from: 1, to: 2, mode: 'only' });
  });

  test('not where a weight of 0 is not the base, nor where weights are filtered by parts', () => {
    expect(canBrush(task([1, 1], 'nuslerp'), 'base')).toBe(false);
    expect(canBrush({ ...sum, models: [sum.models![1]!] }, 'base')).toBe(false);
    const parts: MergeDoc = {
      ...task([1]),
      models: [{ model: 'm0', parameters: { weight: [{ filter: 'mlp', value: 1 }, { value: 0 }] } }],
    };
    expect(canBrush(parts, 'base')).toBe(false);
    expect(brushLayers(parts, 'base', { from: 0, to: 1 }, 'only', 4)).toBe(parts);
  });
});
