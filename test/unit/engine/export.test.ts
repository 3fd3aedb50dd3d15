import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newSha256 } from '../../../src/cli/disk';
import { planRecipe } from '../../../src/core/merge/plan';
import type { MergeDoc } from '../../../src/core/recipe/types';
import { TEMPLATES } from '../../../src/core/vocab/templates';
import { memorySource } from '../../../src/core/tensor/source';
import { headOf, type Checkpoint } from '../../../src/engine/checkpoint';
import { companionFiles } from '../../../src/engine/export';
import { GOLDEN, openDisk } from '../core/merge/helpers';

const average = (more: Partial<MergeDoc>): MergeDoc => ({
  merge_method: 'linear',
  base_model: 'base',
  models: ['base', 'moved'].map((model) => ({ model, parameters: { weight: 0.5 } })),
  ...more,
});

test('what a recipe writes of tokens and templates stands in place of all that the donor has of them', async () => {
  const checkpoints = new Map<string, Checkpoint>();
  for (const name of ['base', 'moved'])
    checkpoints.set(name, await openDisk(join(GOLDEN, 'merge/vocab/models', name), name));
  const own = checkpoints.get('base')!;
  const extra = ['merges.txt', 'chat_template.jinja'].map(
    (name) => [name, memorySource(name, new Uint8Array(1))] as const,
  );
  const donor = { ...own, files: new Map([...own.files, ...extra]) };
  const files = async (doc: MergeDoc): Promise<Record<string, string>> => {
    const models = Object.fromEntries([...checkpoints.keys()].map((name) => [name, { src: `zoo:${name}-1` }]));
    const open = (alias: string) => headOf(alias, checkpoints.get(alias)!);
    const plan = planRecipe({ v: 1, models, merge: doc }, open, newSha256);
    const written = companionFiles(plan, donor, '', '');
    const texts = written.map(async ({ name, chunks }) => {
      let text = '';
      for await (const chunk of chunks()) text += new TextDecoder().decode(chunk);
      return [name, text];
    });
    return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
  };

  const written = await files(average({ tokenizer: { source: 'union' }, chat_template: 'chatml' }));
  expect(Object.keys(written).sort()).toEqual(
    [
      'README.md',
      'config.json',
      'generation_config.json',
      'merge.yml',
      'tokenizer.json',
      'tokenizer_config.json',
    ].sort(),
  );
  expect(JSON.parse(written['config.json']!)).toMatchObject({ vocab_size: 19 });
  expect(JSON.parse(written['tokenizer_config.json']!)).toMatchObject({
    bos_token: '<s>',
    chat_template: TEMPLATES['chatml'],
  });
  expect(JSON.parse(written['tokenizer.json']!)).toMatchObject({ model: { vocab: { efgh: 16, gh: 17 } } });

  // A template alone leaves the tokens as they are.
  const templated = await files(
    average({ models: [{ model: 'base', parameters: { weight: 1 } }], chat_template: 'chatml' }),
  );
  expect(JSON.parse(templated['tokenizer.json']!)).toEqual(own.text!.tokenizer);

  const copied = await files(average({ models: [{ model: 'base', parameters: { weight: 1 } }] }));
  expect(Object.keys(copied)).toEqual(expect.arrayContaining(['merges.txt', 'chat_template.jinja', 'tokenizer.json']));
});
