import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { newSha256 } from '../../../../src/cli/disk';
import { LabError } from '../../../../src/core/errors';
import { planMerge } from '../../../../src/core/merge/plan';
import { fingerprintPlan, runPlan } from '../../../../src/core/merge/run';
import type { CheckpointHead, MergePlan } from '../../../../src/core/merge/types';
import type { InputModel, MergeDoc } from '../../../../src/core/recipe/types';
import { decodeToF32 } from '../../../../src/core/tensor/dtype';
import { summarizePlan } from '../../../../src/engine/plan-summary';
import { sharesOf } from '../../../../src/ui/plan/rows';
import { GOLDEN, headsOf, madeHead } from './helpers';

const FOLDER = join(GOLDEN, 'parts');
const ALIASES = ['base', 'rm', 'tied', 'vlm', 'vlm_new'] as const;
let heads: Map<string, CheckpointHead>;
beforeAll(async () => {
  heads = await headsOf(Object.fromEntries(ALIASES.map((alias) => [alias, join(FOLDER, alias)])));
});

const only = (model: string) => ({ models: [{ model }] });
const weighed = (weights: readonly (readonly [string, number])[]): InputModel[] =>
  weights.map(([model, weight]) => ({ model, parameters: { weight } }));
function parts(weights: readonly (readonly [string, number])[], taken: Readonly<Record<string, string>>): MergeDoc {
  const modules = Object.entries(taken).map(([name, model]) => [name, only(model)]);
  return {
    merge_method: 'task_arithmetic',
    base_model: 'base',
    modules: { text_decoder: { models: weighed(weights) }, ...Object.fromEntries(modules) },
    parameters: { normalize: false },
    dtype: 'float32',
    out_dtype: 'float32',
  };
}
const sees = (model: string) => ({ vision_tower: model, multi_modal_projector: model });
const BOTH = [
  ['rm', 1],
  ['vlm', 1],
] as const;
const GLASSES = { head: 'rm', ...sees('vlm') };
async function values(plan: MergePlan): Promise<Map<string, Float32Array>> {
  const out = new Map<string, Float32Array>();
  for await (const { name, values: found } of runPlan(plan, newSha256)) out.set(name, found!);
  return out;
}
/** A parent's tensor in float32. */
async function own(alias: string, name: string): Promise<Float32Array> {
  const { source, begin, end, dtype } = heads.get(alias)!.index.tensors.get(name)!;
  return decodeToF32(await source.read(begin, end), dtype);
}
function refusal(doc: MergeDoc, models = heads): { code: string; message: string } {
  try {
    planMerge(doc, models);
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  return { code: 'no error', message: '' };
}

interface Golden {
  readonly frame: string;
  readonly weights: readonly (readonly [string, number])[];
  readonly sha256: string;
}
const goldens = JSON.parse(readFileSync(join(FOLDER, 'fingerprints.json'), 'utf8')) as Golden[];

describe('a partial merge', () => {
  test.each(goldens)('is that of training/parts.py: $frame, $weights', async ({ frame, weights, sha256 }) => {
    const plan = planMerge(parts(weights, { head: 'rm', ...(frame === 'base' ? {} : sees(frame)) }), heads);
    expect((await fingerprintPlan(plan, newSha256)).sha256).toBe(sha256);
    expect(plan.donor).toBe(frame);
  });

  test('at weights of 0 has the base’s text half, bit for bit, and whole parents beside it', async () => {
    const merged = await values(planMerge(parts([['vlm', 0]], GLASSES), heads));
    for (const name of heads.get('base')!.index.tensors.keys())
      if (name !== 'lm_head.weight') expect(merged.get(`language_model.${name}`)).toEqual(await own('base', name));
    for (const name of heads.get('vlm')!.index.tensors.keys())
      if (!name.startsWith('language_model.')) expect(merged.get(name)).toEqual(await own('vlm', name));
    expect(merged.get('score.weight')).toEqual(await own('rm', 'score.weight'));
    expect(merged.has('language_model.lm_head.weight')).toBe(false);
  });

  test('depends neither on the order of its modules nor on who names what no one else has', async () => {
    const plan = planMerge(parts(BOTH, GLASSES), heads);
    const turned = parts(BOTH, { multi_modal_projector: 'vlm', vision_tower: 'vlm' });
    const { text_decoder: text, ...others } = turned.modules!;
    const again = planMerge({ ...turned, modules: { head: only('rm'), ...others, text_decoder: text! } }, heads);
    const fewer = planMerge(parts(BOTH, { head: 'rm', vision_tower: 'vlm' }), heads);
    const prints = await Promise.all([plan, again, fewer].map(async (one) => fingerprintPlan(one, newSha256)));
    expect(new Set(prints.map(({ sha256 }) => sha256)).size).toBe(1);
    expect([plan.notices, fewer.notices.map(({ code, params }) => [code, params])]).toEqual([
      [],
      [['merge/unnamed', { count: 1, model: 'vlm' }]],
    ]);
  });

  test('says of each tensor which module it is in and whose it is', () => {
    const told = planMerge(parts(BOTH, GLASSES), heads).tensors.map(({ name, module, why, inputs }) => [
      name,
      module,
      why,
      inputs.map(({ alias }) => alias),
    ]);
    expect(told).toContainEqual(['language_model.model.norm.weight', 'text_decoder', null, ['rm', 'vlm', 'base']]);
    expect(told).toContainEqual(['score.weight', 'head', 'taken as it is', ['rm']]);
    expect(told).toContainEqual([
      'vision_tower.embeddings.position_embeddings',
      'vision_tower',
      'taken as it is',
      ['vlm'],
    ]);
  });

  test('is told to the page module by module', () => {
    const told = (doc: MergeDoc) => sharesOf(summarizePlan(planMerge(doc, heads)).tensors);
    expect(told(parts(BOTH, { head: 'rm', vision_tower: 'vlm' }))).toEqual([
      { module: 'text_decoder', from: null, count: 8 },
      { module: 'head', from: 'rm', count: 1 },
      { module: 'vision_tower', from: 'vlm', count: 2 },
      { module: null, from: 'vlm', count: 1 },
    ]);
    const whole: MergeDoc = { merge_method: 'passthrough', models: [{ model: 'base' }] };
    expect(told(whole)).toEqual([]);
  });

  test('has the frame’s config, and the architecture of its head', () => {
    const glasses = planMerge(parts(BOTH, GLASSES), heads).config!;
    expect(glasses).toMatchObject({
      architectures: ['LlavaForSequenceClassification'],
      model_type: 'llava',
      num_labels: 1,
      id2label: { 0: 'reward' },
      label2id: { reward: 0 },
      pad_token_id: 3,
      torch_dtype: 'float32',
      text_config: heads.get('vlm')!.config!['text_config'],
    });
    const blind = planMerge(parts([['rm', 1]], { head: 'rm' }), heads).config!;
    expect(blind).toEqual({ ...heads.get('rm')!.config, torch_dtype: 'float32' });
    const sighted = planMerge(parts(BOTH, { head: 'vlm', ...sees('vlm') }), heads);
    expect(sighted.config!['architectures']).toEqual(['LlavaForConditionalGeneration']);
    expect(sighted.tensors.map(({ name }) => name)).toContain('language_model.lm_head.weight');
  });

  test('back from a judge to a writer: no labels are left', () => {
    const doc: MergeDoc = { ...parts([['base', 0.5]], { head: 'base' }), base_model: 'rm' };
    const { config, tensors } = planMerge(doc, heads);
    expect(config!['architectures']).toEqual(['LlamaForCausalLM']);
    expect(config).not.toHaveProperty('num_labels');
    expect(tensors.map(({ name }) => name)).not.toContain('score.weight');
    expect(config!['tie_word_embeddings']).toBe(false);
  });

  test('a tied head is its embedding, and the result is no longer tied', async () => {
    const plan = planMerge(parts([['rm', 1]], { head: 'tied' }), heads);
    const merged = await values(plan);
    expect(merged.get('lm_head.weight')).toEqual(await own('tied', 'model.embed_tokens.weight'));
    expect(plan.config!['tie_word_embeddings']).toBe(false);
    const sighted = planMerge(parts([['rm', 1]], { head: 'tied', ...sees('vlm_new') }), heads);
    expect(sighted.tensors.map(({ name }) => name)).toContain('lm_head.weight');
  });

  test('is the same merge whatever the method’s name for the sum', async () => {
    const linear: MergeDoc = {
      ...parts([], GLASSES),
      merge_method: 'linear',
      parameters: { normalize: false },
    };
    const { base_model: _base, ...sum } = linear;
    const models = weighed([
      ['base', -1],
      ['rm', 1],
      ['vlm', 1],
    ]);
    const plan = planMerge({ ...sum, modules: { ...sum.modules, text_decoder: { models } } }, heads);
    const [a, b] = [await values(plan), await values(planMerge(parts(BOTH, GLASSES), heads))];
    expect([...a.keys()]).toEqual([...b.keys()]);
    for (const [name, found] of a)
      found.forEach((value, i) => expect(Math.abs(value - b.get(name)![i]!)).toBeLessThan(1e-5));
  });
});

describe('refused before any weight is read', () => {
  const narrow = (): Map<string, CheckpointHead> => {
    const { tensors } = heads.get('rm')!.index;
    const thin = Object.fromEntries(
      [...tensors.values()].map(({ name, shape }) => [
        name,
        { shape: shape.map((n) => (n === 6 ? 5 : n)), values: [] as number[] },
      ]),
    );
    return new Map([...heads, ['rm', madeHead('rm', thin, { config: heads.get('rm')!.config! })]]);
  };

  test('modules that nobody has, or no one together', () => {
    expect(refusal(parts(BOTH, { vision_towr: 'vlm' }))).toMatchObject({
      code: 'merge/unknown-module',
      message: expect.stringMatching(/vision_towr/) as string,
    });
    expect(refusal(parts(BOTH, { head: 'rm', vision_tower: 'rm' })).message).toMatch(
      /^rm has no module "vision_tower"/,
    );
    const whisper = madeHead('whisper', {
      'model.encoder.layers.0.fc1.weight': { shape: [1], values: [1] },
      'model.decoder.layers.0.fc1.weight': { shape: [1], values: [1] },
    });
    const both = parts(BOTH, { head: 'rm', vision_tower: 'vlm', encoder: 'whisper' });
    expect(refusal(both, new Map([...heads, ['whisper', whisper]]))).toMatchObject({
      code: 'merge/no-frame',
      message: expect.stringMatching(/whisper: encoder, decoder.*vlm: text_decoder, vision_tower/) as string,
    });
  });

  test('a head that is missing, or does not say whose it is', () => {
    const headless = { ...heads.get('tied')!, config: { ...heads.get('tied')!.config, tie_word_embeddings: false } };
    const models = new Map([...heads, ['tied', headless]]);
    expect(refusal(parts([['rm', 1]], { head: 'tied' }), models).code).toBe('merge/no-head');
    expect(refusal(parts(BOTH, sees('vlm')))).toMatchObject({
      code: 'merge/heads-differ',
      message: expect.stringMatching(/with head of rm/) as string,
    });
  });

  test('shapes that do not fit, by name', () => {
    expect(refusal(parts(BOTH, GLASSES), narrow()).message).toMatch(
      /mlp\.down_proj\.weight is F16 \[4, 6\] in base but F32 \[4, 5\] in rm/,
    );
    const wide = madeHead(
      'rm',
      { 'model.norm.weight': { shape: [4], values: [] }, 'score.weight': { shape: [1, 8], values: [] } },
      { config: heads.get('rm')!.config! },
    );
    expect(refusal(parts([['vlm', 1]], GLASSES), new Map([...heads, ['rm', wide]]))).toMatchObject({
      code: 'merge/module-differs',
      message: expect.stringMatching(/score\.weight is \[1, 4\] in vlm and \[1, 8\] in rm/) as string,
    });
  });

  test('a tower of another shape than the frame’s, and one to be measured from a base that has none', () => {
    const other = madeHead(
      'other',
      Object.fromEntries(
        [...heads.get('vlm')!.index.tensors.values()].map(({ name, shape }) => [
          name,
          { shape: shape.map((n) => (n === 3 ? 9 : n)), values: [] as number[] },
        ]),
      ),
      { config: heads.get('vlm')!.config! },
    );
    const models = new Map([...heads, ['other', other]]);
    expect(refusal(parts(BOTH, { head: 'rm', vision_tower: 'other' }), models)).toMatchObject({
      code: 'merge/module-differs',
      message: expect.stringMatching(/position_embeddings is \[1, 3, 5\] in vlm and \[1, 9, 5\] in other/) as string,
    });
    const doc = parts(BOTH, { head: 'rm' });
    const tower = { models: weighed([['vlm', 1]]) };
    expect(refusal({ ...doc, modules: { ...doc.modules, vision_tower: tower } }).code).toBe('merge/base-lacks-module');
  });
});
