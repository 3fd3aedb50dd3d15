import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openFolder } from '../../../src/cli/disk';
import { applyAdapter } from '../../../src/core/lora/apply';
import { headOf } from '../../../src/engine/checkpoint';
import { valuesIn } from '../core/lora/helpers';
import { GOLDEN, openDisk } from '../core/merge/helpers';

const ROOT = join(import.meta.dirname, '../../..');
const MODELS = join(GOLDEN, 'merge/models');
const work = mkdtempSync(join(tmpdir(), 'merge-lab-extract-'));
afterAll(() => rmSync(work, { recursive: true }));

const extract = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', join(ROOT, 'src/cli/lora.ts'), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });

test('npm run lora writes an adapter that gives the fine-tune back at full rank', async () => {
  const out = join(work, 'out');
  const { status, stdout, stderr } = extract(join(MODELS, 'base'), join(MODELS, 'a'), '--out', out, '--rank', '24');
  expect([status, stderr]).toEqual([0, '']);
  expect((JSON.parse(stdout) as { fidelity: number }).fidelity).toBeCloseTo(1, 9);
  expect(readdirSync(out).sort()).toEqual(['README.md', 'adapter_config.json', 'adapter_model.safetensors']);
  const [base, tuned] = await Promise.all(
    ['base', 'a'].map(async (name) => headOf(name, await openDisk(join(MODELS, name)))),
  );
  const back = applyAdapter(base!, (await openFolder(out, 'out')).adapter!);
  expect([...back.index.tensors.keys()].sort()).toEqual([...tuned!.index.tensors.keys()].sort());
  for (const name of tuned!.index.tensors.keys()) {
    const want = await valuesIn(tuned!, name);
    (await valuesIn(back, name)).forEach((v, i) => expect(Math.abs(v - want[i]!), name).toBeLessThan(1e-5));
  }
});

test('npm run lora refuses in one line and leaves no folder', () => {
  const out = join(work, 'none');
  const { status, stderr } = extract(join(MODELS, 'base'), join(MODELS, 'base'), '--out', out);
  expect(status).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^lora: .*do not differ/);
  expect(existsSync(out)).toBe(false);
});
