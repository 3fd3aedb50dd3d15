import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkWeights, openModels, planOf, type Order } from '../../../src/cli/models';
import { bundleWorker, mergeTogether } from '../../../src/cli/team';
import { newSha256 } from '../../../src/cli/disk';
import type { TensorDigest } from '../../../src/core/merge/fingerprint';
import { summary } from '../../../src/core/merge/run';

const ZOO = join(import.meta.dirname, '../../../public/zoo');
const names = ['base-1', 'chat-1', 'zh-1'];
const alias = (name: string): string => name.replace('-', '_');
const order: Order = {
  recipe: {
    v: 1,
    models: Object.fromEntries(names.map((name) => [alias(name), { src: `zoo:${name}` }])),
    merge: {
      merge_method: 'dare_ties',
      base_model: 'base_1',
      models: ['chat_1', 'zh_1'].map((model) => ({ model, parameters: { weight: 1, density: 0.5 } })),
      dtype: 'float32',
      out_dtype: 'float16',
    },
  } as Order['recipe'],
  folders: Object.fromEntries(names.map((name) => [alias(name), { path: join(ZOO, name), title: name }])),
  allowNonFinite: false,
};

let work: string;
let script: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'team-'));
  script = await bundleWorker();
});
afterAll(() => rm(work, { recursive: true }));

function empty(name: string): string {
  const path = join(work, name);
  writeFileSync(path, '');
  return path;
}

test('one thread, several, or none but others: the same file, the same fingerprint', async () => {
  const checkpoints = await openModels(order);
  await checkWeights(order.recipe, checkpoints);
  const plan = planOf(order, checkpoints);
  const [alone, together, others] = [empty('alone'), empty('together'), empty('others')];
  const prints = [
    await mergeTogether(plan, order, alone, 1, null),
    await mergeTogether(plan, order, together, 3, Promise.resolve(script)),
  ];
  // Here this thread cannot do all the work before the others have started.
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const shares = await Promise.all(
    [0, 1].map(
      () =>
        new Promise<TensorDigest[]>((resolve, reject) => {
          const worker = new Worker(script, { eval: true, execArgv: [], workerData: { order, path: others, turn } });
          worker.on('message', (reply: { digests: TensorDigest[] }) => resolve(reply.digests));
          worker.on('error', reject);
        }),
    ),
  );
  prints.push(shares.flat());
  for (const digests of prints) expect(summary(plan, digests, newSha256)).toEqual(summary(plan, prints[0]!, newSha256));
  expect(readFileSync(together).equals(readFileSync(alone))).toBe(true);
  expect(readFileSync(others).equals(readFileSync(alone))).toBe(true);
});

test("an error in another thread is this one's, with its code", async () => {
  const plan = planOf(order, await openModels(order));
  const broken = { ...order, folders: { ...order.folders, zh_1: { path: join(work, 'nowhere'), title: 'nobody' } } };
  await expect(mergeTogether(plan, broken, empty('broken'), 2, Promise.resolve(script))).rejects.toMatchObject({
    code: 'source/no-folder',
  });
});
