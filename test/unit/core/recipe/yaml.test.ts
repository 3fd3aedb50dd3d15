import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { LabError } from '../../../../src/core/errors';
import { aliasFor } from '../../../../src/core/recipe/aliases';
import { mergeId } from '../../../../src/core/recipe/canonical';
import { UNRESOLVED_SOURCE } from '../../../../src/core/recipe/schema';
import type { MergeDoc, Recipe } from '../../../../src/core/recipe/types';
import { recipeFromYaml, recipeToYaml } from '../../../../src/core/recipe/yaml';
import { HEX40, HEX64, lesson, newSha256, recipes } from './recipes';

/** One document for each part of mergekit's schema: filters, gradients, slices, tokenizer rules, stages. */
const EXAMPLES: Record<string, string> = {
  'chat vector': `
merge_method: task_arithmetic
base_model: base
models:
  - {model: continual-pretrained, parameters: {weight: 1.0}}
  - model: chat
    parameters: {weight: [{filter: embed_tokens, value: 0}, {filter: lm_head, value: 0}, {value: 1.0}]}
parameters: {normalize: false}
dtype: float32
out_dtype: float16
tokenizer: {source: continual-pretrained}
chat_template: llama3
`,
  'TIES with gradients': `
merge_method: ties
base_model: base
models:
  - {model: math, parameters: {density: [0.9, 0.5, 0.2], weight: 1.0}}
  - {model: code, parameters: {density: 0.3, weight: [{filter: mlp, value: [0, 0.4, 0.8]}, {filter: self_attn, value: 0.2}, {value: 0.5}]}}
parameters: {normalize: true, lambda: 0.8, int8_mask: true}
dtype: float32
`,
  'SLERP in slices': `
merge_method: slerp
base_model: a
slices:
  - sources: [{model: a, layer_range: [0, 12]}, {model: b, layer_range: [0, 12]}]
parameters: {t: [{filter: self_attn, value: [0, 0.5, 1]}, {filter: mlp, value: [1, 0.5, 0]}, {value: 0.5}]}
dtype: float32
out_dtype: bfloat16
`,
  frankenmerge: `
merge_method: passthrough
slices:
  - sources: [{model: a, layer_range: [0, 8]}]
  - sources: [{model: b, layer_range: [4, 8], parameters: {scale: [{filter: down_proj, value: 0.5}, {value: 1.0}]}}]
  - sources: [{model: b, layer_range: [8, 12]}]
`,
  'DARE-TIES with a union vocabulary': `
merge_method: dare_ties            # CLI: --random-seed 7
base_model: base
models:
  - {model: x, parameters: {density: 0.5, weight: 0.4}}
  - {model: "base+adapters/y", parameters: {density: 0.3, weight: 0.4}}
  - {model: z, parameters: {density: 1.0, weight: 0.2}}
parameters: {rescale: true, lambda: 1.0}
tokenizer: {source: union, pad_to_multiple_of: 8, tokens: {"<|im_end|>": {source: x, force: true}}}
chat_template: auto
`,
  'two stages': `
name: soup
merge_method: linear
models: [{model: syn-seed1, parameters: {weight: 1}}, {model: syn-seed2, parameters: {weight: 1}}]
---
merge_method: task_arithmetic
base_model: src-syn
models:
  - {model: soup,     parameters: {weight: 1.0}}
  - {model: src-real, parameters: {weight: 1.0}}
`,
};
const one = (text: string) => recipeFromYaml(text).recipe.merge as MergeDoc;

describe('recipeFromYaml', () => {
  it.each(Object.entries(EXAMPLES))('reads %s with every key, and writes it back', (_name, text) => {
    const { recipe, aliases } = recipeFromYaml(text);
    const again = recipeFromYaml(recipeToYaml(recipe));
    expect(again.recipe).toEqual(recipe);
    expect(Object.keys(aliases)).toEqual(Object.keys(recipe.models));
    const written = Array.isArray(recipe.merge) ? recipe.merge : [recipe.merge];
    text
      .trim()
      .split('\n---\n')
      .forEach((doc, index) =>
        expect(Object.keys(written[index]!).sort()).toEqual(Object.keys(parse(doc) as object).sort()),
      );
  });

  it('keeps filters, gradients and token rules', () => {
    expect(one(EXAMPLES['chat vector']!).models![1]).toEqual({
      model: 'chat',
      parameters: { weight: [{ filter: 'embed_tokens', value: 0 }, { filter: 'lm_head', value: 0 }, { value: 1 }] },
    });
    expect(one(EXAMPLES['chat vector']!).tokenizer).toEqual({ source: 'continual_pretrained' });
    expect(one(EXAMPLES['DARE-TIES with a union vocabulary']!).tokenizer).toEqual({
      source: 'union',
      pad_to_multiple_of: 8,
      tokens: [['<|im_end|>', { source: 'x', force: true }]],
    });
  });

  it('gives each model string an alias and leaves local folders to be resolved', () => {
    const { recipe, aliases, notices } = recipeFromYaml(EXAMPLES['DARE-TIES with a union vocabulary']!);
    expect(aliases).toEqual({ x: 'x', y: 'base+adapters/y', z: 'z', base: 'base' });
    expect(recipe.models.x).toEqual({ src: UNRESOLVED_SOURCE });
    expect(notices).toEqual([]);
  });

  it('parts model+adapter into two aliases, and puts them together again', () => {
    const text = `merge_method: linear\nmodels:\n  - {model: "org/Base-1B@${HEX40}+me/style", parameters: {weight: 1}}\n`;
    const { recipe } = recipeFromYaml(text);
    expect(recipe.models).toEqual({
      Base_1B: { src: `hub:org/Base-1B@${HEX40}` },
      style: { src: UNRESOLVED_SOURCE, base: 'Base_1B' },
    });
    const local: Recipe = {
      ...recipe,
      models: { ...recipe.models, style: { src: `file:${HEX64}`, base: 'Base_1B' } },
    };
    expect(recipeToYaml(local)).toContain(`model: org/Base-1B@${HEX40}+style`);
    expect(recipeFromYaml(recipeToYaml(local)).recipe).toEqual(local);
  });

  it('knows zoo and pinned Hub models by their strings', () => {
    const { recipe } = recipeFromYaml(`
merge_method: linear
models:
  - {model: "zoo:chat-1", parameters: {weight: 1}}
  - {model: org/Chat-7B@${HEX40}, parameters: {weight: 1}}
  - {model: other/Chat.7B, parameters: {weight: 1}}
  - {model: ./1st/merged, parameters: {weight: 1}}
`);
    expect(recipe.models).toEqual({
      chat_1: { src: 'zoo:chat-1' },
      Chat_7B: { src: `hub:org/Chat-7B@${HEX40}` },
      Chat_7B_2: { src: UNRESOLVED_SOURCE },
      merged_2: { src: UNRESOLVED_SOURCE },
    });
  });

  it('makes stage names legal and keeps references to them', () => {
    const text = EXAMPLES['two stages']!.replaceAll('soup', 'my-soup');
    const { recipe } = recipeFromYaml(text);
    const [first, second] = recipe.merge as MergeDoc[];
    expect([first!.name, second!.models![0]!.model]).toEqual(['my_soup', 'my_soup']);
    expect(Object.keys(recipe.models)).toEqual(['syn_seed1', 'syn_seed2', 'src_real', 'src_syn']);
  });

  it('resolves YAML aliases and takes what mergekit coerces', () => {
    const doc = one(
      'merge_method: linear\nmodels: [{model: a, parameters: &p {weight: "1e-3"}}, {model: b, parameters: *p}]\nbase_model: ~\n',
    );
    expect(doc.models!.map((input) => input.parameters!.weight)).toEqual([0.001, 0.001]);
    expect(
      one(
        '%YAML 1.2\n---\nmerge_method: linear\nmodels: [{model: a, parameters: {weight: yes}}]\nparameters: {normalize: no}\n'.replace(
          'yes',
          '1',
        ),
      ).parameters,
    ).toEqual({ normalize: false });
  });

  it('tokens may have any name and keep their order', () => {
    const tokens = '{"9": {}, "1": {}, constructor: {}, __proto__: {force: true}}';
    const doc = one(
      `merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}]\ntokenizer: {source: a, tokens: ${tokens}}\n`,
    );
    expect(doc.tokenizer!.tokens).toEqual([
      ['9', {}],
      ['1', {}],
      ['constructor', {}],
      ['__proto__', { force: true }],
    ]);
  });

  it.each<[name: string, text: string, code: string, line: number, column: number]>([
    ['syntax', 'merge_method: linear\nmodels: [', 'recipe/yaml', 2, 10],
    ['a tab', 'a:\n\tb: 1', 'recipe/yaml', 2, 1],
    ['a duplicate key', 'merge_method: linear\nmerge_method: ties\n', 'recipe/duplicate-key', 2, 1],
    [
      'a duplicate token',
      'merge_method: linear\ntokenizer:\n  tokens:\n    x: {}\n    "\\x78": {}\n',
      'recipe/duplicate-key',
      5,
      5,
    ],
    ['a duplicate key of two kinds', 'a:\n  1: x\n  "1": y\n', 'recipe/duplicate-key', 3, 3],
    ['Windows line ends', 'merge_method: linear\r\nmodles: 1\r\n', 'recipe/unknown-key', 2, 1],
    ['many documents', 'a: 1\n---\n'.repeat(33), 'yaml/too-many', 1, 1],
    ['nothing', '# only a comment\n', 'recipe/yaml-empty', 1, 1],
    ['a list', '- 1\n', 'recipe/yaml-not-a-map', 1, 1],
    ['a list as second document', 'a: 1\n---\n- 1\n', 'recipe/yaml-not-a-map', 3, 1],
    ['a custom tag', 'merge_method: !!js/function x\n', 'recipe/yaml', 1, 15],
    ['a binary tag', 'merge_method: !!binary aGk=\n', 'recipe/yaml-tag', 1, 24],
    ['a map as key', '{a: 1}: 2\n', 'recipe/yaml-key', 1, 1],
    ['__proto__', 'merge_method: linear\n__proto__: {}\n', 'recipe/forbidden-key', 2, 1],
    ['deep brackets', `a: ${'['.repeat(100_000)}`, 'recipe/too-deep', 1, 36],
    ['deep dashes', '- '.repeat(100_000), 'recipe/too-deep', 1, 65],
    ['deep maps', Array.from({ length: 60 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'recipe/too-deep', 34, 34],
    ['an alias of itself', 'a: &x [*x]\n', 'recipe/too-deep', 1, 7],
    ['many aliases', `a: &x 1\nb: [${'*x, '.repeat(101)}]\n`, 'recipe/yaml-aliases', 2, 405],
    [
      'aliases of lists of aliases',
      `a: &a [${'1, '.repeat(999)}]\nb: &b [${'*a, '.repeat(9)}]\nc: [${'*b, '.repeat(9)}]\n`,
      'recipe/too-large',
      1,
      2819, // The 938th item, at 8 + 3 * 937, is the first value past the limit.
    ],
    ['size', `# ${'x'.repeat(1_000_000)}`, 'recipe/too-large', 1, 1],
    ['unknown key', 'merge_method: linear\nmodles: [{model: a}]\n', 'recipe/unknown-key', 2, 1],
    [
      'unknown parameter',
      'merge_method: linear\nmodels:\n  - model: a\n    parameters: {weigth: 1}\n',
      'recipe/unknown-key',
      4,
      18,
    ],
    ['misplaced weight', 'merge_method: linear\nmodels:\n  - model: a\n    weight: 1\n', 'recipe/unknown-key', 4, 5],
    ['error in a later stage', `${EXAMPLES['two stages']!.trim()}\nmodules: {}\nfoo: 1\n`, 'recipe/unknown-key', 11, 1],
    [
      'a bad zoo id',
      'merge_method: linear\nmodels:\n  - {model: "zoo:x", parameters: {weight: 1}}\n',
      'recipe/source',
      3,
      6,
    ],
    [
      'a reference object',
      'merge_method: linear\nmodels:\n  - model: {model: {path: a}}\n',
      'recipe/reference-object',
      3,
      5,
    ],
    ['infinity', 'merge_method: linear\nmodels: [{model: a, parameters: {weight: .inf}}]\n', 'recipe/number', 2, 34],
    [
      'a token rule',
      'merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}]\ntokenizer:\n  tokens:\n    x: {}\n    y: {forc: 1}\n',
      'recipe/unknown-key',
      6,
      9,
    ],
    [
      'contradicting names',
      'merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}]\nlab:\n  aliases: {a: x, b: x}\n',
      'recipe/yaml-names',
      4,
      19,
    ],
    [
      'an illegal name',
      'merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}]\nlab:\n  aliases: {a: x-y}\n',
      'recipe/alias',
      4,
      13,
    ],
    [
      'a forbidden name',
      'merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}]\nlab:\n  aliases: {a: __proto__}\n',
      'recipe/forbidden-key',
      4,
      13,
    ],
    [
      'stages of one name',
      'name: s\nmerge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}]\n---\nname: s\nmerge_method: linear\nmodels: [{model: s, parameters: {weight: 1}}]\n',
      'recipe/alias-taken',
      5,
      1,
    ],
  ])('refuses %s', (_name, text, code, line, column) => {
    let error: LabError | undefined;
    try {
      recipeFromYaml(text);
    } catch (caught) {
      error = caught as LabError;
    }
    expect({ code: error?.code, line: error?.params?.line, column: error?.params?.column }).toEqual({
      code,
      line,
      column,
    });
    expect(error?.message).toContain(`line ${line}, column ${column}`);
  });

  it('reads Windows line ends and a byte order mark like plain lines', () => {
    const sources = Array.from(
      { length: 40 },
      (_, i) => `  - sources:\n      - {model: a, layer_range: [${i}, ${i + 1}]}\n`,
    );
    const text = `merge_method: passthrough\nslices:\n${sources.join('')}`;
    expect(one(text).slices).toHaveLength(40);
    expect(recipeFromYaml(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(recipeFromYaml(text));
  });

  it.each<[name: string, part: (index: number) => string]>([
    ['keys', (i) => `k${i}: 1\n`],
    ['brackets', () => ']'],
    ['quotes', () => '"'],
    ['anchors', () => '&a '],
    ['empty documents', () => '---\n'],
  ])('refuses a megabyte of %s before the parser sees it', (_name, part) => {
    let text = '';
    for (let i = 0; text.length < 999_000; i++) text += part(i);
    const begin = performance.now();
    expect(() => recipeFromYaml(text)).toThrow(
      expect.objectContaining({ code: 'recipe/too-large', params: expect.objectContaining({ limit: 100_000 }) }),
    );
    // The parser alone takes many seconds or minutes for these.
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  it('always says line and column (property)', () => {
    const lines = Object.values(EXAMPLES).join('').split('\n');
    const mutated = fc.array(
      fc.constantFrom(...lines, '  x: [', '- {', '__proto__: 1', 'lab: {seed: -1}', '"', '&a *a'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(mutated, (chosen) => {
        try {
          recipeFromYaml(chosen.join('\n'));
        } catch (error) {
          expect(error).toMatchObject({
            name: 'LabError',
            params: { line: expect.any(Number), column: expect.any(Number) },
          });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('recipeToYaml', () => {
  it('writes what mergekit reads, and names for us', () => {
    const text = recipeToYaml(lesson());
    expect(text).toContain('# mergekit ignores this block; Merge Lab reads it.\nlab:');
    expect(parse(text)).toEqual({
      merge_method: 'task_arithmetic',
      base_model: 'zoo:base-1',
      models: [
        { model: 'zoo:chat-1', parameters: { weight: 0.9 } },
        { model: 'zoo:zh-1', parameters: { weight: 1.1 } },
      ],
      parameters: { normalize: false },
      dtype: 'float32',
      out_dtype: 'float32',
      lab: {
        seed: 0,
        aliases: { 'zoo:base-1': 'base', 'zoo:chat-1': 'chat', 'zoo:naive-1': 'naive', 'zoo:zh-1': 'zh' },
      },
    });
  });

  it('quotes what YAML 1.1 takes for a truth value', () => {
    const recipe: Recipe = {
      v: 1,
      models: { yes: { src: `file:${HEX64}` } },
      merge: { merge_method: 'linear', models: [{ model: 'yes', parameters: { weight: 1 } }] },
    };
    expect(recipeToYaml(recipe)).toContain('model: "yes"');
    expect(recipeFromYaml(recipeToYaml(recipe)).recipe).toEqual(recipe);
  });

  it('keeps sources, aliases, extra models and the merge id (property)', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const read = recipeFromYaml(recipeToYaml(recipe)).recipe;
        expect(read).toEqual(recipe);
        expect(mergeId(read, newSha256)).toBe(mergeId(recipe, newSha256));
      }),
      { numRuns: 150 },
    );
  });
});

describe('aliasFor', () => {
  it.each([
    ['zoo:chat-1', 'chat_1'],
    ['org/Some-Model.v2', 'Some_Model_v2'],
    [`org/name@${HEX40}`, 'name'],
    ['./runs/2024-chat/', 'chat'],
    ['C:\\models\\llama', 'llama'],
    ['中文', 'model'],
    ['a'.repeat(40), 'a'.repeat(24)],
    ['merged', 'merged_2'],
    ['x/constructor', 'constructor_2'],
    ['x/taken', 'taken_3'],
  ])('%s becomes %s', (string, alias) => {
    expect(aliasFor(string, new Set(['taken', 'taken_2']))).toBe(alias);
  });
});
