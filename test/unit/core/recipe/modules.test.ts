import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../../../src/core/recipe/formula';
import { formulaToMerge, mergeToFormula } from '../../../../src/core/recipe/formula-merge';
import { decodeLink, encodeLink } from '../../../../src/core/recipe/link';
import { mixedModule, takenFrom, takenModules } from '../../../../src/core/recipe/modules';
import { openSum } from '../../../../src/core/recipe/open-sum';
import { parseRecipe } from '../../../../src/core/recipe/validate';
import { withScope } from '../../../../src/core/recipe/scope';
import { tunablesOf, withTunable } from '../../../../src/core/recipe/tunables';
import type { MergeDoc, Recipe } from '../../../../src/core/recipe/types';
import { inputAliases, setCoupled, setWeight, vectorAliases, weightOf } from '../../../../src/core/recipe/weights';
import { recipeFromYaml, recipeToYaml } from '../../../../src/core/recipe/yaml';
import { obstacleTo, withMethod } from '../../../../src/state/methods';

const ALIASES = ['base', 'rm', 'vlm', 'with', 'of'];
const TEXT =
  'base + 1.0*(rm - base) + 0.5*(vlm - base) with head of rm, vision_tower of vlm, multi_modal_projector of vlm';
const glasses: MergeDoc = {
  merge_method: 'task_arithmetic',
  base_model: 'base',
  modules: {
    text_decoder: {
      models: [
        { model: 'rm', parameters: { weight: 1 } },
        { model: 'vlm', parameters: { weight: 0.5 } },
      ],
    },
    vision_tower: { models: [{ model: 'vlm' }] },
    multi_modal_projector: { models: [{ model: 'vlm' }] },
    head: { models: [{ model: 'rm' }] },
  },
  parameters: { normalize: false },
  dtype: 'float32',
  out_dtype: 'float32',
};
const recipe: Recipe = {
  v: 1,
  models: { base: { src: 'zoo:reward-base-1' }, rm: { src: 'zoo:reward-text-1' }, vlm: { src: 'zoo:reward-vlm-1' } },
  merge: glasses,
};
function read(text: string, previous?: MergeDoc): MergeDoc {
  const result = parseFormula(text, ALIASES);
  if (!result.ok) throw result.error;
  return formulaToMerge(result.formula, previous);
}
const code = (text: string): string => {
  const result = parseFormula(text, ALIASES);
  return result.ok ? 'no error' : `${result.error.code} ${String(result.error.params['at'])}`;
};

describe('a recipe of modules', () => {
  it('is a formula, YAML and a link, and the same again from each', async () => {
    expect(mergeToFormula(glasses)).toEqual({ text: TEXT, editable: true });
    expect(read(TEXT)).toEqual(glasses);
    expect(recipeFromYaml(recipeToYaml(recipe)).recipe.merge).toEqual(glasses);
    expect((await decodeLink(await encodeLink(recipe))).recipe).toEqual(recipe);
    expect(parseRecipe(recipe).recipe).toEqual(recipe);
  });

  it('reads the modules of a formula in any order, and none where it has none', () => {
    expect(read('base + (rm - base) with vision_tower of vlm, head of rm')).toEqual(
      read('base + (rm - base) with head of rm, vision_tower of vlm'),
    );
    expect(read('base + 0.5*(rm - base)', glasses).modules).toBeUndefined();
    expect(read('with + 0.5*(of - with) with head of of').modules!['head']).toEqual({ models: [{ model: 'of' }] });
    const call = read('ties(base; rm: 1.0, vlm: 0.5; density: 0.5) with head of rm');
    expect(mergeToFormula(call)).toEqual({
      text: 'ties(base; rm: 1.0, vlm: 0.5; density: 0.5) with head of rm',
      editable: true,
    });
  });

  it.each([
    ['base with', 'formula/expected-module 9'],
    ['base with tower of vlm', 'formula/unknown-module 10'],
    ['base with encoder of vlm', 'formula/unknown-module 10'],
    ['base with head rm', 'formula/expected-of 15'],
    ['base with head of', 'formula/expected-model 17'],
    ['base with head of x', 'formula/unknown-model 18'],
    ['base with head of rm, head of vlm', 'formula/duplicate 22'],
    ['base with head of rm vlm', 'formula/expected-end 21'],
    ['slerp(base; rm; t: 0.5) with vision_tower of vlm', 'formula/merged-module 29'],
    ['slerp(base; rm; t: 0.5) with head of rm', 'no error'],
  ])('%s: %s', (text, expected) => expect(code(text)).toBe(expected));

  it('has sliders for the models of the text half, and they leave the rest alone', () => {
    expect(vectorAliases(glasses)).toEqual(['rm', 'vlm']);
    expect(inputAliases(glasses)).toEqual(['rm', 'vlm']);
    expect([weightOf(glasses, 'vlm'), weightOf(glasses, 'other')]).toEqual([0.5, 0]);
    const moved = setWeight(glasses, 'vlm', 0);
    expect(weightOf(moved, 'vlm')).toBe(0);
    expect({ ...moved.modules, text_decoder: null }).toEqual({ ...glasses.modules, text_decoder: null });
    expect(mergeToFormula(setCoupled(glasses, 'vlm', -1, 'rm')).editable).toBe(true);
    expect(tunablesOf(glasses).map(({ id, value }) => [id, value])).toEqual([
      ['weight/rm', 1],
      ['weight/vlm', 0.5],
      ['lambda', 1],
    ]);
    expect(weightOf(withTunable(glasses, 'weight/rm', 1.25), 'rm')).toBe(1.25);
    const scoped = withScope(glasses, 'rm', { layers: [0, 1], outside: 0, parts: null });
    expect(weightOf(scoped, 'rm')).toBeNull();
    expect(mergeToFormula(scoped)).toMatchObject({ editable: false, summary: { reasons: ['gradient'] } });
    // A sum in the graph has no place for another model's head.
    expect(openSum({ ...recipe, merge: glasses })).toBeNull();
  });

  it('begins to merge a text half that was one model’s', () => {
    const bare = read('base with head of rm');
    expect([mixedModule(bare), takenFrom(bare, 'head')]).toEqual(['text_decoder', 'rm']);
    expect(mergeToFormula(bare)).toEqual({ text: 'base with head of rm', editable: true });
    expect(mergeToFormula(setWeight(bare, 'rm', 1)).text).toBe('base + 1.0*(rm - base) with head of rm');
  });

  it('changes its method where that changes no module that is taken as it is', () => {
    const ties = withMethod(glasses, 'ties', ALIASES);
    expect(takenModules(ties)).toEqual(takenModules(glasses));
    expect(vectorAliases(ties)).toEqual(['rm', 'vlm']);
    expect(obstacleTo(glasses, 'sce', ALIASES)).toBe('whole');
  });
});

describe('a module of one model', () => {
  const doc = (merge_method: string, name: string, parameters?: MergeDoc['parameters']): MergeDoc => ({
    merge_method,
    base_model: 'base',
    modules: { [name]: { models: [{ model: 'rm' }] } },
    ...(parameters && { parameters }),
  });

  it('is taken as it is where mergekit would refuse it, and merged where mergekit merges it', () => {
    expect(takenFrom(doc('task_arithmetic', 'encoder'), 'encoder')).toBe('rm');
    expect(takenFrom(doc('task_arithmetic', 'encoder', { weight: 0.5 }), 'encoder')).toBeNull();
    expect(takenFrom(doc('slerp', 'encoder', { t: 0.5 }), 'encoder')).toBeNull();
    expect(takenFrom(doc('slerp', 'head', { t: 0.5 }), 'head')).toBe('rm');
    expect(takenFrom(doc('sce', 'encoder'), 'encoder')).toBeNull();
  });

  it('needs no parameters in the document', () => {
    expect(() => parseRecipe({ ...recipe, merge: doc('task_arithmetic', 'encoder') })).not.toThrow();
  });
});
