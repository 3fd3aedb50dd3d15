import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planCheckpoint, planMerge } from '../../../../src/core/merge/plan';
import { methodById } from '../../../../src/core/merge/registry';
import { fingerprintPlan, runPlan, type MergedTensor } from '../../../../src/core/merge/run';
import type { MergePlan } from '../../../../src/core/merge/types';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { decodeToF32 } from '../../../../src/core/tensor/dtype';
import { newSha256 } from '../../../../src/cli/disk';
import { GOLDEN, headsOf, madeHead, openDisk, ZOO } from './helpers';

interface TensorCase {
  name: string;
  method: string;
  shape: number[];
  inputs: number[][][];
  base_index: number | null;
  params: { weight?: number[]; density?: number[] } & Record<string, unknown>;
  /** What mergekit's generator drew, for the inputs that are not the base and have a density below 1. */
  masks: number[][][];
  expected: (number | null)[][] | null;
  error: string | null;
}

/** Torch's random numbers are not ours: the method is held to mergekit given the masks that mergekit drew. */
function mergeWithMasks(plan: MergePlan, c: TensorCase): Float32Array {
  const tensor = plan.tensors[0]!;
  const out = new Float32Array(c.shape.reduce((a, b) => a * b, 1));
  const drawn = new Map(
    tensor.inputs
      .flatMap((input, k) => (k === tensor.base || input.params['density']! >= 1 ? [] : [k]))
      .map((k, i) => [k, c.masks[i]!.flat()]),
  );
  expect(drawn.size).toBe(c.masks.length);
  methodById(plan.method).apply(
    c.inputs.map((values) => Float32Array.from(values.flat())),
    {
      base: tensor.base,
      shape: c.shape,
      shared: tensor.params,
      perInput: tensor.inputs.map((input) => input.params),
      drawMask: (k, _density, mask) => mask.set(drawn.get(k)!),
    },
    out.length,
    out,
  );
  return out;
}

describe('mergekit 0.1.5, single tensors', () => {
  const { cases } = JSON.parse(readFileSync(join(GOLDEN, 'mergekit-golden.json'), 'utf8')) as { cases: TensorCase[] };
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (_name, c) => {
    const heads = new Map(
      c.inputs.map((values, i) => [
        `m${i}`,
        madeHead(`m${i}`, { w: { shape: [values.length, values[0]!.length], values: values.flat() } }),
      ]),
    );
    let next = 0;
    const { weight: weights = [], density, ...shared } = c.params;
    const doc: MergeDoc = {
      merge_method: c.method,
      models: c.inputs.map((_, i) =>
        i === c.base_index
          ? { model: `m${i}` }
          : {
              model: `m${i}`,
              parameters: {
                weight: weights[next]!,
                ...(density ? { density: density[next++]! } : (next++, {})),
              },
            },
      ),
      ...(c.base_index === null ? {} : { base_model: `m${c.base_index}` }),
      parameters: shared as NonNullable<MergeDoc['parameters']>,
    };
    if (c.error) {
      expect(() => planMerge(doc, heads)).toThrow(/\[4, 6\].*\[5, 6\]/);
      return;
    }
    const allowNonFinite = c.expected!.flat().some((v) => v === null);
    if (allowNonFinite) expect(() => planMerge(doc, heads)).toThrow(/sum to 0/);
    const plan = planMerge(doc, heads, { allowNonFinite });
    const merged = (await runPlan(plan, newSha256, { allowNonFinite }).next()).value as MergedTensor;
    const values = c.masks.length > 0 ? mergeWithMasks(plan, c) : merged.values!;
    const expected = c.expected!.flat();
    const largest = Math.max(...expected.map((v) => Math.abs(v ?? 0)));
    expect(merged.shape).toEqual(c.shape);
    expected.forEach((want, i) => {
      const got = values[i]!;
      if (want === null) expect(Number.isFinite(got)).toBe(false);
      else expect(Math.abs(got - want)).toBeLessThanOrEqual(2e-6 * largest);
    });
  });
});

interface FolderCase {
  recipe: MergeDoc;
  config: Record<string, unknown>;
}
/** Order of representable numbers, so that neighbours differ by 1. */
const ulps = (a: number, b: number): number => Math.abs((a & 0x8000 ? 0x8000 - a : a) - (b & 0x8000 ? 0x8000 - b : b));

describe('mergekit 0.1.5, whole checkpoints', () => {
  const folder = join(GOLDEN, 'merge/mergekit');
  test.each(readdirSync(folder))('%s', async (name) => {
    const { recipe, config } = JSON.parse(readFileSync(join(folder, name, 'case.json'), 'utf8')) as FolderCase;
    const used = new Set([...recipe.models!.map((m) => m.model), ...(recipe.base_model ? [recipe.base_model] : [])]);
    const heads = await headsOf(
      Object.fromEntries([...used].map((model) => [model, join(GOLDEN, 'merge/models', model)])),
    );
    const plan = planMerge(recipe, heads);
    const expected = (await openDisk(join(folder, name))).index.tensors;
    expect(plan.tensors.map((t) => t.name).sort()).toEqual([...expected.keys()].sort());
    if ('dtype' in config) expect(plan.config!['dtype'] ?? plan.config!['torch_dtype']).toBe(config['dtype']);
    for await (const tensor of runPlan(plan, newSha256)) {
      const info = expected.get(tensor.name)!;
      expect([tensor.dtype, tensor.shape]).toEqual([info.dtype, info.shape]);
      const bytes = await info.source.read(info.begin, info.end);
      if (tensor.dtype === 'F32') {
        const want = decodeToF32(bytes, 'F32');
        const largest = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        const worst = want.reduce((m, v, i) => Math.max(m, Math.abs(v - tensor.values![i]!)), 0);
        expect(worst).toBeLessThanOrEqual(2e-6 * largest);
      } else {
        const [got, want] = [new Uint16Array(tensor.bytes.buffer), new Uint16Array(bytes.buffer)];
        const distances = [...want].map((w, i) => ulps(w, got[i]!));
        expect(Math.max(...distances)).toBeLessThanOrEqual(1);
        expect(distances.filter((d) => d > 0).length).toBeLessThanOrEqual(Math.max(1, 0.005 * want.length));
      }
    }
  });
});

interface Fingerprints {
  models: Record<string, { src: string; stored: string; float32: string }>;
  merges: { name: string; merge: MergeDoc; weights: string }[];
}

describe('fingerprints computed independently in Python', async () => {
  const { models, merges } = JSON.parse(readFileSync(join(GOLDEN, 'merge/fingerprints.json'), 'utf8')) as Fingerprints;
  const heads = await headsOf(
    Object.fromEntries(Object.entries(models).map(([alias, { src }]) => [alias, join(ZOO, src.slice(4))])),
  );
  test.each(Object.entries(models))('%s as stored and as float32', async (alias, { stored, float32 }) => {
    expect((await fingerprintPlan(planCheckpoint(heads.get(alias)!, null), newSha256)).sha256).toBe(stored);
    expect((await fingerprintPlan(planCheckpoint(heads.get(alias)!, 'F32'), newSha256)).sha256).toBe(float32);
  });
  test.each(merges.map((m) => [m.name, m] as const))('merge %s', async (_name, { merge, weights }) => {
    expect((await fingerprintPlan(planMerge(merge, heads), newSha256)).sha256).toBe(weights);
  });
});

interface SparseFingerprints {
  sources: Record<string, string>;
  merges: { name: string; merge: MergeDoc; weights: string }[];
}

describe('TIES and DARE fingerprints computed independently in Python, masks included', async () => {
  const golden = JSON.parse(readFileSync(join(GOLDEN, 'merge/fingerprints-sparse.json'), 'utf8')) as SparseFingerprints;
  const heads = await headsOf(
    Object.fromEntries(Object.entries(golden.sources).map(([alias, src]) => [alias, join(ZOO, src.slice(4))])),
  );
  test.each(golden.merges.map((m) => [m.name, m] as const))('%s', async (_name, { merge, weights }) => {
    expect((await fingerprintPlan(planMerge(merge, heads), newSha256)).sha256).toBe(weights);
  });
});
