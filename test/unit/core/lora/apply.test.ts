import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAdapter } from '../../../../src/core/lora/adapter';
import { adapterNorms, applyAdapter } from '../../../../src/core/lora/apply';
import { planMerge } from '../../../../src/core/merge/plan';
import { mergeTensor, runPlan } from '../../../../src/core/merge/run';
import { decodeToF32, encodeFromF32 } from '../../../../src/core/tensor/dtype';
import { openSafetensors } from '../../../../src/core/tensor/safetensors';
import { memorySource } from '../../../../src/core/tensor/source';
import { newSha256 } from '../../../../src/cli/disk';
import { headOf } from '../../../../src/engine/checkpoint';
import { GOLDEN, madeHead, openDisk } from '../merge/helpers';
import { CASES, madeAdapter, readJson, valuesIn } from './helpers';

const HEAD = 'lm_head.weight';
const EMBEDDING = 'model.embed_tokens.weight';
const A = 'base_model.model.x.lora_A.weight';
const B = 'base_model.model.x.lora_B.weight';

async function golden(name: string) {
  const folder = join(CASES, name);
  const { base, head } = readJson(join(folder, 'case.json')) as { base: string; head: boolean };
  const of = base.includes('/') ? join(CASES, base) : join(GOLDEN, 'merge/models', base);
  return { folder, head, base: headOf('base', await openDisk(of)) };
}

function openOnly(file: string) {
  return openSafetensors(memorySource(file, new Uint8Array(readFileSync(file))));
}

describe('an adapter on its base is what PEFT makes of the two', () => {
  test.each(readdirSync(CASES))('%s', async (name) => {
    const { folder, base, head } = await golden(name);
    const index = await openOnly(join(folder, 'adapter_model.safetensors'));
    const adapter = parseAdapter(readJson(join(folder, 'adapter_config.json')), index);
    const adapted = applyAdapter(base, adapter);
    const expected = await openOnly(join(folder, 'expected.safetensors'));
    const nameIn = (tensor: string) =>
      adapted.index.tensors.has(tensor) ? tensor : tensor.slice(tensor.indexOf('.') + 1);
    expect(expected.tensors.size).toBeGreaterThan(0);
    for (const [tensor, info] of expected.tensors) {
      const got = await valuesIn(adapted, nameIn(tensor));
      const want = decodeToF32(await info.source.read(info.begin, info.end), info.dtype);
      const largest = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      expect(got.length).toBe(want.length);
      want.forEach((v, i) => expect(Math.abs(v - got[i]!), tensor).toBeLessThanOrEqual(2e-6 * largest));
    }
    // All else is the base's own, the very same bytes.
    const changed = new Set([...expected.tensors.keys()].map(nameIn));
    for (const [tensor, info] of adapted.index.tensors)
      if (!changed.has(tensor) && tensor !== HEAD) expect(info).toBe(base.index.tensors.get(tensor));
    expect(adapted.index.tensors.has(HEAD)).toBe(head);
    if (adapted.config) expect(adapted.config['tie_word_embeddings']).toBe(!head);
  });
});

describe('users’ troubles with adapters (references: mergekit, section 4.1)', () => {
  const base = madeHead('base', { 'x.weight': { shape: [2, 3], values: [0, 0, 0, 0, 0, 0] } });
  const of = (b: number[], a: number[]) =>
    applyAdapter(base, madeAdapter({ [A]: { shape: [1, 3], values: a }, [B]: { shape: [2, 1], values: b } }));

  test('R4: B1 A1 - B2 A2 exactly, without the cross terms of a sum by factors', async () => {
    const heads = new Map([
      ['base', base],
      ['one', { ...of([1, 2], [3, 4, 5]), alias: 'one' }],
      ['two', { ...of([6, 7], [8, 9, 10]), alias: 'two' }],
    ]);
    const doc = {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: [
        { model: 'one', parameters: { weight: 1 } },
        { model: 'two', parameters: { weight: -1 } },
      ],
    };
    const plan = planMerge(doc, heads);
    const { values } = await mergeTensor(plan, plan.tensors[0]!, newSha256);
    expect([...values!]).toEqual([3 - 48, 4 - 54, 5 - 60, 6 - 56, 8 - 63, 10 - 70]);
  });

  test('R5: rslora of rank 4 scales by alpha / 2, and only once', async () => {
    const eye = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    const wide = madeHead('base', { 'x.weight': { shape: [4, 4], values: new Array<number>(16).fill(0) } });
    const factors = { [A]: { shape: [4, 4], values: eye }, [B]: { shape: [4, 4], values: eye } };
    const settings = { r: 4, lora_alpha: 6, use_rslora: true };
    const adapted = { ...applyAdapter(wide, madeAdapter(factors, settings)), alias: 'y' };
    expect([...(await valuesIn(adapted, 'x.weight'))]).toEqual(eye.map((v) => 3 * v));
    const doc = { merge_method: 'linear', models: [{ model: 'y', parameters: { weight: 1 } }] };
    const plan = planMerge(doc, new Map([['y', adapted]]));
    expect([...(await mergeTensor(plan, plan.tensors[0]!, newSha256)).values!]).toEqual(eye.map((v) => 3 * v));
  });

  test('R6: an adapter of a tied head unties it; the embedding stays, and the flag says so', async () => {
    const { folder, base: tied } = await golden('head-of-tied');
    const index = await openOnly(join(folder, 'adapter_model.safetensors'));
    const adapted = applyAdapter(tied, parseAdapter(readJson(join(folder, 'adapter_config.json')), index));
    const heads = new Map([['y', { ...adapted, alias: 'y' }]]);
    const plan = planMerge({ merge_method: 'passthrough', models: [{ model: 'y' }] }, heads);
    expect(plan.config!['tie_word_embeddings']).toBe(false);
    const merged = new Map<string, Float32Array>();
    for await (const { name, values } of runPlan(plan, newSha256)) merged.set(name, values!);
    expect(merged.get(EMBEDDING)).toEqual(await valuesIn(tied, EMBEDDING));
    expect(merged.get(HEAD)).not.toEqual(merged.get(EMBEDDING));
    expect(merged.get(HEAD)!.length).toBe(merged.get(EMBEDDING)!.length);
  });
});

describe('what is laid on what', () => {
  test('a change too small for a bfloat16 base is kept', async () => {
    const base = madeHead('base', { 'x.weight': { shape: [1, 1], values: [1], dtype: 'BF16' } });
    const factors = { [A]: { shape: [1, 1], values: [2 ** -12] }, [B]: { shape: [1, 1], values: [1] } };
    const adapted = applyAdapter(base, madeAdapter(factors));
    expect([...(await valuesIn(adapted, 'x.weight'))]).toEqual([1 + 2 ** -12]);
    const rounded = encodeFromF32(await valuesIn(adapted, 'x.weight'), 'BF16');
    expect([...decodeToF32(rounded, 'BF16')]).toEqual([1]);
  });

  test.each([
    ['lora/missing-module', { 'other.weight': { shape: [2, 3], values: [0, 0, 0, 0, 0, 0] } }, /x\.weight.*tiny\/y/],
    ['lora/shape', { 'x.weight': { shape: [2, 2], values: [0, 0, 0, 0] } }, /x\.weight is \[2, 2\].*\[2, 3\]/],
    ['lora/shape', { 'x.weight': { shape: [3, 2], values: [0, 0, 0, 0, 0, 0] } }, /\[3, 2\]/],
    ['lora/base-format', { 'x.weight': { shape: [2, 3], values: [0, 0, 0, 0, 0, 0], dtype: 'I64' } }, /I64/],
  ] as const)('a base that does not fit is refused: %s', (code, tensors, message) => {
    const factors = { [A]: { shape: [1, 3], values: [1, 1, 1] }, [B]: { shape: [2, 1], values: [1, 1] } };
    const adapter = madeAdapter(factors, { base_model_name_or_path: 'tiny/y' });
    const base = madeHead('base', tensors as unknown as Parameters<typeof madeHead>[1]);
    expect(() => applyAdapter(base, adapter)).toThrow(expect.objectContaining({ code }));
    expect(() => applyAdapter(base, adapter)).toThrow(message);
  });

  test('how large the change is beside the weights', async () => {
    const base = madeHead('base', { 'x.weight': { shape: [1, 2], values: [3, 4] } });
    const factors = { [A]: { shape: [1, 2], values: [0, 1] }, [B]: { shape: [1, 1], values: [0.5] } };
    expect(await adapterNorms(base, madeAdapter(factors))).toEqual([{ tensor: 'x.weight', base: 25, delta: 0.25 }]);
  });
});
