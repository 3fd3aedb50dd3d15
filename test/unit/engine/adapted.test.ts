import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { newSha256, openFolder } from '../../../src/cli/disk';
import { planCheckpoint } from '../../../src/core/merge/plan';
import { fingerprintPlan } from '../../../src/core/merge/run';
import type { Recipe } from '../../../src/core/recipe/types';
import { decodeToF32 } from '../../../src/core/tensor/dtype';
import { memorySource } from '../../../src/core/tensor/source';
import { adapted } from '../../../src/engine/adapted';
import { headOf, openCheckpoint, summarize, type Checkpoint } from '../../../src/engine/checkpoint';
import { CASES, readJson } from '../core/lora/helpers';
import { GOLDEN, openDisk } from '../core/merge/helpers';

const ROOT = join(import.meta.dirname, '../../..');
const work = mkdtempSync(join(tmpdir(), 'merge-lab-lora-'));
afterAll(() => rmSync(work, { recursive: true }));
const MODELS = join(work, 'models');
for (const name of ['base', 'a']) cpSync(join(GOLDEN, 'merge/models', name), join(MODELS, name), { recursive: true });
const FILES = ['adapter_config.json', 'adapter_model.safetensors'];
for (const name of ['plain', 'patterns'])
  for (const file of FILES) cpSync(join(CASES, name, file), join(MODELS, 'adapters', name, file));

const linear = (models: Recipe['models'], model: string): Recipe => ({
  v: 1,
  models,
  merge: { merge_method: 'linear', models: [{ model, parameters: { weight: 1 } }], dtype: 'float32' },
});
const file = (digit: string) => `file:${digit.repeat(64)}`;
const code = (work_: () => unknown): unknown => {
  try {
    return work_();
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const fingerprintOf = async (checkpoint: Checkpoint) =>
  (await fingerprintPlan(planCheckpoint(headOf('x', checkpoint), null), newSha256)).sha256;

describe('an adapter folder', () => {
  test('opens as an adapter, says so, and is another one under another alpha', async () => {
    const plain = await openFolder(join(MODELS, 'adapters/plain'), 'plain');
    expect(summarize('y', file('1'), plain)).toMatchObject({
      title: 'plain',
      tensors: 12,
      dtypes: ['F32'],
      adapter: { baseName: 'tiny/base', rank: 4, modules: 6, saved: 0 },
    });
    const weights = new Uint8Array(readFileSync(join(MODELS, 'adapters/plain', FILES[1]!)));
    const settings = { ...readJson(join(MODELS, 'adapters/plain', FILES[0]!)), lora_alpha: 9 };
    const other = await openCheckpoint(
      'other',
      new Map([
        [FILES[0]!, memorySource(FILES[0]!, new TextEncoder().encode(JSON.stringify(settings)))],
        [FILES[1]!, memorySource(FILES[1]!, weights)],
      ]),
    );
    expect(await fingerprintOf(other)).not.toBe(await fingerprintOf(plain));
  });

  test('without its settings is refused', async () => {
    const weights = new Uint8Array(readFileSync(join(MODELS, 'adapters/plain', FILES[1]!)));
    await expect(openCheckpoint('x', new Map([[FILES[1]!, memorySource(FILES[1]!, weights)]]))).rejects.toMatchObject({
      code: 'lora/no-config',
    });
  });

  test('must be laid on a model, a model must not, and one adapter may lie on another', async () => {
    const open: Record<string, Checkpoint> = {
      base: await openDisk(join(MODELS, 'base')),
      y: await openFolder(join(MODELS, 'adapters/plain'), 'y'),
      z: await openFolder(join(MODELS, 'adapters/patterns'), 'z'),
    };
    const make = (models: Recipe['models'], alias: string) =>
      code(() => adapted(linear(models, alias), alias, (name) => open[name]!));
    const base = { src: file('0') };
    expect(make({ base, y: { src: file('1') } }, 'y')).toBe('lora/no-base');
    expect(make({ base: { ...base, base: 'y' }, y: { src: file('1') } }, 'base')).toBe('lora/not-an-adapter');
    const on = { base, y: { src: file('1'), base: 'base' }, z: { src: file('2'), base: 'y' } };
    const both = make(on, 'z') as Checkpoint;
    expect(both).toMatchObject({ title: 'z', adapter: null, vocabulary: open.base!.vocabulary });
    const values = async (head: Checkpoint, name: string) => {
      const info = head.index.tensors.get(name)!;
      return decodeToF32(await info.source.read(info.begin, info.end), info.dtype);
    };
    const q = 'model.layers.0.self_attn.q_proj.weight';
    const [w, y] = [await values(open.base!, q), await values(make(on, 'y') as Checkpoint, q)];
    const z = await values(make({ ...on, z: { src: file('2'), base: 'base' } }, 'z') as Checkpoint, q);
    const sum = await values(both, q);
    sum.forEach((v, i) => expect(v).toBeCloseTo(y[i]! + z[i]! - w[i]!, 6));
  });
});

describe('npm run merge with an adapter', () => {
  const merge = (recipe: string, out: string) =>
    spawnSync(
      process.execPath,
      ['--import', 'tsx', join(ROOT, 'src/cli/merge.ts'), recipe, '--models', MODELS, '--out', out],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );

  test('mergekit’s model+adapter and recipe JSON give the weights that PEFT gives', async () => {
    const yaml = join(work, 'recipe.yml');
    writeFileSync(yaml, 'merge_method: passthrough\nmodels:\n  - model: base+adapters/plain\ndtype: float32\n');
    const { status, stderr, stdout } = merge(yaml, join(work, 'out'));
    expect([status, stderr]).toEqual([0, '']);
    const got = await openDisk(join(work, 'out'));
    const want = (
      await openCheckpoint('x', new Map([['x.safetensors', await source(join(CASES, 'plain/expected.safetensors'))]]))
    ).index;
    for (const [name, info] of want.tensors) {
      const mine = got.index.tensors.get(name)!;
      const a = decodeToF32(await mine.source.read(mine.begin, mine.end), mine.dtype);
      const b = decodeToF32(await info.source.read(info.begin, info.end), info.dtype);
      b.forEach((v, i) => expect(Math.abs(v - a[i]!)).toBeLessThanOrEqual(2e-6));
    }
    expect(got.files.has('tokenizer.json')).toBe(true);
    // The same as recipe JSON, where an alias is a folder and the adapter is named by its fingerprint.
    const { sha256 } = JSON.parse(stdout) as { sha256: string };
    cpSync(join(MODELS, 'adapters/plain'), join(MODELS, 'y'), { recursive: true });
    const src = async (name: string) => ({
      src: `file:${await fingerprintOf(await openFolder(join(MODELS, name), name))}`,
    });
    const recipe: Recipe = {
      v: 1,
      models: { base: await src('base'), y: { ...(await src('y')), base: 'base' } },
      merge: { merge_method: 'passthrough', models: [{ model: 'y' }], dtype: 'float32' },
    };
    writeFileSync(join(work, 'recipe.json'), JSON.stringify(recipe));
    const json = merge(join(work, 'recipe.json'), join(work, 'out2'));
    expect(json.stderr).toBe('');
    expect((JSON.parse(json.stdout) as { sha256: string }).sha256).toBe(sha256);
  });

  async function source(path: string) {
    return memorySource('x.safetensors', new Uint8Array(readFileSync(path)));
  }
});
