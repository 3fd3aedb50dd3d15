import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalRecipe } from '../../../../src/core/recipe/canonical';
import { parseRecipeJson } from '../../../../src/core/recipe/json';
import { METHODS } from '../../../../src/core/recipe/schema';
import { referencedModels, stageOrder } from '../../../../src/core/recipe/stages';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { parseRecipe } from '../../../../src/core/recipe/validate';
import { HEX40, HEX64, lesson, recipes } from './recipes';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a recipe to be broken in every way
type Mutable = any;

/** @returns the error of the lesson's recipe after `change`. */
function failure(change: (recipe: Mutable) => unknown): {
  code: string;
  params: Record<string, unknown>;
  message: string;
} {
  const recipe = JSON.parse(JSON.stringify(lesson())) as Mutable;
  const replaced = change(recipe);
  try {
    parseRecipe(typeof replaced === 'object' && replaced !== null && 'v' in replaced ? replaced : recipe);
  } catch (error) {
    return error as never;
  }
  throw new Error('accepted');
}
const merged = (doc: unknown) => ({ ...lesson(), merge: doc });

describe('parseRecipe', () => {
  it('keeps a good recipe as it is and shares nothing with it', () => {
    const input = lesson();
    const { recipe, notices } = parseRecipe(input);
    expect(recipe).toEqual(input);
    expect(notices).toEqual([]);
    expect(recipe.models).not.toBe(input.models);
  });

  it('keeps every valid recipe (property)', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        expect(parseRecipe(recipe).recipe).toEqual(recipe);
        expect(parseRecipeJson(canonicalRecipe(recipe)).recipe).toEqual(recipe);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[name: string, change: (r: Mutable) => unknown, code: string, path: string]>([
    ['version', (r) => (r.v = 2), 'recipe/version', ''],
    ['no models', (r) => delete r.models, 'recipe/type', 'models'],
    ['no merge', (r) => delete r.merge, 'recipe/type', 'merge'],
    ['alias with a dash', (r) => (r.models['a-b'] = { src: 'zoo:x-1' }), 'recipe/alias', 'models["a-b"]'],
    [
      'alias too long',
      (r) => (r.models['a'.repeat(25)] = { src: 'zoo:x-1' }),
      'recipe/alias',
      `models.${'a'.repeat(25)}`,
    ],
    ['alias starting with a digit', (r) => (r.models['1a'] = { src: 'zoo:x-1' }), 'recipe/alias', 'models["1a"]'],
    ['alias merged', (r) => (r.models.merged = { src: 'zoo:x-1' }), 'recipe/alias-reserved', 'models.merged'],
    ['no src', (r) => (r.models.x = {}), 'recipe/type', 'models.x.src'],
    ['src without version', (r) => (r.models.x = { src: 'zoo:base' }), 'recipe/source', 'models.x.src'],
    ['src with a path', (r) => (r.models.x = { src: 'zoo:../x-1' }), 'recipe/source', 'models.x.src'],
    ['hub without commit', (r) => (r.models.x = { src: 'hub:a/b' }), 'recipe/source', 'models.x.src'],
    ['hub with a branch', (r) => (r.models.x = { src: 'hub:a/b@main' }), 'recipe/source', 'models.x.src'],
    ['hub with ..', (r) => (r.models.x = { src: `hub:a/b..c@${HEX40}` }), 'recipe/source', 'models.x.src'],
    ['hub with three parts', (r) => (r.models.x = { src: `hub:a/b/c@${HEX40}` }), 'recipe/source', 'models.x.src'],
    [
      'file in upper case',
      (r) => (r.models.x = { src: `file:${HEX64.toUpperCase()}` }),
      'recipe/source',
      'models.x.src',
    ],
    ['other scheme', (r) => (r.models.x = { src: 'https://x.test/a' }), 'recipe/source', 'models.x.src'],
    [
      'adapter on nothing',
      (r) => (r.models.x = { src: `file:${HEX64}`, base: 'bass' }),
      'recipe/unknown-base',
      'models.x.base',
    ],
    [
      'adapter on itself',
      (r) => (r.models.x = { src: `file:${HEX64}`, base: 'x' }),
      'recipe/base-circle',
      'models.x.base',
    ],
    [
      'adapters in a circle',
      (r) => Object.assign(r.models, { x: { src: 'zoo:x-1', base: 'y' }, y: { src: 'zoo:y-1', base: 'x' } }),
      'recipe/base-circle',
      'models.x.base',
    ],
    [
      'one adapter on one model twice',
      (r) => Object.assign(r.models, { x: { src: 'zoo:x-1', base: 'zh' }, y: { src: 'zoo:x-1', base: 'zh' } }),
      'recipe/duplicate-model',
      'models.y',
    ],
    ['one model twice', (r) => (r.models.x = { src: 'zoo:chat-1' }), 'recipe/duplicate-model', 'models.x'],
    ['model not listed', (r) => (r.merge.models[0].model = 'caht'), 'recipe/unknown-model', 'merge.models[0].model'],
    ['base not listed', (r) => (r.merge.base_model = 'bass'), 'recipe/unknown-model', 'merge.base_model'],
    [
      'reference object',
      (r) => (r.merge.base_model = { model: { path: 'x' } }),
      'recipe/reference-object',
      'merge.base_model',
    ],
    ['one entry twice', (r) => (r.merge.models[1].model = 'chat'), 'recipe/duplicate-model', 'merge.models[1]'],
    ['unknown method', (r) => (r.merge.merge_method = 'dare-ties'), 'recipe/unknown-method', 'merge.merge_method'],
    [
      'method of Object.prototype',
      (r) => (r.merge.merge_method = 'toString'),
      'recipe/unknown-method',
      'merge.merge_method',
    ],
    ['no method', (r) => delete r.merge.merge_method, 'recipe/type', 'merge.merge_method'],
    ['unknown key', (r) => (r.merge.base_modle = 'base'), 'recipe/unknown-key', 'merge.base_modle'],
    ['weight beside model', (r) => (r.merge.models[0].weight = 1), 'recipe/unknown-key', 'merge.models[0].weight'],
    [
      'unknown parameter',
      (r) => (r.merge.parameters.normalise = true),
      'recipe/unknown-key',
      'merge.parameters.normalise',
    ],
    ['unknown lab key', (r) => (r.merge.lab.sed = 1), 'recipe/unknown-key', 'merge.lab.sed'],
    ['unknown lab variant', (r) => (r.merge.lab.election = 'papers'), 'recipe/choice', 'merge.lab.election'],
    ['negative seed', (r) => (r.merge.lab.seed = -1), 'recipe/range', 'merge.lab.seed'],
    ['broken seed', (r) => (r.merge.lab.seed = 1.5), 'recipe/type', 'merge.lab.seed'],
    ['dtype', (r) => (r.merge.dtype = 'int8'), 'recipe/choice', 'merge.dtype'],
    [
      'weight as a word',
      (r) => (r.merge.models[0].parameters.weight = 'much'),
      'recipe/type',
      'merge.models[0].parameters.weight',
    ],
    [
      'weight as empty text',
      (r) => (r.merge.models[0].parameters.weight = ' '),
      'recipe/type',
      'merge.models[0].parameters.weight',
    ],
    ['NaN', (r) => (r.merge.models[0].parameters.weight = NaN), 'recipe/number', 'merge.models[0].parameters.weight'],
    ['Infinity', (r) => (r.run.temperature = Infinity), 'recipe/number', 'run.temperature'],
    [
      'huge weight',
      (r) => (r.merge.models[0].parameters.weight = 1e300),
      'recipe/range',
      'merge.models[0].parameters.weight',
    ],
    [
      'empty gradient',
      (r) => (r.merge.models[0].parameters.weight = []),
      'recipe/empty-gradient',
      'merge.models[0].parameters.weight',
    ],
    [
      'mixed list',
      (r) => (r.merge.models[0].parameters.weight = [1, { value: 1 }]),
      'recipe/type',
      'merge.models[0].parameters.weight[0]',
    ],
    [
      'conditional key',
      (r) => (r.merge.models[0].parameters.weight = { value: 1, filtre: 'x' }),
      'recipe/unknown-key',
      'merge.models[0].parameters.weight.filtre',
    ],
    ['models and slices', (r) => (r.merge.slices = [{ sources: [] }]), 'recipe/inputs-shape', 'merge'],
    ['neither', (r) => (r.merge.models = []), 'recipe/inputs-shape', 'merge'],
    [
      'two tokenizers',
      (r) => Object.assign(r.merge, { tokenizer: { source: 'base' }, tokenizer_source: 'base' }),
      'recipe/two-tokenizers',
      'merge',
    ],
    [
      'token twice',
      (r) =>
        (r.merge.tokenizer = {
          tokens: [
            ['a', {}],
            ['a', {}],
          ],
        }),
      'recipe/duplicate-token',
      'merge.tokenizer.tokens[1]',
    ],
    [
      'token of no kind',
      (r) => (r.merge.tokenizer = { tokens: [['a', { source: { kind: 'one' } }]] }),
      'recipe/choice',
      'merge.tokenizer.tokens[0][1].source.kind',
    ],
    ['no base', (r) => delete r.merge.base_model, 'recipe/base-required', 'merge.models'],
    ['no weight', (r) => delete r.merge.models[1].parameters, 'recipe/missing-parameter', 'merge.models[1]'],
    [
      'slerp of three',
      () =>
        merged({
          merge_method: 'slerp',
          base_model: 'base',
          models: [{ model: 'chat' }, { model: 'zh' }],
          parameters: { t: 1 },
        }),
      'recipe/inputs',
      'merge.models',
    ],
    [
      'slerp without t',
      () => merged({ merge_method: 'slerp', base_model: 'base', models: [{ model: 'chat' }] }),
      'recipe/missing-parameter',
      'merge.models',
    ],
    [
      'model_stock of two',
      () => merged({ merge_method: 'model_stock', base_model: 'base', models: [{ model: 'chat' }] }),
      'recipe/inputs',
      'merge.models',
    ],
    [
      'nuslerp of one',
      () => merged({ merge_method: 'nuslerp', models: [{ model: 'chat', parameters: { weight: 1 } }] }),
      'recipe/inputs',
      'merge.models',
    ],
    [
      'linear with an unweighted base',
      () =>
        merged({ merge_method: 'linear', base_model: 'base', models: [{ model: 'chat', parameters: { weight: 1 } }] }),
      'recipe/missing-parameter',
      'merge.models',
    ],
    [
      'layer range backwards',
      () => merged({ merge_method: 'passthrough', slices: [{ sources: [{ model: 'chat', layer_range: [4, 4] }] }] }),
      'recipe/range',
      'merge.slices[0].sources[0].layer_range[1]',
    ],
    [
      'layer counts',
      () =>
        merged({
          merge_method: 'slerp',
          base_model: 'base',
          parameters: { t: 1 },
          slices: [
            {
              sources: [
                { model: 'base', layer_range: [0, 2] },
                { model: 'zh', layer_range: [0, 3] },
              ],
            },
          ],
        }),
      'recipe/layer-counts',
      'merge.slices[0]',
    ],
    [
      'base outside the slice',
      () =>
        merged({
          merge_method: 'slerp',
          base_model: 'base',
          parameters: { t: 1 },
          slices: [
            {
              sources: [
                { model: 'chat', layer_range: [0, 2] },
                { model: 'zh', layer_range: [0, 2] },
              ],
            },
          ],
        }),
      'recipe/base-not-listed',
      'merge.slices[0].sources',
    ],
    [
      'stage named as a model',
      (r) => (r.merge = [{ ...r.merge, name: 'zh' }, r.merge]),
      'recipe/alias-taken',
      'merge[0].name',
    ],
    [
      'stage named merged',
      (r) => (r.merge = [{ ...r.merge, name: 'merged' }, r.merge]),
      'recipe/alias-reserved',
      'merge[0].name',
    ],
    ['two results', (r) => (r.merge = [r.merge, r.merge]), 'recipe/unnamed-stages', 'merge[1]'],
    ['no stage', (r) => (r.merge = []), 'recipe/no-stage', ''],
    ['list in a list', (r) => (r.merge = [[r.merge]]), 'recipe/type', 'merge'],
    ['prompts as text', (r) => (r.run.prompts = 'hi'), 'recipe/type', 'run.prompts'],
    ['no new tokens', (r) => (r.run.max_new_tokens = 0), 'recipe/range', 'run.max_new_tokens'],
    ['short fingerprint', (r) => (r.expect.weights = 'abc'), 'recipe/fingerprint', 'expect.weights'],
    ['a long prompt', (r) => (r.run.prompts = ['x'.repeat(20_001)]), 'recipe/too-long', 'run.prompts[0]'],
    ['many prompts', (r) => (r.run.prompts = Array(65).fill('x')), 'recipe/too-many', 'run.prompts'],
    [
      'many models',
      (r) => {
        for (let i = 0; i < 61; i++) r.models[`m${i}`] = { src: `zoo:m-${i}` };
      },
      'recipe/too-many',
      'models',
    ],
    ['a Map', (r) => (r.view = new Map()), 'recipe/type', 'view'],
    ['a lone surrogate', (r) => (r.run.prompts = ['\ud800']), 'recipe/unicode', 'run.prompts[0]'],
    [
      'keys that NFC makes one',
      (r) => (r.expect.texts = { '\u00e9': 'a', 'e\u0301': 'b' }),
      'recipe/duplicate-key',
      'expect.texts',
    ],
    [
      'own __proto__',
      (r) => Object.defineProperty(r.models, '__proto__', { value: {}, enumerable: true }),
      'recipe/forbidden-key',
      'models',
    ],
    [
      'constructor as alias',
      (r) => (r.models = { ...r.models, ...JSON.parse('{"constructor":{"src":"zoo:x-1"}}') }),
      'recipe/forbidden-key',
      'models',
    ],
  ])('refuses %s', (_name, change, code, path) => {
    const error = failure(change);
    expect({ code: error.code, path: error.params.path ?? '' }).toEqual({ code, path });
    expect(error.message.length).toBeGreaterThan(20);
  });

  it('refuses cycles of objects and of stages', () => {
    const loop: Mutable = lesson();
    loop.view = { deep: loop };
    expect(failure(() => loop).code).toBe('recipe/too-deep');
    const doc = (name: string, other: string) => ({
      ...(lesson().merge as MergeDoc),
      name,
      models: [{ model: other, parameters: { weight: 1 } }],
    });
    expect(failure(() => merged([doc('s1', 's2'), doc('s2', 's1')]))).toMatchObject({
      code: 'recipe/cycle',
      params: { cycle: 's1 -> s2 -> s1' },
    });
    expect(failure(() => merged([doc('s1', 's1'), doc('s2', 's1')])).code).toBe('recipe/cycle');
  });

  it('says what was meant', () => {
    expect(failure((r) => (r.merge.models[0].model = 'caht')).params.suggestion).toBe('chat');
    expect(failure((r) => (r.merge.merge_method = 'dare-ties')).params.suggestion).toBe('dare_ties');
    expect(failure((r) => (r.merge.parameters.normalise = true)).params.suggestion).toBe('normalize');
    expect(failure((r) => (r.merge.models[0].weight = 1)).params.suggestion).toBe('parameters.weight');
    expect(failure((r) => (r.merge.base_modle = 'base')).params.suggestion).toBe('base_model');
    expect(failure((r) => (r.merge.merge_method = 'xyzzy')).message).toContain(
      'Known methods: linear, task_arithmetic, ties',
    );
  });

  it('drops unknown keys outside merge with a notice each', () => {
    const { recipe, notices } = parseRecipe({
      ...lesson(),
      extra: 1,
      run: { ...lesson().run, top_k: 5 },
      view: { columns: ['base', 'gone', 'base'] },
    });
    expect(recipe).toEqual({ ...lesson(), view: { columns: ['base'] } });
    expect(notices.map((n) => [n.code, n.params.key ?? n.params.column])).toEqual([
      ['recipe/dropped-key', 'extra'],
      ['recipe/dropped-key', 'top_k'],
      ['recipe/unknown-column', 'gone'],
    ]);
  });

  it('coerces scalars as mergekit does, and notes parameters without effect', () => {
    const { recipe, notices } = parseRecipe(
      merged({
        merge_method: 'linear',
        base_model: null,
        dtype: 'torch.bfloat16',
        models: [
          { model: 'chat', parameters: { weight: '1e-3', normalize: false } },
          { model: 'zh', parameters: { weight: [true, '0.5'] } },
        ],
        parameters: { normalize: 'false', density: 0.5 },
      }),
    );
    expect(recipe.merge).toEqual({
      merge_method: 'linear',
      dtype: 'bfloat16',
      models: [
        { model: 'chat', parameters: { weight: 0.001, normalize: false } },
        { model: 'zh', parameters: { weight: [1, 0.5] } },
      ],
      parameters: { normalize: false, density: 0.5 },
    });
    expect(notices.map((n) => n.code)).toEqual(['recipe/unused-parameter', 'recipe/shared-parameter']);
  });

  it('brings text to NFC and takes a list of one as that one', () => {
    const { recipe } = parseRecipe({ ...lesson(), run: { prompts: ['cafe\u0301'] }, merge: [lesson().merge] });
    expect(recipe.run?.prompts).toEqual(['caf\u00e9']);
    expect(recipe.merge).toEqual(lesson().merge);
  });

  it('accepts every method in its smallest form', () => {
    for (const [name, method] of Object.entries(METHODS)) {
      const count = Math.max(method.inputs[0] - (method.base === 'required' ? 1 : 0), method.nonBase[0], 1);
      const required = Object.keys(method.parameters).filter((key) => method.parameters[key]!.default === null);
      const doc = {
        merge_method: name,
        ...(method.base === 'required' ? { base_model: 'base' } : {}),
        models: ['chat', 'zh', 'naive'].slice(0, count).map((model) => ({ model })),
        parameters: Object.fromEntries(required.map((key) => [key, 0.5])),
      };
      expect(parseRecipe(merged(doc)).recipe.merge).toEqual(doc);
    }
  });
});

describe('stages', () => {
  const doc = (name: string | undefined, ...models: string[]): MergeDoc => ({
    ...(name === undefined ? {} : { name }),
    merge_method: 'linear',
    models: models.map((model) => ({ model, parameters: { weight: 1 } })),
  });
  const names = (docs: MergeDoc[]) => docs.map((d) => d.name ?? '(result)');

  it('come in the order in which they can run, the result last', () => {
    expect(names(stageOrder([doc(undefined, 's2'), doc('s2', 's1', 'zh'), doc('s1', 'chat')]))).toEqual([
      's1',
      's2',
      '(result)',
    ]);
    expect(names(stageOrder([doc('top', 's1'), doc('s1', 'chat')]))).toEqual(['s1', 'top']);
    expect(names(stageOrder(doc(undefined, 'chat')))).toEqual(['(result)']);
  });

  it('name all models of all places', () => {
    const tokenizer = {
      source: 'T',
      tokens: [['x', { source: { kind: 'model_token' as const, model: 'U', token_id: 1 } }]] as [string, object][],
    };
    const modules = {
      a: { slices: [{ base_model: 'S', sources: [{ model: 'M', layer_range: [0, 1] as [number, number] }] }] },
    };
    expect(referencedModels({ merge_method: 'linear', base_model: 'B', modules, tokenizer }).sort()).toEqual([
      'B',
      'M',
      'S',
      'T',
      'U',
    ]);
    expect(
      referencedModels({
        merge_method: 'linear',
        models: [],
        tokenizer: { source: 'union' },
        tokenizer_source: 'base',
      }),
    ).toEqual([]);
  });
});

describe('parseRecipeJson', () => {
  const text = JSON.stringify(lesson());
  it.each<[name: string, json: string, code: string]>([
    ['syntax', text.slice(0, -1), 'recipe/json'],
    ['nothing', '', 'recipe/json'],
    ['a number', '1', 'recipe/type'],
    ['null', 'null', 'recipe/type'],
    ['__proto__', text.replace('"merge"', '"__proto__":{},"merge"'), 'recipe/forbidden-key'],
    ['escaped __proto__', text.replace('"merge"', '"\\u005f_proto__":{},"merge"'), 'recipe/forbidden-key'],
    ['prototype', text.replace('"weight"', '"prototype":1,"weight"'), 'recipe/forbidden-key'],
    ['duplicate key', text.replace('"v":1', '"v":1,"v":1'), 'recipe/duplicate-key'],
    ['escaped duplicate', text.replace('"v":1', `"v":1,"\\u0076"${' '.repeat(99)}:1`), 'recipe/duplicate-key'],
    ['depth', '['.repeat(100_000), 'recipe/too-deep'],
    ['depth of objects', '{"a":'.repeat(40), 'recipe/too-deep'],
    ['size', `"${'x'.repeat(1_000_001)}"`, 'recipe/too-large'],
  ])('refuses %s', (_name, json, code) => {
    expect(() => parseRecipeJson(json)).toThrow(expect.objectContaining({ code }));
  });

  it('takes the same key in two objects, and braces inside text', () => {
    const tricky = { ...lesson(), run: { prompts: ['{"v": 1, "v": [[[', 'a"b\\"c:'] } };
    expect(parseRecipeJson(JSON.stringify(tricky, null, 2)).recipe.run).toEqual(tricky.run);
  });
});
