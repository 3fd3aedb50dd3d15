import { describe, expect, test } from 'vitest';
import { tunablesOf, withTunable } from '../../../../src/core/recipe/tunables';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { LabError } from '../../../../src/core/errors';

const sum = (weights: Record<string, number>): MergeDoc => ({
  merge_method: 'task_arithmetic',
  base_model: 'base',
  models: Object.entries(weights).map(([model, weight]) => ({ model, parameters: { weight } })),
  parameters: { normalize: false },
});
const ties: MergeDoc = {
  ...sum({ chat: 1, zh: 0.8 }),
  merge_method: 'ties',
  parameters: { normalize: false, density: 0.5 },
};
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof LabError ? error.code : String(error);
  }
  return 'nothing thrown';
};
const ids = (doc: MergeDoc): string[] => tunablesOf(doc).map(({ id }) => id);

describe('the numbers of a recipe that may be tuned', () => {
  test('are the weights and what the method takes, once each', () => {
    expect(ids(sum({ chat: 1, zh: 0.8 }))).toEqual(['weight/chat', 'weight/zh', 'lambda']);
    expect(ids(ties)).toEqual(['weight/chat', 'weight/zh', 'density', 'density/chat', 'density/zh', 'lambda']);
    expect(ids({ ...ties, merge_method: 'breadcrumbs' })).toContain('gamma');
    expect(ids({ ...ties, merge_method: 'della' })).toContain('epsilon');
    expect(tunablesOf(ties).find(({ id }) => id === 'density')).toMatchObject({ value: 0.5, range: [0, 1] });
    const slerp: MergeDoc = {
      merge_method: 'slerp',
      base_model: 'a',
      models: [{ model: 'a' }, { model: 'b' }],
      parameters: { t: 0.5 },
    };
    expect(ids(slerp)).toEqual(['t']);
  });

  test('a difference that is written as one is one number, unless the caller knows better', () => {
    const doc = sum({ assistant: 0.4, rude: -0.4 });
    expect(ids(doc)).toEqual(['weight/assistant-rude', 'lambda']);
    expect(tunablesOf(doc, null).map(({ id }) => id)).toEqual(['weight/assistant', 'weight/rude', 'lambda']);
    const moved = withTunable(doc, 'weight/assistant-rude', 0.7);
    expect(moved.models?.map(({ parameters }) => parameters?.weight)).toEqual([0.7, -0.7]);
  });

  test('what a gradient says is none, nor what every model has of its own', () => {
    const models = [
      { model: 'chat', parameters: { weight: [0, 1], density: 0.3 } },
      { model: 'zh', parameters: { weight: 1, density: 0.4 } },
    ];
    expect(ids({ ...ties, models })).toEqual(['weight/zh', 'density/chat', 'density/zh', 'lambda']);
    expect(ids({ ...ties, parameters: { density: [0.1, 0.9] } })).not.toContain('density');
  });

  test('each can be set and read back, and the document is not changed', () => {
    for (const doc of [ties, sum({ chat: 1 }), sum({ a: 1, b: -1 })]) {
      const before = JSON.stringify(doc);
      for (const { id, range } of tunablesOf(doc)) {
        const value = range[0] + 0.3 * (range[1] - range[0]);
        const set = withTunable(doc, id, value);
        expect(tunablesOf(set).find((one) => one.id === id)?.value).toBeCloseTo(value, 11);
      }
      expect(JSON.stringify(doc)).toBe(before);
    }
  });

  test('integers are rounded', () => {
    const karcher: MergeDoc = { merge_method: 'karcher', models: [{ model: 'a' }, { model: 'b' }] };
    expect(withTunable(karcher, 'max_iter', 6.6).parameters?.max_iter).toBe(7);
  });

  test.each(['weight/nobody', 'weight/chat-nobody', 'gamma', 'density/nobody', 'normalize', 'weight', ''])(
    '%j is refused',
    (id) => {
      expect(codeOf(() => withTunable(ties, id, 1))).toBe('recipe/not-tunable');
    },
  );
  test('so is what is no number', () => {
    expect(codeOf(() => withTunable(ties, 'lambda', NaN))).toBe('recipe/not-tunable');
  });
});
