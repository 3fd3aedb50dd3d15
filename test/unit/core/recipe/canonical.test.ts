import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalRecipe, mergeId, recipeId } from '../../../../src/core/recipe/canonical';
import { HEX64, lesson, newSha256 } from './recipes';

describe('canonicalJson', () => {
  // RFC 8785 sections 3.2.2-3.2.4 and appendix B.
  it('gives the example of RFC 8785', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts keys by UTF-16 code units', () => {
    const value = { '\u20ac': 1, '\r': 2, '1': 4, '\ud83d\ude02': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object).length).toBe(6);
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude02":5}');
  });

  it.each([
    [-0, '0'],
    [5e-324, '5e-324'],
    [1e21, '1e+21'],
    [2 ** 53 + 1, '9007199254740992'],
    [0.1 + 0.2, '0.30000000000000004'],
    [{ b: undefined, a: 'e\u0301' }, '{"a":"\u00e9"}'],
    [{ 'e\u0301': 1 }, '{"\u00e9":1}'],
  ])('%j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([[NaN], [Infinity], [[undefined]], ['\ud800'], [() => 1]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'canonical/value' }));
  });
});

describe('identities', () => {
  const shuffled = () => {
    const recipe = lesson();
    return Object.fromEntries(Object.entries(recipe).reverse()) as unknown as typeof recipe;
  };

  it('depend on nothing but the content', () => {
    expect(canonicalRecipe(shuffled())).toBe(canonicalRecipe(lesson()));
    expect(recipeId(shuffled(), newSha256)).toBe(recipeId(lesson(), newSha256));
    expect(recipeId(lesson(), newSha256)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('the merge id leaves run, view and expect out', () => {
    const other = { ...lesson(), run: { seed: 9 }, view: {}, expect: { weights: HEX64.replace('a', 'c') } };
    expect(mergeId(other, newSha256)).toBe(mergeId(lesson(), newSha256));
    expect(recipeId(other, newSha256)).not.toBe(recipeId(lesson(), newSha256));
    const renamed = { ...lesson(), models: { ...lesson().models, extra: { src: 'zoo:rude-1' } } };
    expect(mergeId(renamed, newSha256)).not.toBe(mergeId(lesson(), newSha256));
  });
});
