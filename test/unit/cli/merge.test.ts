import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { planCheckpoint } from '../../../src/core/merge/plan';
import { fingerprintPlan } from '../../../src/core/merge/run';
import { encodeLink } from '../../../src/core/recipe/link';
import type { Recipe } from '../../../src/core/recipe/types';
import { decodeToF32 } from '../../../src/core/tensor/dtype';
import { newSha256 } from '../../../src/cli/disk';
import { headOf } from '../../../src/engine/checkpoint';
import { goldenLessons, goldenRecipe } from '../../zoo';
import { GOLDEN, openDisk } from '../core/merge/helpers';

const ROOT = join(import.meta.dirname, '../../..');
const MODELS = join(GOLDEN, 'merge/models');
const work = mkdtempSync(join(tmpdir(), 'merge-lab-cli-'));
afterAll(() => rmSync(work, { recursive: true }));
let runs = 0;

interface Outcome {
  status: number | null;
  out: string;
  line: { sha256: string; tensors: number; bytes: number; seconds: number; peak_rss: number };
  stderr: string;
}
function merge(recipe: string, models = MODELS, more: string[] = []): Outcome {
  const out = join(work, `out-${runs++}`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'src/cli/merge.ts'), recipe, '--models', models, '--out', out, ...more],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return { status, out, stderr, line: status === 0 ? (JSON.parse(stdout) as Outcome['line']) : (null as never) };
}
function file(name: string, text: string): string {
  const path = join(work, `${runs}-${name}`);
  writeFileSync(path, text);
  return path;
}

const lesson = goldenRecipe(goldenLessons.addition);
const lessonWeights = goldenLessons.addition.weights;

describe('npm run merge on mergekit YAML equals mergekit 0.1.5', () => {
  // One run per kind of input and output; all cases run in-process in core/merge/golden.test.ts.
  test.each(['ta', 'linear-normalize', 'ta-sharded', 'ta-out-bfloat16', 'ta-untied-bf16'])('%s', async (name) => {
    const folder = join(GOLDEN, 'merge/mergekit', name);
    const { status, out, line, stderr } = merge(join(folder, 'recipe.yml'));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const [got, want] = [(await openDisk(out)).index.tensors, (await openDisk(folder)).index.tensors];
    expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
    expect(line.tensors).toBe(want.size);
    for (const [tensor, info] of want) {
      const mine = got.get(tensor)!;
      expect([mine.dtype, mine.shape]).toEqual([info.dtype, info.shape]);
      const [a, b] = [
        decodeToF32(await mine.source.read(mine.begin, mine.end), mine.dtype),
        decodeToF32(await info.source.read(info.begin, info.end), info.dtype),
      ];
      const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      const tolerance = info.dtype === 'F32' ? 2e-6 * largest : largest / 128;
      b.forEach((v, i) => expect(Math.abs(v - a[i]!)).toBeLessThanOrEqual(tolerance));
    }
  });
});

describe('a complete Hugging Face folder', () => {
  test('recipe JSON and share link give the same weights, and the printed fingerprint is the one of Python', async () => {
    const json = merge(file('lesson.json', JSON.stringify(lesson)));
    expect(json.line.sha256).toBe(lessonWeights);
    const link = merge(await encodeLink(lesson));
    expect(link.line.sha256).toBe(lessonWeights);
    expect(readdirSync(json.out).sort()).toEqual([
      'README.md',
      'config.json',
      'generation_config.json',
      'merge.yml',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const checkpoint = await openDisk(json.out);
    expect(Object.fromEntries(checkpoint.index.metadata)).toEqual({ format: 'pt', 'merge_lab.weights': lessonWeights });
    expect((await fingerprintPlan(planCheckpoint(headOf('x', checkpoint), null), newSha256)).sha256).toBe(
      lessonWeights,
    );
    expect(checkpoint.config!['torch_dtype'] ?? checkpoint.config!['dtype']).toBe('float32');
    expect(json.line.bytes).toBe([...checkpoint.index.tensors.values()].reduce((sum, t) => sum + t.end - t.begin, 0));
    expect(json.line.peak_rss).toBeGreaterThan(1e6);
    // What was written merges again: its YAML names the same models.
    expect(merge(join(json.out, 'merge.yml')).line.sha256).toBe(lessonWeights);
  });

  test('a random merge has the fingerprint of Python, and --seed takes the place of the recipe’s seed', () => {
    const golden = JSON.parse(readFileSync(join(GOLDEN, 'merge/fingerprints-sparse.json'), 'utf8')) as {
      sources: Record<string, string>;
      merges: { name: string; merge: Recipe['merge']; weights: string }[];
    };
    const [zero, other] = ['dare-linear', 'dare-linear-seed'].map((n) => golden.merges.find((m) => m.name === n)!);
    const models = Object.fromEntries(Object.entries(golden.sources).map(([alias, src]) => [alias, { src }]));
    const recipe = file('dare.json', JSON.stringify({ v: 1, models, merge: zero!.merge }));
    expect(merge(recipe).line.sha256).toBe(zero!.weights);
    expect(merge(recipe, MODELS, ['--seed', String(2 ** 40 + 1)]).line.sha256).toBe(other!.weights);
  });

  test('a folder with only safetensors merges as plain tensors; a gradient counts as its first value', async () => {
    const models = join(work, 'plain');
    for (const name of ['base', 'a']) {
      mkdirSync(join(models, name), { recursive: true });
      copyFileSync(join(MODELS, name, 'model.safetensors'), join(models, name, 'model.safetensors'));
    }
    const yaml = (weight: string) =>
      file(
        `plain-${weight.length}.yml`,
        `merge_method: task_arithmetic\nbase_model: base\nmodels:\n  - model: a\n    parameters: {weight: ${weight}}\n`,
      );
    const [gradient, scalar] = [merge(yaml('[0.5, 1]'), models), merge(yaml('0.5'), models)];
    expect(gradient.status).toBe(0);
    expect(existsSync(join(gradient.out, 'config.json'))).toBe(false);
    expect(gradient.line.sha256).toBe(scalar.line.sha256);
  });
});

describe('bad input: exit 1, one clear line, no output folder', () => {
  const truncated = join(work, 'truncated');
  mkdirSync(join(truncated, 'base'), { recursive: true });
  mkdirSync(join(truncated, 'a'), { recursive: true });
  copyFileSync(join(MODELS, 'base/model.safetensors'), join(truncated, 'base/model.safetensors'));
  writeFileSync(
    join(truncated, 'a/model.safetensors'),
    readFileSync(join(MODELS, 'a/model.safetensors')).subarray(0, -2),
  );
  const nan = join(work, 'nan');
  mkdirSync(join(nan, 'base'), { recursive: true });
  mkdirSync(join(nan, 'a'), { recursive: true });
  copyFileSync(join(MODELS, 'base/model.safetensors'), join(nan, 'base/model.safetensors'));
  const damaged = readFileSync(join(MODELS, 'a/model.safetensors'));
  damaged.writeFloatLE(NaN, damaged.length - 4);
  writeFileSync(join(nan, 'a/model.safetensors'), damaged);
  const ta = 'merge_method: task_arithmetic\nbase_model: base\nmodels:\n  - model: a\n    parameters: {weight: 1}\n';

  test.each<[string, RegExp, string, string, string[]]>([
    ['no such model', /nobody/, ta.replace('model: a', 'model: nobody'), MODELS, []],
    ['a folder elsewhere', /outside/, ta.replace('model: a', 'model: ../secret'), MODELS, []],
    [
      'a mistyped method is suggested (R13)',
      /dare-ties.*dare_ties/,
      ta.replace('task_arithmetic', 'dare-ties'),
      MODELS,
      [],
    ],
    ['missing weight', /weight/, ta.replace('parameters: {weight: 1}', 'parameters: {density: 1}'), MODELS, []],
    ['YAML syntax', /line 4, column 1/, 'merge_method: linear\nmodels:\n  - model: [a\n', MODELS, []],
    [
      'tokens beyond the rows (R9)',
      /gh \(16\), <extra> \(17\)/,
      ta.replace('base_model: base', 'base_model: beyond').replace('model: a', 'model: base'),
      join(GOLDEN, 'merge/vocab/models'),
      [],
    ],
    ['truncated file', /model\.safetensors/, ta, truncated, []],
    ['NaN', /NaN/, ta, nan, []],
    ['no recipe', /neither/, '', MODELS, []],
    ['unknown option', /usage/, ta, MODELS, ['--fast']],
    ['no workers', /usage/, ta, MODELS, ['--workers', '0']],
  ])('%s', (name, message, yaml, models, more) => {
    const { status, out, stderr } = merge(
      yaml === '' ? join(work, 'nothing.yml') : file(`${name.replaceAll(' ', '-')}.yml`, yaml),
      models,
      more,
    );
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(1);
    expect(existsSync(out)).toBe(false);
  });

  test('--allow-nan lets the NaN through', () => {
    expect(merge(file('allow.yml', ta), nan, ['--allow-nan']).status).toBe(0);
  });

  test('an output folder that holds something is not touched', () => {
    const out = join(work, `out-${runs}`);
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    const { status, stderr } = merge(file('exists.yml', ta));
    expect(status).toBe(1);
    expect(stderr).toMatch(/exists already/);
    expect(readdirSync(out)).toEqual(['mine.txt']);
  });

  test('a link that names a local model refuses a folder with other weights', async () => {
    const recipe: Recipe = { ...lesson, models: { ...lesson.models, base: { src: `file:${'0'.repeat(64)}` } } };
    const { status, stderr } = merge(file('file.json', JSON.stringify(recipe)));
    expect(stderr).toMatch(/other weights/);
    expect(status).toBe(1);
  });
});
