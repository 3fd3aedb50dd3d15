import { describe, expect, test } from 'vitest';
import { mergeToFormula } from '../../../src/core/recipe/formula-merge';
import type { MergeDoc, Recipe } from '../../../src/core/recipe/types';
import { seedOf, withSeed, withSeedWritten } from '../../../src/core/merge/seed';
import { readAddress } from '../../../src/state/address';
import { sharedParameters, vectorParameters, withParameter } from '../../../src/core/recipe/parameters';
import { oddSum, readFormula } from '../../../src/state/algebra';
import { obstacleTo, withMethod } from '../../../src/state/methods';
import { columnKey, mergeKey, nextLocalAlias, referenceColumn } from '../../../src/state/keys';
import { pickLanguage } from '../../../src/state/language';
import { firstSplit, fitPieces } from '../../../src/state/tokens';
import { zooModels } from '../../zoo';
import { isThisMachine, writeAddress } from '../../../src/state/url.svelte';

const merge: MergeDoc = {
  merge_method: 'task_arithmetic',
  base_model: 'base',
  models: [{ model: 'chat', parameters: { weight: 0.9 } }],
  parameters: { normalize: false },
};
const recipe: Recipe = {
  v: 1,
  models: zooModels('base', 'chat', 'zh'),
  merge,
  run: { prompts: ['x'] },
};

describe('languages', () => {
  test.each([
    [['zh-CN', 'en'], 'zh-Hans'],
    [['zh-TW'], 'zh-Hant'],
    [['zh-HK'], 'zh-Hant'],
    [['zh'], 'zh-Hant'],
    [['zh-Hans-TW'], 'zh-Hans'],
    [['fr', 'de'], 'en'],
    [['fr', 'zh-SG'], 'zh-Hans'],
    [[], 'en'],
  ])('%j -> %s', (tags, expected) => {
    expect(pickLanguage(tags)).toBe(expected);
  });
});

describe('addresses', () => {
  test('a recipe in the fragment is told from any other fragment', () => {
    expect(readAddress('https://x/?lesson=addition&lang=zh-Hant#1.abc')).toEqual({
      lesson: 'addition',
      lang: 'zh-Hant',
      step: 1,
      view: 'bench',
      fragment: '#1.abc',
    });
    expect(readAddress('https://x/#section').fragment).toBeNull();
  });
  test('switches stay, the lesson it no longer is does not', () => {
    expect(writeAddress('https://x/sub/?lesson=addition&lang=en', '#1.abc')).toBe('https://x/sub/?lang=en#1.abc');
  });
  test.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['lab.example.org', false],
    ['127.example.org', false],
  ])('%s is this machine: %s', (host, expected) => {
    expect(isThisMachine(host)).toBe(expected);
  });
});

describe('what an output depends on', () => {
  test('a moved slider changes the merged column only', () => {
    const moved: Recipe = { ...recipe, merge: { ...merge, models: [{ model: 'chat', parameters: { weight: 1 } }] } };
    expect(columnKey(moved, 'merged')).not.toBe(columnKey(recipe, 'merged'));
    expect(columnKey(moved, 'base')).toBe(columnKey(recipe, 'base'));
  });
  test('a model that the merge does not use changes nothing', () => {
    const { zh: _zh, ...models } = recipe.models;
    expect(mergeKey({ ...recipe, models })).toBe(mergeKey(recipe));
  });
  test('a prompt changes every column', () => {
    const asked: Recipe = { ...recipe, run: { prompts: ['y'] } };
    for (const alias of ['base', 'merged']) expect(columnKey(asked, alias)).not.toBe(columnKey(recipe, alias));
  });
  test('columns are compared with the base, else with the first', () => {
    expect(referenceColumn(recipe, ['chat', 'base'])).toBe('base');
    expect(referenceColumn(recipe, ['chat', 'zh'])).toBe('chat');
  });
  test('local models are numbered', () => {
    expect(nextLocalAlias(['base', 'local_1', 'local_3'])).toBe('local_2');
  });
});

describe('formula and method', () => {
  test('a formula error carries its place', () => {
    expect(() => readFormula('base + 0.5*(caht - base)', ['base', 'chat'], merge)).toThrow(/caht/);
  });
  test('a sum other than 1 is named exactly', () => {
    expect(oddSum('0.1*base + 0.2*chat', ['base', 'chat'])).toBe('0.3');
    expect(oddSum('base + 2*(chat - base)', ['base', 'chat'])).toBeNull();
  });
  test('task arithmetic becomes the same weighted sum, and comes back', () => {
    const linear = withMethod(merge, 'linear');
    expect(linear.merge_method).toBe('linear');
    expect(Object.fromEntries(linear.models!.map((m) => [m.model, m.parameters!['weight']]))).toEqual({
      base: 0.1,
      chat: 0.9,
    });
    expect(withMethod(linear, 'task_arithmetic')).toEqual(merge);
  });
  test('a sum other than 1 cannot be task arithmetic', () => {
    const doc = readFormula('0.5*base', ['base'], merge);
    expect(obstacleTo(doc, 'task_arithmetic')).toBe('sum');
    expect(withMethod(doc, 'task_arithmetic')).toBe(doc);
  });
});

describe('methods that thin the vectors', () => {
  const weights = (doc: MergeDoc) => doc.models!.map(({ model, parameters }) => [model, parameters!['weight']]);

  test.each(['ties', 'dare_linear', 'dare_ties'])(
    'a sum becomes %s with the same models and weights, and comes back',
    (id) => {
      const thinned = withMethod(merge, id);
      expect([thinned.merge_method, thinned.base_model]).toEqual([id, merge.base_model]);
      expect(weights(thinned)).toEqual(weights(merge));
      expect(thinned.parameters).toEqual({ density: 0.5 });
      expect(withMethod(thinned, 'task_arithmetic')).toEqual(merge);
      expect(withMethod(withMethod(merge, 'linear'), id)).toEqual(thinned);
    },
  );

  test('what both methods know stays; switches take the new method’s default', () => {
    const ties = withParameter(
      withParameter(withParameter(withMethod(merge, 'ties'), 'lambda', 0.7), 'normalize', 0),
      'density',
      0.2,
      'chat',
    );
    const dare = withMethod(ties, 'dare_ties');
    expect(dare.parameters).toEqual({ density: 0.5, lambda: 0.7 });
    expect(dare.models![0]!.parameters).toEqual({ weight: 0.9, density: 0.2 });
    expect(withMethod(dare, 'task_arithmetic').parameters).toEqual({ lambda: 0.7, normalize: false });
  });

  test('a formula becomes the recipe, whose controls say what it says', () => {
    const doc = readFormula('ties(base; chat: 1.0; density: 0.5)', ['base', 'chat'], merge);
    const shown = sharedParameters(doc).map(({ spec, value, written }) => [spec.id, value, written]);
    expect(shown).toEqual([
      ['density', 0.5, true],
      ['lambda', 1, false],
      ['normalize', 1, false],
      ['rescale', 0, false],
    ]);
    expect(vectorParameters(doc, 'chat').map(({ value, written }) => [value, written])).toEqual([[0.5, false]]);
  });

  test('one vector takes its own density, and the common one when that is cleared', () => {
    const doc = withMethod(merge, 'ties');
    const own = withParameter(doc, 'density', 0.3, 'chat');
    expect(vectorParameters(own, 'chat')[0]).toMatchObject({ value: 0.3, written: true });
    expect(mergeToFormula(own).editable).toBe(false);
    expect(withParameter(own, 'density', null, 'chat')).toEqual(doc);
  });

  test('a gradient or filter is no number for a control', () => {
    const doc = { ...withMethod(merge, 'ties'), parameters: { density: [0.1, 0.9] } };
    expect(sharedParameters(doc)[0]).toMatchObject({ value: null, written: true });
  });

  test('what a method does not have, and what is no number, changes nothing', () => {
    expect(withParameter(merge, 'density', 0.5)).toBe(merge);
    const ties = withMethod(merge, 'ties');
    expect(withParameter(ties, 'density', NaN)).toBe(ties);
    expect(withParameter(ties, 'lambda', 1)).toEqual(ties);
  });

  test('only random methods have a seed, and the page writes it', () => {
    const dare = withMethod(merge, 'dare_linear');
    expect([seedOf(merge), seedOf(withMethod(merge, 'ties')), seedOf(dare)]).toEqual([null, null, 0]);
    expect(withSeedWritten(dare).lab).toEqual({ seed: 0 });
    expect(withSeedWritten(withSeed(dare, 7)).lab).toEqual({ seed: 7 });
    expect(withSeedWritten(merge)).toBe(merge);
    for (const bad of [-1, 0.5, NaN, 2 ** 53]) expect(withSeed(dare, bad)).toBe(dare);
  });
});

describe('tokens', () => {
  test.each([
    [['a', 'b', '</s>'], 'ab', ['a', 'b', '']],
    [[' sorry', ','], 'sorry,', ['sorry', ',']],
    [['\ufffd', '\ufffd', '!'], 'é!', ['', '', 'é!']],
    [[], 'claimed', ['claimed']],
  ])('%j fit into %s', (tokens, text, pieces) => {
    expect(fitPieces(tokens, text)).toEqual(pieces);
    expect(fitPieces(tokens, text).join('')).toBe(text);
  });
  test('sequences part at the first difference, or where one ends', () => {
    const seq = (...texts: string[]) => texts.map((text) => ({ text }));
    expect(firstSplit(seq('a', 'b'), seq('a', 'c'))).toBe(1);
    expect(firstSplit(seq('a'), seq('a', 'c'))).toBe(1);
    expect(firstSplit(seq('a'), seq('a'))).toBeNull();
  });
});
