import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAdapter } from '../../../../src/core/lora/adapter';
import { applyAdapter } from '../../../../src/core/lora/apply';
import { extractAdapter, fidelityOf, type ExtractedAdapter } from '../../../../src/core/lora/extract';
import { memorySource } from '../../../../src/core/tensor/source';
import { headOf } from '../../../../src/engine/checkpoint';
import { madeHead, openDisk, ZOO } from '../merge/helpers';
import { valuesIn } from './helpers';

const SETTINGS = { rank: 4, energy: null, rest: 'save', baseName: 'tiny/base' } as const;
const square = (values: Float32Array) => values.reduce((sum, v) => sum + v * v, 0);

/** The extracted adapter read back from its own bytes, laid on the base. */
async function laid(base: Parameters<typeof applyAdapter>[0], { settings, weights }: ExtractedAdapter) {
  const tensors = new Map(
    await Promise.all(
      weights.map(async ({ name, dtype, shape, read }) => {
        const bytes = await read();
        const source = memorySource(name, bytes);
        return [name, { name, dtype, shape, begin: 0, end: bytes.length, source }] as const;
      }),
    ),
  );
  return applyAdapter(base, parseAdapter(settings, { tensors, metadata: new Map(), warnings: [] }));
}

const matrix = (rows: number, cols: number, of: (i: number, j: number) => number) =>
  Array.from({ length: rows * cols }, (_, at) => of(Math.floor(at / cols), at % cols));
const low = (rank: number) => (i: number, j: number) =>
  Array.from({ length: rank }, (_, k) => Math.sin(i * (k + 1) + k) * Math.cos(j * (2 * k + 1))).reduce((a, b) => a + b);

describe('a LoRA extracted from a fine-tune', () => {
  const W = 'model.layers.0.mlp.up_proj.weight';
  const NORM = 'model.norm.weight';
  const base = madeHead('base', {
    [W]: { shape: [12, 9], values: matrix(12, 9, (i, j) => Math.sin(i + 2 * j)) },
    'model.layers.0.mlp.up_proj.bias': { shape: [12], values: new Array<number>(12).fill(0) },
    'model.layers.0.mlp.down_proj.weight': { shape: [2, 2], values: [1, 2, 3, 4] },
    [NORM]: { shape: [9], values: new Array<number>(9).fill(1) },
  });
  const tuned = (rank: number, bias = 0) =>
    madeHead('tuned', {
      [W]: { shape: [12, 9], values: matrix(12, 9, (i, j) => Math.sin(i + 2 * j) + low(rank)(i, j)) },
      'model.layers.0.mlp.up_proj.bias': { shape: [12], values: new Array<number>(12).fill(bias) },
      'model.layers.0.mlp.down_proj.weight': { shape: [2, 2], values: [1, 2, 3, 4] },
      [NORM]: { shape: [9], values: new Array<number>(9).fill(2) },
    });

  test('gives a change of its own rank back, norms whole, and what did not change not at all', async () => {
    const extracted = await extractAdapter(base, tuned(3), { ...SETTINGS, rank: 3 });
    expect(extracted.settings).toMatchObject({
      r: 3,
      lora_alpha: 3,
      target_modules: ['model.layers.0.mlp.up_proj'],
      modules_to_save: ['model.norm'],
      base_model_name_or_path: 'tiny/base',
    });
    expect(fidelityOf(extracted.tensors)).toBeCloseTo(1, 10);
    const back = await laid(base, extracted);
    for (const name of [W, NORM]) {
      const want = await valuesIn(tuned(3), name);
      (await valuesIn(back, name)).forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 5));
    }
  });

  test('loses as much as it says, less with more rank', async () => {
    const whole = tuned(4);
    let before = Infinity;
    for (const rank of [1, 2, 3]) {
      const extracted = await extractAdapter(base, whole, { ...SETTINGS, rank });
      const [want, got] = [await valuesIn(whole, W), await valuesIn(await laid(base, extracted), W)];
      const lost = square(want.map((v, i) => v - got[i]!));
      const said = extracted.tensors.find(({ tensor }) => tensor === W)!;
      expect(said.lost).toBeCloseTo(lost, 4);
      expect(said.lost).toBeLessThan(before);
      before = said.lost;
    }
    // The truncated SVD is the best of its rank: the singular values beyond it are what is lost.
    expect(before).toBeGreaterThan(0.01);
  });

  test('a wanted energy takes the fewest directions that keep it', async () => {
    const whole = tuned(4);
    const all = await extractAdapter(base, whole, { ...SETTINGS, rank: 9 });
    expect(all.tensors.find(({ tensor }) => tensor === W)!.rank).toBeGreaterThanOrEqual(4);
    const some = await extractAdapter(base, whole, { ...SETTINGS, rank: 9, energy: 0.7 });
    const { rank, change, lost } = some.tensors.find(({ tensor }) => tensor === W)!;
    expect(1 - lost / change).toBeGreaterThanOrEqual(0.7);
    const fewer = await extractAdapter(base, whole, { ...SETTINGS, rank: rank - 1 });
    const less = fewer.tensors.find(({ tensor }) => tensor === W)!;
    expect(1 - less.lost / less.change).toBeLessThan(0.7);
  });

  test('what an adapter cannot hold, or is to leave, is counted as lost', async () => {
    const left = await extractAdapter(base, tuned(3, 0.5), { ...SETTINGS, rank: 3, rest: 'leave' });
    expect(left.tensors.map(({ tensor, how }) => [tensor, how])).toEqual([
      ['model.layers.0.mlp.up_proj.bias', 'left'],
      [W, 'factors'],
      [NORM, 'left'],
    ]);
    expect(left.settings['modules_to_save']).toBeNull();
    expect(fidelityOf(left.tensors)).toBeLessThan(1);
    const bias = (await extractAdapter(base, tuned(3, 0.5), SETTINGS)).tensors[0]!;
    expect(bias).toMatchObject({ how: 'left', change: 3, lost: 3 });
  });

  test.each([
    ['lora/extract-rank', { rank: 0 }, tuned(1)],
    ['lora/extract-rank', { energy: 1.5 }, tuned(1)],
    ['lora/extract-nothing', {}, { ...base, alias: 'same' }],
    ['lora/shape', {}, madeHead('x', { [W]: { shape: [1, 1], values: [1] } })],
    ['lora/missing-module', {}, madeHead('x', { 'y.weight': { shape: [1, 1], values: [1] } })],
  ] as const)('%s', async (code, options, of) => {
    await expect(extractAdapter(base, of, { ...SETTINGS, ...options })).rejects.toMatchObject({ code });
  });

  test('of a built-in model: tied embeddings stay tied, a cancelled one ends', async () => {
    const [one, two] = await Promise.all(
      ['base-s-1', 'reverse-s-1'].map(async (id) => headOf(id, await openDisk(join(ZOO, id)))),
    );
    const extracted = await extractAdapter(one!, two!, { ...SETTINGS, rank: 8 });
    const fidelity = fidelityOf(extracted.tensors);
    expect(fidelity).toBeGreaterThan(0.3);
    expect(fidelity).toBeLessThan(1);
    const back = await laid(one!, extracted);
    expect([...back.index.tensors.keys()].sort()).toEqual([...two!.index.tensors.keys()].sort());
    expect(back.config).toEqual(one!.config);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(extractAdapter(one!, two!, SETTINGS, { signal })).rejects.toThrow('stop');
  });
});
