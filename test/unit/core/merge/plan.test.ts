import { describe, expect, test } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { planMerge } from '../../../../src/core/merge/plan';
import { runPlan } from '../../../../src/core/merge/run';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { newSha256 } from '../../../../src/cli/disk';
import { madeHead } from './helpers';

const shape = [2, 3];
const ones = [1, 1, 1, 1, 1, 1];
const config = {
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 3,
  torch_dtype: 'float16',
  tie_word_embeddings: true,
};
const base = madeHead(
  'base',
  { w: { shape, values: [1, 2, 3, 4, 5, 6] } },
  {
    config,
    vocabulary: new Map([
      ['a', 0],
      ['b', 1],
    ]),
  },
);
const tune = madeHead(
  'tune',
  { w: { shape, values: ones } },
  {
    config,
    vocabulary: new Map([
      ['a', 0],
      ['b', 1],
    ]),
  },
);
const sum: MergeDoc = {
  merge_method: 'task_arithmetic',
  base_model: 'base',
  models: [{ model: 'tune', parameters: { weight: 1 } }],
};

const heads = (...list: CheckpointHead[]): Map<string, CheckpointHead> =>
  new Map(list.map((head) => [head.alias, head]));
function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('what cannot be merged is refused by name, before any byte is read', () => {
  const other = (tensors: Parameters<typeof madeHead>[1], extra: Parameters<typeof madeHead>[2] = { config }) =>
    heads(base, madeHead('tune', tensors, extra));
  test.each<[string, MergeDoc, Map<string, CheckpointHead>]>([
    ['merge/unknown-method', { ...sum, merge_method: 'dare-ties' }, heads(base, tune)],
    ['merge/base-required', { merge_method: 'task_arithmetic', models: sum.models! }, heads(base, tune)],
    ['merge/unknown-model', { ...sum, base_model: 'nobody' }, heads(base, tune)],
    ['merge/duplicate-model', { ...sum, models: [...sum.models!, ...sum.models!] }, heads(base, tune)],
    ['merge/no-models', { merge_method: 'linear', models: [] }, heads(base, tune)],
    ['merge/missing-parameter', { ...sum, models: [{ model: 'tune' }] }, heads(base, tune)],
    ['merge/unsupported-variant', { ...sum, lab: { election: 'paper' } }, heads(base, tune)],
    ['vocabulary/no-tokenizer', { ...sum, tokenizer_source: 'union' }, heads(base, tune)],
    [
      'merge/weights-sum-zero',
      {
        merge_method: 'linear',
        models: [
          { model: 'base', parameters: { weight: 1 } },
          { model: 'tune', parameters: { weight: -1 } },
        ],
      },
      heads(base, tune),
    ],
    ['merge/shape-mismatch', sum, other({ w: { shape: [3, 2], values: ones } })],
    ['merge/nothing-in-common', sum, other({ v: { shape, values: ones } })],
    [
      'merge/architecture-differs',
      sum,
      other({ w: { shape, values: ones } }, { config: { architectures: ['Qwen2ForCausalLM'] } }),
    ],
    [
      'merge/tokenizer-differs',
      sum,
      other(
        { w: { shape, values: ones } },
        {
          config,
          vocabulary: new Map([
            ['b', 0],
            ['a', 1],
          ]),
        },
      ),
    ],
    [
      'merge/vocabulary-size',
      sum,
      heads(
        madeHead('base', { 'model.embed_tokens.weight': { shape, values: ones } }),
        madeHead('tune', { 'model.embed_tokens.weight': { shape: [3, 3], values: [...ones, 1, 1, 1] } }),
      ),
    ],
  ])('%s', (expected, doc, models) => {
    expect(code(() => planMerge(doc, models))).toBe(expected);
  });
});

describe('settings', () => {
  const layered = (alias: string) =>
    madeHead(
      alias,
      Object.fromEntries(
        ['model.layers.0.mlp.w', 'model.layers.1.attn.w', 'model.layers.2.mlp.w', 'model.norm.weight'].map((name) => [
          name,
          { shape: [1], values: [1] },
        ]),
      ),
      { config },
    );
  const models = heads(layered('base'), layered('tune'));
  const weights = (weight: unknown): Record<string, number> =>
    Object.fromEntries(
      planMerge({ ...sum, models: [{ model: 'tune', parameters: { weight: weight as number } }] }, models).tensors.map(
        (t) => [t.name, t.inputs.find((i) => i.alias === 'tune')!.params['weight']!],
      ),
    );

  test('a gradient runs over the layers; tensors outside them take its first value', () => {
    expect(weights([0, 1])).toEqual({
      'model.layers.0.mlp.w': 0,
      'model.layers.1.attn.w': 0.5,
      'model.layers.2.mlp.w': 1,
      'model.norm.weight': 0,
    });
  });
  test('the first matching filter wins', () => {
    expect(weights([{ filter: 'mlp', value: 0.5 }, { value: 2 }])).toEqual({
      'model.layers.0.mlp.w': 0.5,
      'model.layers.1.attn.w': 2,
      'model.layers.2.mlp.w': 0.5,
      'model.norm.weight': 2,
    });
  });
  test('no match falls through to the global scope', () => {
    const doc: MergeDoc = {
      ...sum,
      models: [{ model: 'tune', parameters: { weight: [{ filter: 'mlp', value: 3 }] } }],
      parameters: { weight: 7 },
    };
    const plan = planMerge(doc, models);
    expect(plan.tensors.map((t) => t.inputs[0]!.params['weight'])).toEqual([3, 7, 3, 7]);
  });
});

describe('tensors that only some models have', () => {
  test('a missing one is copied from the base and listed, an extra one is reported', () => {
    const plan = planMerge(
      sum,
      heads(
        madeHead('base', { w: { shape, values: ones }, bias: { shape: [1], values: [9] } }),
        madeHead('tune', { w: { shape, values: ones }, more: { shape: [1], values: [1] } }),
      ),
    );
    expect(plan.tensors.map((t) => [t.name, t.action, t.why])).toEqual([
      ['bias', 'copy', 'missing in tune'],
      ['w', 'merge', null],
    ]);
    expect(plan.notices.map((n) => n.code)).toEqual(['merge/copied', 'merge/extra']);
    expect(plan.report.models[1]!.counts).toEqual({ same: 1, missing: 1, extra: 1, mismatched: 0, tied: 0 });
  });
  test('a tied model lends its embedding to a merge with an untied one, and the config tells the truth', async () => {
    const embed = { shape: [1, 2], values: [1, 2] };
    const plan = planMerge(
      sum,
      heads(
        madeHead('base', { 'model.embed_tokens.weight': embed }, { config }),
        madeHead(
          'tune',
          { 'model.embed_tokens.weight': embed, 'lm_head.weight': { shape: [1, 2], values: [5, 5] } },
          { config },
        ),
      ),
    );
    expect(plan.config!['tie_word_embeddings']).toBe(false);
    const values = new Map<string, number[]>();
    for await (const t of runPlan(plan, newSha256)) values.set(t.name, [...t.values!]);
    expect(values.get('lm_head.weight')).toEqual([5, 5]);
    expect(values.get('model.embed_tokens.weight')).toEqual([1, 2]);
  });
  test('integers are copied when equal and refused when not', async () => {
    const withInts = (alias: string, n: number) =>
      madeHead(alias, { w: { shape, values: ones }, ids: { shape: [1], values: [n], dtype: 'I64' } });
    const run = async (n: number) => {
      for await (const t of runPlan(planMerge(sum, heads(withInts('base', 7), withInts('tune', n))), newSha256))
        if (t.name === 'ids') return [...new BigInt64Array(t.bytes.buffer)];
      return [];
    };
    expect(await run(7)).toEqual([7n]);
    await expect(run(8)).rejects.toMatchObject({ code: 'merge/integer-differs' });
  });
});

describe('numbers that are not finite', () => {
  const merge = async (values: number[], doc = sum, options = {}) => {
    const plan = planMerge(doc, heads(base, madeHead('tune', { w: { shape, values } }, { config })));
    for await (const t of runPlan(plan, newSha256, options)) return t;
    throw new Error('no tensor');
  };
  test('a NaN names its model, tensor and place', async () => {
    await expect(merge([1, 1, NaN, 1, 1, 1])).rejects.toMatchObject({
      code: 'merge/nan-input',
      params: { model: 'tune', tensor: 'w', index: 2 },
    });
  });
  test('allowed, it is canonical and counted', async () => {
    const tensor = await merge([1, 1, NaN, 1, 1, 1], sum, { allowNonFinite: true });
    expect(tensor.nonFinite).toBe(1);
    expect(new Uint32Array(tensor.bytes.buffer)[2]).toBe(0x7fc00000);
  });
  test('an overflow of the output dtype is an error, an infinite input is not', async () => {
    await expect(merge([1e6, 1, 1, 1, 1, 1], { ...sum, out_dtype: 'float16' })).rejects.toMatchObject({
      code: 'merge/overflow',
    });
    expect((await merge([Infinity, 1, 1, 1, 1, 1])).values![0]).toBe(Infinity);
  });
});

test('a weight that normalize cancels is told', () => {
  const codes = (doc: MergeDoc) => planMerge(doc, heads(base, tune)).notices.map((n) => n.code);
  expect(codes({ ...sum, merge_method: 'ties' })).toContain('merge/weight-cancels');
  expect(codes({ ...sum, merge_method: 'ties', parameters: { normalize: false } })).toEqual([]);
  expect(codes(sum)).toEqual([]);
});

describe('random masks', () => {
  const n = 64;
  const tensor = (seed: number) => ({
    shape: [4, n / 4],
    values: Array.from({ length: n }, (_, i) => ((i * 37 + seed * 11) % 29) / 7 + seed),
  });
  const models = (...aliases: string[]): Map<string, CheckpointHead> =>
    heads(...aliases.map((alias, i) => madeHead(alias, { w: tensor(i), v: tensor(i) })));
  const doc = (weights: Record<string, number>, lab?: MergeDoc['lab']): MergeDoc => ({
    merge_method: 'dare_linear',
    base_model: 'base',
    models: Object.entries(weights).map(([model, weight]) => ({ model, parameters: { weight, density: 0.5 } })),
    ...(lab && { lab }),
  });
  async function merged(recipe: MergeDoc, inputs: Map<string, CheckpointHead>): Promise<Record<string, number[]>> {
    const values: Record<string, number[]> = {};
    for await (const t of runPlan(planMerge(recipe, inputs), newSha256)) values[t.name] = [...t.values!];
    return values;
  }

  test('another model, an order of models, an explicit seed 0 change nothing; alias and seed do', async () => {
    const inputs = models('base', 'a', 'b');
    const plain = await merged(doc({ a: 1 }), inputs);
    expect(await merged(doc({ a: 1 }, { seed: 0 }), inputs)).toEqual(plain);
    expect(await merged(doc({ a: 1, b: 0 }), inputs)).toEqual(plain);
    expect(await merged(doc({ b: 0, a: 1 }), inputs)).toEqual(plain);
    expect(await merged(doc({ a: 1 }, { seed: 1 }), inputs)).not.toEqual(plain);
    expect(await merged(doc({ z: 1 }), models('base', 'z'))).not.toEqual(plain);
    // The same values under two names of tensors: each has a mask of its own.
    expect(plain['v']).not.toEqual(plain['w']);
  });

  test('density obeys filters, one model at a time', async () => {
    const inputs = models('base', 'a', 'b');
    const density = [{ filter: 'v', value: 0 }, { value: 1 }];
    const one = { ...doc({ a: 1 }), models: [{ model: 'a', parameters: { weight: 1, density } }] };
    const values = await merged(one, inputs);
    expect(values['v']).toEqual(tensor(0).values.map(Math.fround));
    expect(values['w']).toEqual((await merged({ ...one, merge_method: 'task_arithmetic' }, inputs))['w']);
  });

  test.each(['ties', 'dare_linear', 'dare_ties'])('%s sees a NaN that its mask drops', async (merge_method) => {
    const values = tensor(1).values.map((v, i) => (i < n / 2 ? NaN : v));
    const inputs = heads(madeHead('base', { w: tensor(0) }), madeHead('a', { w: { ...tensor(1), values } }));
    for (const density of [0, 0.01, 0.5]) {
      const recipe = { ...doc({}), merge_method, models: [{ model: 'a', parameters: { weight: 1, density } }] };
      await expect(merged(recipe, inputs)).rejects.toMatchObject({ code: 'merge/nan-input' });
    }
  });
});
