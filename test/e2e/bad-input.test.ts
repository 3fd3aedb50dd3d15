import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { columnSources, columnTexts, useLab } from './lab';
import { zooId } from '../zoo';
import type { LabPage } from './driver';
import { ENGINES } from './engines';

const FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const PICKER = 'input[type="file"]:not([webkitdirectory])';

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
type Header = Record<string, Entry>;

function readHeader(bytes: Buffer): { header: Header; dataAt: number } {
  const dataAt = 8 + Number(bytes.readBigUInt64LE(0));
  return { header: JSON.parse(bytes.subarray(8, dataAt).toString('utf8')) as Header, dataAt };
}

function withHeader(header: Header, data: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const editJson = async (file: string, change: (json: Record<string, unknown>) => void): Promise<void> => {
  const json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(json);
  await writeFile(file, JSON.stringify(json));
};

interface Damage {
  /** The code of the card that must appear. */
  code: string;
  /** Makes a good folder bad. @returns the files to pick. */
  make(folder: string): Promise<string[]>;
}

const DAMAGES: Record<string, Damage> = {
  'a truncated file': {
    code: 'safetensors/truncated',
    make: async (folder) => {
      const file = join(folder, 'model.safetensors');
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, bytes.length - 1000));
      return [...FILES, 'model.safetensors'];
    },
  },
  'a missing shard': {
    code: 'index/missing-shard',
    make: async (folder) => {
      const { header } = readHeader(await readFile(join(folder, 'model.safetensors')));
      const names = Object.keys(header).filter((name) => name !== '__metadata__');
      const shardOf = (i: number) => `model-0000${(i % 2) + 1}-of-00002.safetensors`;
      const index = { metadata: {}, weight_map: Object.fromEntries(names.map((name, i) => [name, shardOf(i)])) };
      await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
      await cp(join(folder, 'model.safetensors'), join(folder, shardOf(0)));
      return [...FILES, 'model.safetensors.index.json', shardOf(0)];
    },
  },
  'NaN weights': {
    code: 'merge/nan-input',
    make: async (folder) => {
      const file = join(folder, 'model.safetensors');
      const bytes = await readFile(file);
      const { header, dataAt } = readHeader(bytes);
      const first = Object.entries(header).find(([name, entry]) => name !== '__metadata__' && entry.dtype === 'F16');
      if (!first) throw new Error('the zoo model has float16 weights');
      bytes.writeUInt16LE(0x7e00, dataAt + first[1].data_offsets[0]);
      await writeFile(file, bytes);
      return [...FILES, 'model.safetensors'];
    },
  },
  'an unknown architecture': {
    code: 'merge/architecture-differs',
    make: async (folder) => {
      await editJson(join(folder, 'config.json'), (config) => {
        config.architectures = ['NotALanguageModel'];
        config.model_type = 'nothing';
      });
      return [...FILES, 'model.safetensors'];
    },
  },
  'another shape': {
    code: 'merge/vocabulary-size',
    make: async (folder) => {
      const file = join(folder, 'model.safetensors');
      const bytes = await readFile(file);
      const { header, dataAt } = readHeader(bytes);
      const entry = Object.entries(header).find(
        ([name, { shape }]) => name !== '__metadata__' && shape.length === 2,
      )?.[1];
      if (!entry) throw new Error('the zoo model has matrices');
      entry.shape.reverse();
      await writeFile(file, withHeader(header, bytes.subarray(dataAt)));
      return [...FILES, 'model.safetensors'];
    },
  },
};

async function bench(page: LabPage): Promise<unknown> {
  return { formula: await page.value('formula'), prompt: await page.value('prompt'), columns: await columnTexts(page) };
}

describe.each(ENGINES)('bad input in %s', (engine) => {
  const lab = useLab(engine);
  let root = '';

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'merge-lab-bad-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  test.each(Object.entries(DAMAGES))(
    '%s: a card names the cause, and the bench stays as it was',
    async (name, damage) => {
      const folder = join(root, name.replaceAll(' ', '-'));
      await mkdir(folder);
      for (const file of [...FILES, 'model.safetensors'])
        await cp(join('public/zoo', zooId('chat'), file), join(folder, file));
      const files = await damage.make(folder);

      const page = await lab.open('?lesson=addition&lang=en');
      await page.click('run');
      await page.waitForRuns(1);
      const before = await bench(page);
      await page.setFiles(
        PICKER,
        files.map((file) => join(folder, file)),
      );
      await page.waitFor(
        'the file to be read',
        async () => (await page.exists('error')) || (await page.exists('column-local_1')),
      );
      if (!(await page.exists('error'))) {
        // Headers alone cannot tell: the refusal comes when the model is to be merged.
        await page.click('add-local_1');
        await page.waitFor('an error card', () => page.exists('error'));
      }
      expect(await page.text('error')).toContain(damage.code);
      expect(await bench(page)).toEqual(before);
      await page.close();
    },
  );

  test('a browser without WebAssembly SIMD is told so, and still shows the recorded answers', async () => {
    const page = await lab.open('?lesson=addition&lang=en', () => {
      WebAssembly.validate = () => false;
    });
    await page.waitFor('an error card', () => page.exists('error'));
    expect(await page.text('error')).toContain('capability/simd');
    await page.waitFor('the recorded answers', async () =>
      (await columnSources(page)).every((source) => source === 'recorded'),
    );
    await page.close();
  });

  test('a lesson that does not exist is named, and the first one opens', async () => {
    const page = await lab.open('?lesson=alchemy&lang=en');
    await page.waitFor('an error card', () => page.exists('error'));
    expect(await page.text('error')).toContain('alchemy');
    expect(await page.exists('column-merged')).toBe(true);
    await page.close();
  });
});
