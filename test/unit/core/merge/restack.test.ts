import { describe, expect, test } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { planMerge, planRecipe } from '../../../../src/core/merge/plan';
import { fingerprintPlan, inputBytes, runPlan } from '../../../../src/core/merge/run';
import type { CheckpointHead, MergePlan } from '../../../../src/core/merge/types';
import type { MergeDoc, Recipe, SliceSource } from '../../../../src/core/recipe/types';
import { memorySource } from '../../../../src/core/tensor/source';
import type { DType } from '../../../../src/core/tensor/types';
import { newSha256 } from '../../../../src/cli/disk';
import { madeHead } from './helpers';

const config = { architectures: ['LlamaForCausalLM'], num_hidden_layers: 4, torch_dtype: 'float32' };
/** Every tensor holds model * 100 + layer, so that a result says where it comes from. */
function model(alias: string, number: number, layers: number, extra: Record<string, unknown> = {}): CheckpointHead {
  const one = (value: number) => ({ shape: [2], values: [value, value] });
  const tensors: Parameters<typeof madeHead>[1] = {
    'model.embed_tokens.weight': { shape: [1, 2], values: [number * 100 + 50, number * 100 + 50] },
    'model.norm.weight': one(number * 100 + 60),
    ...Object.fromEntries(
      Array.from({ length: layers }, (_, i) => [`model.layers.${i}.mlp.up_proj.weight`, one(number * 100 + i)]),
    ),
  };
  return madeHead(alias, tensors, { config: { ...config, num_hidden_layers: layers, ...extra } });
}
const heads = (...list: CheckpointHead[]) => new Map(list.map((head) => [head.alias, head]));
const source = (name: string, begin: number, end: number): SliceSource => ({ model: name, layer_range: [begin, end] });
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error.code;
    throw error;
  }
  return 'no error';
};
async function values(plan: MergePlan): Promise<Record<string, number>> {
  const out: Record<string, number> = {};
  for await (const t of runPlan(plan, newSha256)) out[t.name] = t.values![0]!;
  return out;
}

describe('slices', () => {
  const [a, b] = [model('a', 1, 4), model('b', 2, 5)];
  const stack: MergeDoc = {
    merge_method: 'passthrough',
    slices: [{ sources: [source('a', 0, 3)] }, { sources: [source('b', 1, 4)] }],
  };

  test('layers are stacked anew, the embedding is the first slice’s, the norm the last one’s (R11)', async () => {
    const plan = planMerge(stack, heads(a, b));
    expect(await values(plan)).toEqual({
      'model.embed_tokens.weight': 150,
      'model.layers.0.mlp.up_proj.weight': 100,
      'model.layers.1.mlp.up_proj.weight': 101,
      'model.layers.2.mlp.up_proj.weight': 102,
      'model.layers.3.mlp.up_proj.weight': 201,
      'model.layers.4.mlp.up_proj.weight': 202,
      'model.layers.5.mlp.up_proj.weight': 203,
      'model.norm.weight': 260,
    });
    expect(plan.config!['num_hidden_layers']).toBe(6);
  });

  test('a layer used twice is two copies', async () => {
    const twice = planMerge({ ...stack, slices: [stack.slices![0]!, stack.slices![0]!] }, heads(a, b));
    const tensors = new Map<string, ArrayBuffer>();
    for await (const t of runPlan(twice, newSha256)) tensors.set(t.name, t.bytes.buffer);
    const copies = [0, 3].map((layer) => tensors.get(`model.layers.${layer}.mlp.up_proj.weight`)!);
    expect(copies[0]).not.toBe(copies[1]);
    expect(new Float32Array(copies[0]!)).toEqual(new Float32Array(copies[1]!));
    expect(twice.tensors.filter(({ name }) => name.includes('.layers.'))).toHaveLength(6);
  });

  test('layer_types follow their layers', () => {
    const typed = model('a', 1, 4, { layer_types: ['w', 'x', 'y', 'z'] });
    const plan = planMerge(
      { ...stack, slices: [{ sources: [source('a', 1, 3)] }, { sources: [source('a', 3, 4)] }] },
      heads(typed),
    );
    expect(plan.config!['layer_types']).toEqual(['x', 'y', 'z']);
  });

  test('a gradient runs over its slice; a filter sees the layer’s number in its own model', () => {
    const weight = [{ filter: 'layers.3.', value: 9 }, { value: [0, 1] }];
    const doc: MergeDoc = {
      merge_method: 'linear',
      slices: [
        {
          sources: [
            { ...source('a', 1, 4), parameters: { weight } },
            { ...source('b', 0, 3), parameters: { weight } },
          ],
        },
      ],
      parameters: { normalize: false },
    };
    const layers = planMerge(doc, heads(a, b)).tensors.filter(({ name }) => name.includes('.layers.'));
    expect(layers.map((t) => t.inputs.map((input) => input.params['weight']))).toEqual([
      [0, 0],
      [0.5, 0.5],
      [9, 1],
    ]);
  });

  test.each<[string, MergeDoc]>([
    ['merge/layer-range', { ...stack, slices: [{ sources: [source('a', 2, 5)] }] }],
    [
      'merge/layer-count',
      { merge_method: 'linear', models: [{ model: 'a' }, { model: 'b' }], parameters: { weight: 1 } },
    ],
    [
      'merge/duplicate-model',
      { merge_method: 'linear', slices: [{ sources: [source('a', 0, 1), source('a', 1, 2)] }] },
    ],
    ['merge/unknown-model', { ...stack, slices: [{ sources: [source('c', 0, 1)] }] }],
  ])('%s is refused before any weight is read (R13)', (expected, doc) => {
    expect(code(() => planMerge(doc, heads(a, b)))).toBe(expected);
  });

  test('other widths in one place are refused by name', () => {
    const wide = madeHead('b', { 'model.layers.0.mlp.up_proj.weight': { shape: [3], values: [1, 2, 3] } }, { config });
    const doc: MergeDoc = {
      merge_method: 'linear',
      slices: [{ sources: [source('a', 0, 1), source('b', 0, 1)] }],
      parameters: { weight: 1 },
    };
    expect(() => planMerge(doc, heads(a, wide))).toThrow(
      /layers\.0\.mlp\.up_proj\.weight is F32 \[2\] in a but F32 \[3\] in b/,
    );
  });
});

describe('modules', () => {
  const speech = (alias: string, number: number): CheckpointHead =>
    madeHead(
      alias,
      Object.fromEntries(
        ['model.encoder.layers.0.fc1.weight', 'model.decoder.layers.0.fc1.weight', 'other.weight'].map((name, i) => [
          name,
          { shape: [1], values: [number + i / 10] },
        ]),
      ),
      { config: { architectures: ['WhisperForConditionalGeneration'] } },
    );
  const both = heads(speech('base', 1), speech('tune', 5));
  const doc: MergeDoc = {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    modules: { decoder: { models: [{ model: 'tune' }], parameters: { weight: 0.5 } } },
    dtype: 'float32',
  };

  test('one part of a model is merged, the rest is the base’s and listed', async () => {
    const plan = planMerge(doc, both);
    const merged = await values(plan);
    expect(merged['model.decoder.layers.0.fc1.weight']).toBeCloseTo(3.1);
    expect(merged['model.encoder.layers.0.fc1.weight']).toBe(1);
    expect(plan.tensors.filter((t) => t.why === 'in no module').map((t) => t.name)).toEqual([
      'model.encoder.layers.0.fc1.weight',
      'other.weight',
    ]);
  });

  test('an unknown module is refused with those there are', () => {
    const odd = { ...doc, modules: { decodr: doc.modules!['decoder']! } };
    expect(() => planMerge(odd, both)).toThrow(/no module "decodr".*decoder.*encoder, decoder/);
  });
});

describe('stages', () => {
  const models = heads(model('base', 0, 2), model('a', 1, 2), model('b', 2, 2));
  const recipe = (merge: MergeDoc[]): Recipe => ({
    v: 1,
    models: Object.fromEntries([...models.keys()].map((alias) => [alias, { src: 'zoo:x-0' }])),
    merge,
  });
  const soup: MergeDoc = {
    name: 'soup',
    merge_method: 'linear',
    models: [{ model: 'a' }, { model: 'b' }],
    parameters: { weight: 1 },
    dtype: 'float32',
  };
  const result: MergeDoc = {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'soup' }],
    parameters: { weight: 2 },
    dtype: 'float32',
  };
  const plan = (...merge: MergeDoc[]) => planRecipe(recipe(merge), (alias) => models.get(alias)!, newSha256);

  test('a later stage reads an earlier one, in whatever order they are written', async () => {
    const first = await values(plan(soup, result));
    expect(first['model.layers.1.mlp.up_proj.weight']).toBe(1 + 2 * (151 - 1));
    expect(await values(plan(result, soup))).toEqual(first);
  });

  test('a stage is rounded to its own dtype, as if it had been written', async () => {
    const odd: MergeDoc = {
      ...soup,
      models: [
        { model: 'a', parameters: { weight: 3 } },
        { model: 'b', parameters: { weight: 1.02 } },
      ],
      out_dtype: 'bfloat16',
    };
    const [plain, lossy] = [
      await values(plan({ ...odd, out_dtype: 'float32' }, result)),
      await values(plan(odd, result)),
    ];
    expect(lossy['model.norm.weight']).not.toBe(plain['model.norm.weight']);
  });

  test('the tokenizer and config come from a model, not from a stage', () => {
    expect(plan(soup, { ...result, base_model: 'soup', models: [{ model: 'a' }] }).donor).toBe('a');
  });

  test('a mask belongs to the stage that draws it', async () => {
    const dare = (name: string): MergeDoc => ({
      name,
      merge_method: 'dare_linear',
      base_model: 'base',
      models: [{ model: 'a' }],
      parameters: { weight: 1, density: 0.5, rescale: false },
      dtype: 'float32',
    });
    const last = (name: string): MergeDoc => ({ merge_method: 'passthrough', models: [{ model: name }] });
    const prints = await Promise.all(
      ['x', 'y'].map(async (name) => (await fingerprintPlan(plan(dare(name), last(name)), newSha256)).sha256),
    );
    expect(prints[0]).not.toBe(prints[1]);
  });

  test('a stage is never held as a whole: what a plan reads is one tensor at a time', async () => {
    let [held, most] = [0, 0];
    const watched = new Map(
      [...models].map(([alias, head]) => {
        const tensors = new Map(
          [...head.index.tensors].map(([name, info]) => {
            const bytes = memorySource(name, new Uint8Array(8));
            const read: typeof bytes.read = async (begin, end, signal) => {
              most = Math.max(most, ++held);
              const out = await bytes.read(begin, end, signal);
              held--;
              return out;
            };
            return [name, { ...info, source: { ...bytes, read } }];
          }),
        );
        return [alias, { ...head, index: { ...head.index, tensors } }];
      }),
    );
    const staged = planRecipe(recipe([soup, result]), (alias) => watched.get(alias)!, newSha256);
    expect(inputBytes(staged)).toBe(staged.tensors.length * 2 * 8);
    for await (const _tensor of runPlan(staged, newSha256));
    expect(most).toBe(1);
  });
});

describe('packed checkpoints are named (R15)', () => {
  const packed = (tensors: Record<string, { shape: number[]; dtype: DType }>): CheckpointHead => {
    const head = madeHead('tune', {});
    const index = new Map(
      Object.entries(tensors).map(([name, { shape, dtype }]) => {
        const size = shape.reduce((x, y) => x * y, 1);
        return [name, { name, shape, dtype, begin: 0, end: size, source: memorySource(name, new Uint8Array(size)) }];
      }),
    );
    return { ...head, index: { ...head.index, tensors: index } };
  };
  const base = madeHead('base', { 'w.weight': { shape: [4, 8], values: new Array(32).fill(1) } });
  const doc: MergeDoc = {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    models: [{ model: 'tune' }],
    parameters: { weight: 1 },
  };
  test.each<[RegExp, Record<string, { shape: number[]; dtype: DType }>]>([
    [/bitsandbytes 4-bit/, { 'w.weight': { shape: [16, 1], dtype: 'U8' } }],
    [
      /bitsandbytes 4-bit/,
      {
        'w.weight': { shape: [4, 8], dtype: 'F32' },
        'w.weight.quant_state.bitsandbytes__nf4': { shape: [4], dtype: 'U8' },
      },
    ],
    [/GPTQ or AWQ/, { 'w.qweight': { shape: [4, 1], dtype: 'I32' } }],
  ])('%s', (expected, tensors) => {
    expect(() => planMerge(doc, heads(base, packed(tensors)))).toThrow(expected);
  });
});
