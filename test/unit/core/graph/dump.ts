/** Writes every golden case's graph as OUT/<case>.onnx, for training/check_onnx.py: npx tsx test/unit/core/graph/dump.ts OUT */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGraph } from '../../../../src/core/graph/registry';
import { goldenCase, goldenNames } from './checkpoint';

const out = process.argv[2];
if (!out) throw new Error('usage: dump.ts OUT');
mkdirSync(out, { recursive: true });
for (const name of goldenNames()) {
  const { config } = goldenCase(name);
  for (const lmHead of [false, true]) {
    writeFileSync(join(out, `${name}-${lmHead ? 'own' : 'tied'}-head.onnx`), buildGraph(config, { lmHead }).bytes);
  }
}
