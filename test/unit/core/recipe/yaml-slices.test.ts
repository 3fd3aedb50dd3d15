import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InputModel, MergeDoc, Recipe, Setting, Slice, SliceSource } from '../../../../src/core/recipe/types';
import { parseRecipe } from '../../../../src/core/recipe/validate';
import { recipeFromYaml, recipeToYaml } from '../../../../src/core/recipe/yaml';

const models: Recipe['models'] = {
  base: { src: 'zoo:base-1' },
  chat: { src: 'zoo:chat-1' },
  my_own: { src: `file:${'cd'.repeat(32)}` },
};
const number = fc.integer({ min: -40, max: 40 }).map((n) => n / 20);
const value = fc.oneof(number, fc.array(number, { minLength: 1, maxLength: 4 }));
const setting: fc.Arbitrary<Setting> = fc.oneof(
  value,
  fc
    .tuple(
      fc.array(fc.record({ filter: fc.constantFrom('mlp', 'self_attn', 'a: #b'), value }), { maxLength: 2 }),
      value,
    )
    .map(([filters, last]) => [...filters, { value: last }]),
);
const parameters = setting.map((weight) => ({ weight }));
const slice: fc.Arbitrary<Slice> = fc.integer({ min: 1, max: 12 }).chain((count) => {
  // All sources of one slice have as many layers.
  const source: fc.Arbitrary<SliceSource> = fc.record({
    model: fc.constantFrom(...Object.keys(models)),
    layer_range: fc.nat(20).map((from): [number, number] => [from, from + count]),
    parameters,
  });
  const sources = fc.uniqueArray(source, { minLength: 1, maxLength: 3, selector: ({ model }) => model });
  return fc.record({ sources, parameters }, { requiredKeys: ['sources'] });
});
const slices = fc.array(slice, { minLength: 1, maxLength: 3 });
const inputs: fc.Arbitrary<InputModel[]> = fc
  .subarray(Object.keys(models), { minLength: 1 })
  .chain((names) => fc.tuple(...names.map((model) => parameters.map((own) => ({ model, parameters: own })))));
const module = fc.oneof(
  fc.record({ models: inputs }),
  fc.record({ slices }),
  fc.record({ models: inputs, parameters }),
);
const docs: fc.Arbitrary<MergeDoc> = fc
  .tuple(
    fc.oneof(
      fc.record({ slices }),
      fc.record({
        modules: fc.dictionary(fc.constantFrom('text_decoder', 'vision_tower', 'x'), module, { minKeys: 1 }),
      }),
    ),
    fc.record(
      {
        base_model: fc.constantFrom('base', 'my_own'),
        dtype: fc.constantFrom('float32', 'bfloat16'),
        tokenizer_source: fc.constantFrom('union', 'base', 'chat'),
      } as const,
      { requiredKeys: [] },
    ),
  )
  .map(([shape, rest]): MergeDoc => ({ merge_method: 'linear', parameters: { weight: 1 }, ...shape, ...rest }));

test('slices and modules, of one stage or two, come back from YAML as they were', () => {
  const merges = fc.oneof(
    docs,
    fc.tuple(docs, docs).map(([first, second]): MergeDoc[] => [
      { ...first, name: 'first' },
      { ...second, base_model: 'first' },
    ]),
  );
  fc.assert(
    fc.property(merges, (merge) => {
      const { recipe } = parseRecipe({ v: 1, models, merge });
      const text = recipeToYaml(recipe);
      const back = recipeFromYaml(text).recipe;
      expect(back).toEqual(recipe);
      expect(recipeToYaml(back)).toBe(text);
    }),
    { numRuns: 200 },
  );
});
