import { describe, expect, test } from 'vitest';
import { newSha256 } from '../../../../src/cli/disk';
import { planMerge } from '../../../../src/core/merge/plan';
import { METHODS } from '../../../../src/core/merge/registry';
import { runPlan, type MergedTensor } from '../../../../src/core/merge/run';
import { SPECS } from '../../../../src/core/merge/specs';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import type { InputModel, MergeDoc, Parameters } from '../../../../src/core/recipe/types';
import { decodeToF32, encodeFromF32 } from '../../../../src/core/tensor/dtype';
import type { DType } from '../../../../src/core/tensor/types';
import { madeHead } from './helpers';

/** What users of mergekit met, and what is right: references, mergekit, section 4.1. */
const shape = [6, 8];
const values = (seed: number): number[] =>
  Array.from({ length: 48 }, (_, i) => Math.fround((((i * 37 + seed * 101) % 97) - 48) / 200 + seed / 50));
const model = (alias: string, seed: number, dtype: DType = 'F32', config = {}): CheckpointHead =>
  madeHead(
    alias,
    { v: { shape, values: values(seed), dtype }, w: { shape, values: values(seed + 9), dtype } },
    { config },
  );
const heads = (...list: CheckpointHead[]): Map<string, CheckpointHead> =>
  new Map(list.map((head) => [head.alias, head]));
const three = heads(model('base', 1), model('a', 2), model('b', 3));

async function merged(doc: MergeDoc, models = three): Promise<MergedTensor[]> {
  const tensors: MergedTensor[] = [];
  for await (const tensor of runPlan(planMerge(doc, models), newSha256)) tensors.push(tensor);
  return tensors;
}
const first = async (doc: MergeDoc): Promise<number[]> => [...(await merged(doc))[0]!.values!];
const weighted = (weights: Readonly<Record<string, number>>): InputModel[] =>
  Object.entries(weights).map(([alias, weight]) => ({ model: alias, parameters: { weight } }));
const close = (got: readonly number[], want: (i: number) => number): void =>
  got.forEach((v, i) => expect(v).toBeCloseTo(want(i), 6));

test('R1: weights .1 and 1.0, normalized or not', async () => {
  const doc = (normalize: boolean): MergeDoc => ({
    merge_method: 'linear',
    models: weighted({ a: 0.1, b: 1 }),
    parameters: { normalize },
  });
  const [a, b] = [values(2), values(3)];
  close(await first(doc(true)), (i) => (0.1 * a[i]! + b[i]!) / 1.1);
  close(await first(doc(false)), (i) => 0.1 * a[i]! + b[i]!);
  expect(() => planMerge({ ...doc(true), models: [...weighted({ a: 1 }), ...weighted({ a: 2 })] }, three)).toThrow(
    /"a" is listed twice/,
  );
});

test('R2: a single negative weight is subtracted, unless normalize divides it by itself, which is told', async () => {
  const doc = (normalize: boolean): MergeDoc => ({
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: weighted({ a: -1 }),
    parameters: { normalize },
  });
  const [base, a] = [values(1), values(2)];
  close(await first(doc(false)), (i) => 2 * base[i]! - a[i]!);
  close(await first(doc(true)), (i) => a[i]!);
  const codes = (normalize: boolean) => planMerge(doc(normalize), three).notices.map((notice) => notice.code);
  expect([codes(false), codes(true)]).toEqual([[], ['merge/weight-cancels']]);
});

test('R12: float16 and bfloat16 in, float16 out: all tensors, the config, and the merge of float32 rounded once', async () => {
  const config = { architectures: ['LlamaForCausalLM'], dtype: 'bfloat16' };
  const models = heads(model('a', 2, 'F16', config), model('b', 3, 'BF16', config));
  const doc: MergeDoc = { merge_method: 'linear', models: weighted({ a: 1, b: 1 }), out_dtype: 'float16' };
  const plan = planMerge(doc, models);
  expect(plan.config!['dtype']).toBe('float16');
  const round = (list: number[], dtype: DType) => decodeToF32(encodeFromF32(Float32Array.from(list), dtype), dtype);
  const [a, b] = [round(values(2), 'F16'), round(values(3), 'BF16')];
  const tensors = await merged(doc, models);
  expect(tensors.map(({ dtype }) => dtype)).toEqual(['F16', 'F16']);
  const want = encodeFromF32(
    a.map((v, i) => Math.fround(Math.fround(v + b[i]!) / 2)),
    'F16',
  );
  expect([...tensors[0]!.bytes]).toEqual([...want]);
});

describe('R14', () => {
  test.each(SPECS.filter((spec) => spec.random).map((spec) => spec.id))(
    '%s: the same seed is the same bits, and a model of weight 0 changes none',
    async (merge_method) => {
      const doc: MergeDoc = {
        merge_method,
        base_model: 'base',
        models: weighted({ a: 0.7 }),
        parameters: { density: 0.5 },
        lab: { seed: 3 },
      };
      const bytes = async (recipe: MergeDoc) => (await merged(recipe)).map((tensor) => [...tensor.bytes]);
      const once = await bytes(doc);
      expect(await bytes(doc)).toEqual(once);
      expect(await bytes({ ...doc, models: weighted({ a: 0.7, b: 0 }) })).toEqual(once);
      expect(await bytes({ ...doc, models: weighted({ b: 0, a: 0.7 }) })).toEqual(once);
      expect(await bytes({ ...doc, lab: { seed: 4 } })).not.toEqual(once);
    },
  );
});

/** A recipe of as many of the models as the method takes, with the values that the page starts it with. */
function smallest(id: string): MergeDoc {
  const spec = SPECS.find((candidate) => candidate.id === id)!;
  const based = spec.base === 'required';
  const most = Math.min(spec.nonBase[1], spec.inputs[1] - Number(based), 2);
  const parameters: Parameters = Object.fromEntries(
    spec.params.flatMap(({ id: name, start, default: value }) => {
      const chosen = start ?? value;
      return name === 'weight' || chosen === null ? [] : [[name, chosen]];
    }),
  );
  const hasWeight = spec.params.some((param) => param.id === 'weight');
  const models = ['a', 'b']
    .slice(0, most)
    .map((name) => ({ model: name, ...(hasWeight && { parameters: { weight: 0.5 } }) }));
  return { merge_method: id, ...(based && { base_model: 'base' }), models, parameters };
}

describe('every method', () => {
  test.each(METHODS.map((method) => method.id))('%s runs as the page starts it, the same every time', async (id) => {
    const [one, two] = [await merged(smallest(id)), await merged(smallest(id))];
    expect(one.map((tensor) => [...tensor.bytes])).toEqual(two.map((tensor) => [...tensor.bytes]));
    expect(one.every((tensor) => tensor.nonFinite === 0)).toBe(true);
  });
  test.each(METHODS.map((method) => method.id))('%s sees a NaN in any of its models', async (id) => {
    const doc = smallest(id);
    for (const alias of [...(doc.base_model ? ['base'] : []), ...doc.models!.map((input) => input.model)]) {
      const broken = values(5);
      broken[7] = NaN;
      const models = new Map(three);
      models.set(
        alias,
        madeHead(alias, { v: { shape, values: broken }, w: { shape, values: values(6) } }, { config: {} }),
      );
      await expect(merged(doc, models)).rejects.toMatchObject({ code: 'merge/nan-input', params: { model: alias } });
    }
  });
});

describe('refused before a byte is read', () => {
  const doc = smallest('della');
  const with_ = (parameters: Parameters): MergeDoc => ({ ...doc, parameters: { ...doc.parameters, ...parameters } });
  test.each<[string, MergeDoc, RegExp]>([
    [
      'density + epsilon',
      with_({ density: 0.9 }),
      /0\.75 and 1\.05 \(v\)\. With density 0\.9, epsilon must be below 0\.1;/,
    ],
    ['density - epsilon', with_({ density: 0.1 }), /-0\.05 and 0\.25/],
    ['a negative epsilon counts as its size', with_({ density: 0.9, epsilon: -0.2 }), /epsilon must be below 0\.1/],
    ['gamma', { ...smallest('breadcrumbs'), parameters: { gamma: 1.5 } }, /gamma .* is 1\.5/],
    [
      'too many',
      { ...smallest('slerp'), models: weighted({ a: 1, b: 1 }) },
      /slerp takes exactly 2 models, the base included; .* gives it 3/,
    ],
    [
      'too few',
      { ...smallest('model_stock'), models: [{ model: 'a' }] },
      /model_stock takes at least 3 models, the base included; .* gives it 2/,
    ],
    [
      'too few besides',
      { ...smallest('nuslerp'), models: weighted({ a: 1 }) },
      /nuslerp takes exactly 2 models besides the base; .* gives it 1/,
    ],
    [
      'passthrough',
      { ...smallest('passthrough'), models: [{ model: 'a' }, { model: 'b' }] },
      /passthrough takes exactly 1 models/,
    ],
    [
      'no sum',
      { ...smallest('multislerp'), models: weighted({ a: 1, b: -1 }) },
      /normalized multislerp merge sum to 0/,
    ],
  ])('%s', (_name, recipe, message) => {
    expect(() => planMerge(recipe, three)).toThrow(message);
  });
  test('della keeps all at density 1 and nothing at 0, whatever epsilon is', () => {
    for (const density of [0, 1]) expect(() => planMerge(with_({ density }), three)).not.toThrow();
  });
});
