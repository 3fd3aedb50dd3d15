import { describe, expect, test } from 'vitest';
import { planMerge } from '../../../src/core/merge/plan';
import { LAB_VARIANTS, SPECS } from '../../../src/core/merge/specs';
import { mergeToFormula } from '../../../src/core/recipe/formula-merge';
import { parseRecipe } from '../../../src/core/recipe/validate';
import type { MergeDoc } from '../../../src/core/recipe/types';
import { methods } from '../../../src/i18n/en/methods';
import { obstacleTo, variantsFor, withMethod, withVariant } from '../../../src/state/methods';
import { madeHead } from '../core/merge/helpers';

const ALIASES = ['base', 'a', 'b', 'c'];
const heads = new Map(
  ALIASES.map((alias, k) => [alias, madeHead(alias, { w: { shape: [2, 3], values: [1, 2, 3, 4, 5, 6 + k] } })]),
);
const sum = (...weights: number[]): MergeDoc => ({
  merge_method: 'task_arithmetic',
  base_model: 'base',
  models: weights.map((weight, k) => ({ model: ALIASES[k + 1]!, parameters: { weight } })),
  parameters: { normalize: false },
  dtype: 'float32',
  out_dtype: 'float32',
  lab: { seed: 3 },
});
const choices = (doc: MergeDoc): string[] =>
  SPECS.map(({ id }) => id).filter((id) => obstacleTo(doc, id, ALIASES) === null);

/** It can be written down, read back, and planned: nothing is missing and nothing too much. */
function expectValid(doc: MergeDoc): void {
  const models = Object.fromEntries(ALIASES.map((alias) => [alias, { src: `file:${'0'.repeat(64)}` }]));
  const { recipe, notices } = parseRecipe({ v: 1, models, merge: doc });
  expect(recipe.merge).toEqual(doc);
  expect(notices).toEqual([]);
  expect(() => planMerge(doc, heads, { allowNonFinite: true })).not.toThrow();
}

describe('choosing a method', () => {
  const starts = [sum(1), sum(0.9, 1.1), sum(0.5, 1, -1), sum(0.5, 0), sum(0)];
  test.each(starts.map((doc) => [mergeToFormula(doc).text, doc] as const))(
    '%s: every choice is a valid merge',
    (_, doc) => {
      for (const first of choices(doc)) {
        const once = withMethod(doc, first, ALIASES);
        expect(once.merge_method).toBe(first);
        expectValid(once);
        // The formula bar shows it as something that can be edited.
        expect(mergeToFormula(once)).toMatchObject({ editable: true });
        // And from there every other one.
        for (const second of choices(once)) expectValid(withMethod(once, second, ALIASES));
      }
    },
  );

  test('says why not', () => {
    const why = (doc: MergeDoc) =>
      Object.fromEntries(SPECS.flatMap(({ id }) => (obstacleTo(doc, id) === null ? [] : [[id, obstacleTo(doc, id)]])));
    expect(why(sum(1))).toEqual({ nuslerp: 'two', model_stock: 'more' });
    expect(why(sum(1, 1))).toEqual({ slerp: 'one', nearswap: 'one', arcee_fusion: 'one', passthrough: 'single' });
    // A muted model does not count where there are no weights.
    expect(why(sum(1, 0))).toEqual({ model_stock: 'more' });
    expect([obstacleTo(sum(0), 'sce'), obstacleTo(sum(0), 'model_stock')]).toEqual(['some', 'more']);
    expect(obstacleTo({ ...sum(1), models: [], merge_method: 'linear' }, 'ties')).toBe('sum');
    expect(obstacleTo({ merge_method: 'linear', slices: [] }, 'ties')).toBe('whole');
  });

  test('what is refused changes nothing', () => {
    for (const { id } of SPECS)
      if (obstacleTo(sum(1, 1), id) !== null) expect(withMethod(sum(1, 1), id)).toEqual(sum(1, 1));
  });

  test('a method starts with the values it needs', () => {
    expect(withMethod(sum(1), 'slerp')).toMatchObject({
      base_model: 'base',
      models: [{ model: 'a' }],
      parameters: { t: 0.5 },
    });
    expect(withMethod(sum(1), 'nearswap').parameters).toEqual({ t: 0.001 });
    expect(withMethod(withMethod(sum(1), 'slerp'), 'nearswap').parameters).toEqual({ t: 0.001 });
    expect(withMethod(sum(1, 1), 'della').parameters).toEqual({ density: 0.5 });
    expect(withMethod(withMethod(sum(1, 1), 'ram'), 'della').parameters).toEqual({ density: 0.5 });
  });

  test('t is the share of the other model', () => {
    const slerp = { ...withMethod(sum(1), 'slerp'), parameters: { t: 0.25 } };
    expect(withMethod(slerp, 'linear').models).toEqual([
      { model: 'base', parameters: { weight: 0.75 } },
      { model: 'a', parameters: { weight: 0.25 } },
    ]);
  });

  test('the base comes back where it was lost', () => {
    const alone = withMethod(sum(1), 'passthrough', ALIASES);
    expect(alone).toMatchObject({ merge_method: 'passthrough', models: [{ model: 'a' }] });
    expect(alone.base_model).toBeUndefined();
    expect(withMethod(alone, 'slerp', ALIASES)).toMatchObject({ base_model: 'base', models: [{ model: 'a' }] });
    for (const id of ['ties', 'nuslerp'])
      expect(withMethod(withMethod(sum(1, 1), 'karcher'), id)).toMatchObject({
        base_model: 'base',
        models: [{ model: 'a' }, { model: 'b' }],
      });
  });

  test('choices that only the old method has leave the lab block', () => {
    const ties: MergeDoc = { ...withMethod(sum(1, 1), 'ties'), lab: { seed: 3, election: 'paper', trim: 'model' } };
    expect(withMethod(ties, 'dare_ties').lab).toEqual({ seed: 3, election: 'paper' });
    expect(withMethod(ties, 'linear').lab).toEqual({ seed: 3 });
  });
});

test('every method, family, parameter and choice has words', () => {
  const words = new Set(Object.keys(methods));
  const needed = SPECS.flatMap((spec) => [
    `method.${spec.id}`,
    `family.${spec.family}`,
    ...spec.params.filter(({ id, ignored }) => !ignored && id !== 'weight').map(({ id }) => `parameter.${id}`),
    ...spec.variants.flatMap((variant) => LAB_VARIANTS[variant].map((choice) => `variant.${variant}.${choice}`)),
  ]);
  expect(needed.filter((key) => !words.has(key))).toEqual([]);
});

describe('choices of the lab block', () => {
  test('are offered where they have an effect', () => {
    const offered = (doc: MergeDoc) => variantsFor(doc).map(({ variant }) => variant);
    const ties = withMethod(sum(1, 1), 'ties');
    expect(offered(ties)).toEqual(['election', 'trim']);
    expect(offered({ ...ties, parameters: { rescale: true } })).toEqual(['election', 'trim', 'rescale']);
    expect(offered(withMethod(sum(1, 1), 'dare_linear'))).toEqual(['rescale']);
    expect(offered(sum(1))).toEqual([]);
  });
  test('are written, and leave with mergekit’s own way', () => {
    const ties = withMethod(sum(1, 1), 'ties');
    const paper = withVariant(ties, 'election', 'paper');
    expect(paper.lab).toEqual({ seed: 3, election: 'paper' });
    expectValid(paper);
    expect(withVariant(paper, 'election', 'mergekit')).toEqual(ties);
    expect(withVariant(ties, 'election', 'nobody')).toBe(ties);
    const { lab: _lab, ...bare } = ties;
    expect(withVariant(withVariant(bare, 'trim', 'model'), 'trim', 'tensor')).toEqual(bare);
  });
});
