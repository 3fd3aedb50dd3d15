import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../../src/core/merge/settings';
import {
  PARTS,
  partOf,
  readScope,
  scopeOf,
  settingOf,
  strongest,
  withLayerWeights,
  withPartFilter,
  withScope,
  type Scope,
} from '../../../../src/core/recipe/scope';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { weightOf } from '../../../../src/core/recipe/weights';

const doc: MergeDoc = {
  merge_method: 'task_arithmetic',
  base_model: 'base',
  models: [
    { model: 'chat', parameters: { weight: 0.5 } },
    { model: 'zh', parameters: { weight: 1 } },
  ],
};
const LAYERS = 5;
const names = [
  'model.embed_tokens.weight',
  'model.norm.weight',
  'lm_head.weight',
  ...Array.from({ length: LAYERS }, (_, at) =>
    ['self_attn.q_proj', 'self_attn.q_norm', 'mlp.up_proj', 'input_layernorm', 'post_attention_layernorm'].map(
      (rest) => `model.layers.${at}.${rest}.weight`,
    ),
  ).flat(),
];
/** What the merge would take for a tensor, by mergekit's own rules. */
function weightAt(of: MergeDoc, alias: string, tensor: string): number | undefined {
  const layer = /layers\.(\d+)/.exec(tensor)?.[1];
  const parameters = of.models!.find(({ model }) => model === alias)!.parameters;
  return evaluate('weight', [{ parameters, where: alias }], tensor, layer === undefined ? 0 : +layer / (LAYERS - 1));
}
const weights = fc.double({ min: -2, max: 2, noNaN: true }).map((weight) => Number(weight.toPrecision(6)) + 0);
const scopes: fc.Arbitrary<Scope> = fc.record({
  layers: fc.oneof(weights, fc.array(weights, { minLength: LAYERS, maxLength: LAYERS })),
  outside: weights,
  parts: fc.option(fc.subarray([...PARTS])),
});

describe('a scope', () => {
  test('gives every tensor the weight of its layer, and 0 outside of the chosen parts', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const scoped = withScope(doc, 'chat', scope);
        for (const name of names) {
          const layer = /layers\.(\d+)/.exec(name)?.[1];
          const { layers } = scope;
          const meant = layer === undefined ? scope.outside : typeof layers === 'number' ? layers : layers[+layer]!;
          const acts = scope.parts === null || scope.parts.includes(partOf(name)!);
          expect(weightAt(scoped, 'chat', name), name).toBeCloseTo(acts ? meant : 0, 10);
        }
        expect(scoped.models![1]).toBe(doc.models![1]);
      }),
    );
  });

  test('is read back as what every tensor gets, and is written the same again', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const setting = settingOf(scope);
        const back = scopeOf(setting);
        expect(back).not.toBeNull();
        expect(settingOf(back!)).toEqual(setting);
      }),
    );
  });

  test('is a plain number, which a slider says, where it is the same everywhere', () => {
    const graded = withLayerWeights(doc, 'chat', [0, 0.25, 0.5, 0.75, 1]);
    expect(graded.models![0]!.parameters!.weight).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(weightOf(graded, 'chat')).toBeNull();
    expect(strongest(readScope(graded, 'chat')!)).toBe(1);
    expect(weightOf(withScope(graded, 'chat', { layers: 1, outside: 1, parts: null }), 'chat')).toBe(1);
  });

  test('keeps the weights when parts are chosen, and the parts when layers are', () => {
    const both = withPartFilter(withLayerWeights(doc, 'chat', [0, 1, 1, 1, 0], 0), 'chat', ['mlp']);
    expect(readScope(both, 'chat')).toMatchObject({ layers: [0, 1, 1, 1, 0], parts: ['mlp'] });
    const again = withLayerWeights(both, 'chat', [1, 0, 0, 0, 0], 0);
    expect(readScope(again, 'chat')).toMatchObject({ layers: [1, 0, 0, 0, 0], parts: ['mlp'] });
    expect(weightOf(withPartFilter(withPartFilter(doc, 'chat', ['mlp']), 'chat', null), 'chat')).toBe(0.5);
  });

  test.each([[[{ filter: 'q_proj', value: 1 }, { value: 0 }]], [{ value: 1 }], [[true, false]], [[]]])(
    'leaves %j alone, which it cannot say',
    (setting) => expect(scopeOf(setting)).toBeNull(),
  );

  test('is refused where the method has no weights, or the model is not in the merge', () => {
    const one = { layers: [1], outside: 1, parts: null };
    const code = { code: 'recipe/no-scope' };
    expect(() => withScope({ ...doc, merge_method: 'slerp' }, 'chat', one)).toThrow(expect.objectContaining(code));
    for (const alias of ['base', 'ko']) expect(() => withScope(doc, alias, one)).toThrow(expect.objectContaining(code));
    expect(() => withLayerWeights(doc, 'chat', [])).toThrow(expect.objectContaining(code));
  });
});
