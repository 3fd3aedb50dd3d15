import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import { buildGraph, expectedTensors } from '../../../../src/core/graph/registry';
import { goldenCase, goldenNames, maxDifference, sessionOf } from './checkpoint';

const TOLERANCE = 1e-4;

const int64 = (rows: number[][]) =>
  new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

describe.each(goldenNames(/ForSequenceClassification$/))('scores of %s against Python transformers', (name) => {
  const golden = goldenCase(name);
  const scores = async (batches: { input_ids: number[][]; attention_mask: number[][] }[], change = {}) => {
    const session = await sessionOf(buildGraph({ ...golden.config, ...change }), golden.weights);
    const all: number[] = [];
    for (const { input_ids, attention_mask } of batches) {
      const { logits } = await session.run({ input_ids: int64(input_ids), attention_mask: int64(attention_mask) });
      expect(logits!.dims).toEqual([input_ids.length, golden.logits.length === 3 ? 3 : 1]);
      all.push(...(logits!.data as Float32Array));
    }
    await session.release();
    return all;
  };

  it('single texts, padding before, padding after', async () => {
    const difference = maxDifference(await scores(golden.batches), golden.logits);
    if (process.env['SHOW_DIFFERENCES']) console.log(name, difference);
    expect(difference).toBeLessThanOrEqual(TOLERANCE);
  });

  it('the tensors are those Python transformers saved', () => {
    const saved = [...golden.weights].map(([tensor, { shape }]) => [tensor, shape] as const);
    expect(new Map([...expectedTensors(golden.config)].sort())).toEqual(new Map([...saved].sort()));
    expect(buildGraph(golden.config).tensors.sort()).toEqual([...golden.weights.keys()].sort());
  });

  it('a padding token that is also a word of the text is skipped at its end, as in Python', async () => {
    const [{ input_ids, attention_mask }] = golden.batches as [(typeof golden.batches)[0]];
    const last = input_ids[0]!.at(-1)!;
    const cut = (rows: number[][]) => rows.map((row) => row.slice(0, -1));
    const [with_] = await scores([{ input_ids, attention_mask }], { pad_token_id: last });
    const [without] = await scores([{ input_ids: cut(input_ids), attention_mask: cut(attention_mask) }]);
    expect(Math.abs(with_! - without!)).toBeLessThanOrEqual(1e-5);
    expect(Math.abs(with_! - golden.logits[0]!)).toBeGreaterThan(1e-3);
  });
});
