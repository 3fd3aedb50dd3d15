import { describe, expect, test } from 'vitest';
import { LabError } from '../../../src/core/errors';
import { memorySource } from '../../../src/core/tensor/source';
import { layout } from '../../../src/core/tensor/writer';
import { vocabularyOf } from '../../../src/core/vocab/tokenizer';
import { modelSpec, openCheckpoint } from '../../../src/engine/checkpoint';
import { parseJsonFile, withoutCode } from '../../../src/engine/json';
import { localFiles } from '../../../src/engine/local';

function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error.code;
    throw error;
  }
  return 'no error';
}
const picked = (...paths: string[]) => paths.map((path) => ({ path, file: new File([''], path.split('/').pop()!) }));

describe('JSON from outside', () => {
  test.each([
    ['file/too-large', `{"a":"${'x'.repeat(200)}"}`, 'strict'],
    ['file/not-json', '{', 'strict'],
    ['file/not-json', '<!doctype html>', 'strict'],
    ['file/not-an-object', '[1]', 'strict'],
    ['file/not-an-object', 'null', 'strict'],
    ['file/forbidden-key', '{"a":{"__proto__":1}}', 'data'],
    ['file/forbidden-key', '{"constructor":1}', 'strict'],
    ['no error', '{"vocab":{"constructor":1}}', 'data'],
  ] as const)('%s: %s', (expected, text, keys) => {
    expect(code(() => parseJsonFile(text, 'x.json', 100, keys))).toBe(expected);
  });
  test('keys that run code are dropped and named', () => {
    expect(withoutCode({ auto_map: 1, 'transformers.js_config': 2, hidden_size: 3 })).toEqual({
      config: { hidden_size: 3 },
      dropped: ['auto_map', 'transformers.js_config'],
    });
  });
});

describe('dropped files', () => {
  test('a folder inside a folder is found by its weights', () => {
    const { title, files } = localFiles(picked('hub/readme.txt', 'hub/tiny/config.json', 'hub/tiny/model.safetensors'));
    expect(title).toBe('tiny');
    expect([...files.keys()]).toEqual(['config.json', 'model.safetensors']);
  });
  test.each([
    ['file/two-models', ['a/model.safetensors', 'b/model.safetensors']],
    ['file/no-model', ['a/pytorch_model.bin', 'a/config.json']],
  ])('%s', (expected, paths) => {
    expect(code(() => localFiles(picked(...paths)))).toBe(expected);
  });
});

describe('a checkpoint', () => {
  const weights = () => {
    const { header } = layout([{ name: 'w', dtype: 'F32', shape: [1] }], null);
    return new Uint8Array([...header, 0, 0, 0, 0]);
  };
  const folder = (files: Record<string, string>) => {
    const sources = Object.entries(files).map(
      ([name, text]) => [name, memorySource(name, new TextEncoder().encode(text))] as const,
    );
    return openCheckpoint(
      'mine',
      new Map([...sources, ['model.safetensors', memorySource('model.safetensors', weights())]]),
    );
  };
  test('drops auto_map with a warning', async () => {
    const checkpoint = await folder({ 'config.json': '{"auto_map":{},"architectures":["X"]}' });
    expect(checkpoint.config).toEqual({ architectures: ['X'] });
    expect(checkpoint.warnings.map((w) => w.code)).toEqual(['config/dropped-key']);
  });
  test('without config or tokenizer it merges but cannot talk', async () => {
    const plain = await folder({});
    expect(() => modelSpec(plain, plain.config)).toThrow(expect.objectContaining({ code: 'model/no-config' }));
    const silent = await folder({ 'config.json': '{}' });
    expect(() => modelSpec(silent, silent.config)).toThrow(expect.objectContaining({ code: 'model/no-tokenizer' }));
  });
  test('takes the chat template from its own file, and refuses one that is too long', async () => {
    const files = { 'config.json': '{}', 'tokenizer.json': '{}', 'tokenizer_config.json': '{}' };
    const good = await folder({ ...files, 'chat_template.jinja': '{{ x }}' });
    expect(modelSpec(good, good.config).text?.tokenizerConfig['chat_template']).toBe('{{ x }}');
    const long = folder({
      ...files,
      'tokenizer_config.json': JSON.stringify({ chat_template: 'x'.repeat(64_001) }),
    });
    await expect(long).rejects.toMatchObject({ code: 'file/too-large' });
  });
  test('reads the vocabulary of every kind of tokenizer', () => {
    expect(
      vocabularyOf({ model: { vocab: { a: 0, constructor: 1 } }, added_tokens: [{ content: '<s>', id: 2 }] }),
    ).toEqual(
      new Map([
        ['a', 0],
        ['constructor', 1],
        ['<s>', 2],
      ]),
    );
    expect(
      vocabularyOf({
        model: {
          vocab: [
            ['a', -1],
            ['b', -2],
          ],
        },
      }),
    ).toEqual(
      new Map([
        ['a', 0],
        ['b', 1],
      ]),
    );
  });
});
