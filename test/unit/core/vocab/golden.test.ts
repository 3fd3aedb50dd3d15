import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { planRecipe } from '../../../../src/core/merge/plan';
import { mergeTensor } from '../../../../src/core/merge/run';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import { recipeFromYaml } from '../../../../src/core/recipe/yaml';
import { decodeToF32 } from '../../../../src/core/tensor/dtype';
import { openSafetensors } from '../../../../src/core/tensor/safetensors';
import { memorySource } from '../../../../src/core/tensor/source';
import type { TensorIndex } from '../../../../src/core/tensor/types';
import { vocabularyOf } from '../../../../src/core/vocab/tokenizer';
import { newSha256 } from '../../../../src/cli/disk';
import { GOLDEN, headsOf } from '../merge/helpers';

const FOLDER = join(GOLDEN, 'merge/vocab');
/** training/goldens_vocab.py: the output's tokens, how many of them keep their ids, and its rows. */
interface Golden {
  tokens: string[];
  fixed: number;
  vocab_size: number;
}
const { cases } = JSON.parse(readFileSync(join(FOLDER, 'goldens.json'), 'utf8')) as { cases: Record<string, Golden> };

let heads: Map<string, CheckpointHead>;
let expected: TensorIndex;
beforeAll(async () => {
  heads = await headsOf(
    Object.fromEntries(readdirSync(join(FOLDER, 'models')).map((name) => [name, join(FOLDER, 'models', name)])),
  );
  expected = await openSafetensors(memorySource('goldens', readFileSync(join(FOLDER, 'goldens.safetensors'))));
});

describe.each(Object.entries(cases))('mergekit, %s', (name, golden) => {
  const plan = () => {
    const { recipe } = recipeFromYaml(readFileSync(join(FOLDER, `${name}.yml`), 'utf8'));
    return planRecipe(recipe, (alias) => heads.get(alias)!, newSha256);
  };
  test('has the same tokens, the source with the same ids', () => {
    const { tokenizer, config } = plan();
    const vocabulary = vocabularyOf(tokenizer!.tokenizer);
    expect([...vocabulary.keys()].sort()).toEqual([...golden.tokens].sort());
    expect(golden.tokens.slice(0, golden.fixed).map((token) => vocabulary.get(token))).toEqual([
      ...Array(golden.fixed).keys(),
    ]);
    expect([...vocabulary.values()].sort((a, b) => a - b)).toEqual([...Array(vocabulary.size).keys()]);
    expect(config!['vocab_size']).toBe(golden.vocab_size);
  });
  test('gives every token the same row', async () => {
    const made = plan();
    const vocabulary = vocabularyOf(made.tokenizer!.tokenizer);
    const names = [...expected.tensors.keys()].filter((key) => key.startsWith(`${name}/`));
    expect(names.length).toBeGreaterThan(0);
    for (const key of names) {
      const info = expected.tensors.get(key)!;
      const wanted = decodeToF32(await info.source.read(info.begin, info.end), info.dtype);
      const tensor = made.tensors.find((t) => t.name === key.slice(name.length + 1))!;
      const { values, dtype } = await mergeTensor(made, tensor, newSha256, {});
      expect(dtype).toBe(info.dtype);
      expect(tensor.shape).toEqual(info.shape);
      const width = info.shape[1]!;
      const order = [...golden.tokens.map((token) => vocabulary.get(token)!)];
      for (let id = golden.tokens.length; id < golden.vocab_size; id++) order.push(id);
      const own = Float32Array.from(wanted, (_, i) => values![order[Math.floor(i / width)]! * width + (i % width)]!);
      const most = wanted.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      const worst = own.reduce((max, x, i) => Math.max(max, Math.abs(x - wanted[i]!)), 0);
      expect(worst / most, key).toBeLessThanOrEqual(2e-6);
    }
  });
});
