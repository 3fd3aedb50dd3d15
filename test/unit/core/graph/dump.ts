/** Writes every golden case's graphs, with given weights and as a sum with open coefficients, as OUT/<case>-….onnx, for training/check_onnx.py: npx tsx test/unit/core/graph/dump.ts OUT */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawConfig } from '../../../../src/core/graph/config';
import { buildTextHalf } from '../../../../src/core/graph/llama';
import { buildGraph } from '../../../../src/core/graph/registry';
import type { BuiltGraph } from '../../../../src/core/graph/types';
import { buildVision, readVisionConfig } from '../../../../src/core/graph/vision';
import { goldenCase, goldenNames } from './checkpoint';

const out = process.argv[2];
if (!out) throw new Error('usage: dump.ts OUT');
mkdirSync(out, { recursive: true });
for (const name of goldenNames(/^(?!Llava)/)) {
  const { config } = goldenCase(name);
  const write = (variant: string, { bytes, encoder }: BuiltGraph) => {
    writeFileSync(join(out, `${name}-${variant}.onnx`), bytes);
    if (encoder) writeFileSync(join(out, `${name}-${variant}-encoder.onnx`), encoder.bytes);
  };
  for (const lmHead of [false, true]) write(`${lmHead ? 'own' : 'tied'}-head`, buildGraph(config, { lmHead }));
  for (const base of [false, true]) {
    const mix = { vectors: 2, base, changes: (tensor: string, vector: number) => vector === 0 || !/norm/.test(tensor) };
    write(`mix-${base ? 'of-vectors' : 'of-models'}`, buildGraph(config, { mix }));
  }
}
for (const name of goldenNames(/^Llava/)) {
  const { config } = goldenCase(name);
  const parts = buildTextHalf(config['text_config'] as RawConfig, 'language_model.', null);
  const scored = buildTextHalf(config['text_config'] as RawConfig, 'language_model.', { labels: 1, padId: null });
  writeFileSync(join(out, `${name}-vision.onnx`), buildVision(readVisionConfig(config)).bytes);
  writeFileSync(join(out, `${name}-embeddings.onnx`), parts.embeddings.bytes);
  writeFileSync(join(out, `${name}-text.onnx`), parts.text.bytes);
  writeFileSync(join(out, `${name}-scores.onnx`), scored.text.bytes);
}
