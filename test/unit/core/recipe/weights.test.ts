import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../../../src/core/recipe/formula';
import { formulaToMerge, mergeToFormula } from '../../../../src/core/recipe/formula-merge';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import {
  differenceOf,
  inputAliases,
  setCoupled,
  setWeight,
  vectorAliases,
  weightOf,
  withInput,
  withoutInput,
} from '../../../../src/core/recipe/weights';
import { lesson } from './recipes';

const doc = lesson().merge as MergeDoc;

describe('sliders', () => {
  it('are the models that are not the base', () => {
    expect(vectorAliases(doc)).toEqual(['chat', 'zh']);
    expect(vectorAliases({ ...doc, models: [{ model: 'base' }, ...doc.models!] })).toEqual(['chat', 'zh']);
    expect(vectorAliases({ merge_method: 'linear', models: doc.models! })).toEqual(['chat', 'zh']);
    expect(vectorAliases({ merge_method: 'karcher', models: [{ model: 'chat' }] })).toEqual([]);
    expect(vectorAliases({ merge_method: 'passthrough', slices: [] })).toEqual([]);
  });

  it('read weights, own before global', () => {
    expect([weightOf(doc, 'chat'), weightOf(doc, 'zh'), weightOf(doc, 'naive')]).toEqual([0.9, 1.1, 0]);
    const shared: MergeDoc = { ...doc, models: [{ model: 'chat' }], parameters: { weight: 0.4 } };
    expect(weightOf(shared, 'chat')).toBe(0.4);
    const gradient: MergeDoc = { ...doc, models: [{ model: 'chat', parameters: { weight: [0, 1] } }] };
    expect(weightOf(gradient, 'chat')).toBeNull();
  });

  it('and the formula are two views of one document', () => {
    const moved = setWeight(setWeight(doc, 'chat', 0.1 + 0.2), 'naive', -1);
    expect(weightOf(doc, 'chat')).toBe(0.9);
    const { text } = mergeToFormula(moved);
    expect(text).toBe('base + 0.3*(chat - base) + 1.1*(zh - base) - 1.0*(naive - base)');
    const read = parseFormula(text, ['base', 'chat', 'zh', 'naive']);
    if (!read.ok) throw read.error;
    expect(formulaToMerge(read.formula, moved)).toEqual(moved);
  });

  it('of a difference move together, and it stays one at 0', () => {
    const parsed = parseFormula('assistant - 1.2*(rude - base)', ['base', 'assistant', 'rude']);
    if (!parsed.ok) throw parsed.error;
    const saint = formulaToMerge(parsed.formula);
    expect(differenceOf(saint)).toEqual(['rude', 'base']);
    const less = setCoupled(saint, 'rude', -0.4, 'base');
    expect(mergeToFormula(less).text).toBe('assistant - 0.4*(rude - base)');
    const none = setCoupled(saint, 'rude', 0, 'base');
    expect(differenceOf(none)).toEqual(['rude', 'base']);
    expect(mergeToFormula(setCoupled(none, 'rude', 1, 'base')).text).toBe('assistant + 1.0*(rude - base)');
    expect(differenceOf(setWeight(saint, 'rude', -1))).toBeNull();
    expect(differenceOf(doc)).toBeNull();
    expect(differenceOf({ ...saint, merge_method: 'ties' })).toBeNull();
  });

  it('keep their place at 0, so that the order of the sum does not depend on the way', () => {
    const zero = setWeight(doc, 'chat', -0);
    expect(Object.is(weightOf(zero, 'chat'), 0)).toBe(true);
    expect(setWeight(zero, 'chat', 0.9)).toEqual(doc);
  });

  it('replace the base that stands for no vectors', () => {
    const empty: MergeDoc = { ...doc, models: [{ model: 'base' }] };
    expect(setWeight(empty, 'zh', 1).models).toEqual([{ model: 'zh', parameters: { weight: 1 } }]);
  });

  it.each<[name: string, doc: MergeDoc, alias: string, weight: number]>([
    ['the base', doc, 'base', 1],
    ['NaN', doc, 'chat', NaN],
    ['a gradient', { ...doc, models: [{ model: 'chat', parameters: { weight: [0, 1] } }] }, 'chat', 1],
    ['a method without weights', { merge_method: 'karcher', models: [{ model: 'chat' }] }, 'chat', 1],
    ['slices', { merge_method: 'linear', slices: [] }, 'chat', 1],
  ])('refuse %s', (_name, target, alias, weight) => {
    expect(() => setWeight(target, alias, weight)).toThrow(
      expect.objectContaining({ code: 'recipe/read-only-weight' }),
    );
  });
});

describe('methods without weights', () => {
  const doc: MergeDoc = {
    merge_method: 'model_stock',
    base_model: 'base',
    models: ['a', 'b', 'c'].map((model) => ({ model })),
  };

  it('have inputs, but none that a slider could set', () => {
    expect([inputAliases(doc), vectorAliases(doc)]).toEqual([['a', 'b', 'c'], []]);
    expect([weightOf(doc, 'a'), weightOf(doc, 'nobody')]).toEqual([null, null]);
    expect(() => setWeight(doc, 'a', 1)).toThrow(/cannot be set/);
    // A base that its method ignores is one of the models.
    expect(inputAliases({ ...doc, merge_method: 'karcher', models: [{ model: 'base' }, { model: 'a' }] })).toEqual([
      'base',
      'a',
    ]);
  });

  it('take a model in, and out as long as enough are left', () => {
    expect(inputAliases(withInput(doc, 'd'))).toEqual(['a', 'b', 'c', 'd']);
    const two = withoutInput(doc, 'b')!;
    expect(inputAliases(two)).toEqual(['a', 'c']);
    expect(withoutInput(two, 'a')).toBeNull();
    expect(
      withoutInput({ ...doc, merge_method: 'slerp', models: [{ model: 'a' }], parameters: { t: 0.5 } }, 'a'),
    ).toBeNull();
    expect(withInput({ merge_method: 'ties', base_model: 'base', models: [] }, 'a').models).toEqual([
      { model: 'a', parameters: { weight: 1 } },
    ]);
  });
});
