import { describe, expect, it } from 'vitest';
import { openCheckpointTensors } from '../../../../src/core/tensor/checkpoint';
import { checkShardName, openSharded } from '../../../../src/core/tensor/sharded';
import { memorySource } from '../../../../src/core/tensor/source';
import type { ByteSource } from '../../../../src/core/tensor/types';
import { refusal, zeros } from './files';

const A = 'model-00001-of-00002.safetensors';
const B = 'model-00002-of-00002.safetensors';
const INDEX = 'model.safetensors.index.json';

const folder = (files: Record<string, Uint8Array | string>): Map<string, ByteSource> =>
  new Map(
    Object.entries(files).map(([name, content]) => [
      name,
      memorySource(name, typeof content === 'string' ? new TextEncoder().encode(content) : content),
    ]),
  );
const shards = folder({ [A]: zeros({ a: 2, b: 3 }), [B]: zeros({ c: 4 }) });
const openIndex = (index: unknown, files = shards) =>
  openSharded(typeof index === 'string' ? index : JSON.stringify(index), (name) => files.get(name));
const map = { a: A, b: A, c: B };

describe('a sharded checkpoint', () => {
  it('is one index over its shards', async () => {
    const { tensors, warnings } = await openIndex({ metadata: { total_size: 36 }, weight_map: map });
    expect([...tensors.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(tensors.get('c')!.source).toBe(shards.get(B));
    expect(tensors.get('b')!.end - tensors.get('b')!.begin).toBe(12);
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ total_size: 35 }, true],
    [{ total_size: 36.5 }, true],
    [{ total_size: '36' }, false],
    [{}, false],
    [null, false],
  ])('only warns of a wrong total size: %j', async (metadata, warned) => {
    const { warnings } = await openIndex({ metadata, weight_map: map });
    expect(warnings.map(({ code }) => code)).toEqual(warned ? ['index/total-size'] : []);
  });

  it('keeps tensors its index forgot, and says so', async () => {
    const { tensors, warnings } = await openIndex({ weight_map: { a: A, c: B } });
    expect(tensors.has('b')).toBe(true);
    expect(warnings.map(({ code }) => code)).toEqual(['index/extra-tensors']);
    expect(warnings[0]!.message).toContain('"b"');
  });

  const evil = [
    '../../x',
    '%2e%2e/x',
    '%252e%252e%252fx',
    'a/../b',
    './x',
    '/etc/x',
    '%2fetc/x',
    'https://evil/x',
    'c:x',
    '\\\\host\\x',
    'a\0b',
    'a//b',
    '',
    'x?y',
    '%zz%2e%2e/../x',
    '%25252525252525252e',
    'x%0ay',
  ];
  it.each(evil)('33 refuses the shard name %j', async (shard) => {
    const error = await refusal(() => openIndex({ weight_map: { a: shard } }));
    expect(error.code).toBe('index/unsafe-shard');
    expect(error.message).toMatch(/not a plain file name inside the checkpoint/);
  });

  it.each([
    'model.safetensors',
    'sub/folder/model-00001-of-00002.safetensors',
    '模型.safetensors',
    '100%.safetensors',
    '..x',
    'a..b',
  ])('accepts the shard name %j', (shard) => expect(() => checkShardName(shard)).not.toThrow());

  it.each<[string, string, RegExp, unknown, Map<string, ByteSource>?]>([
    [
      '34 a tensor that is not in its shard',
      'index/tensor-not-in-shard',
      /tensor "d" is in model-00002/,
      { weight_map: { ...map, d: B } },
    ],
    [
      '34 a tensor that is in another shard',
      'index/tensor-not-in-shard',
      /tensor "b" is in model-00002/,
      { weight_map: { a: A, b: B, c: A } },
    ],
    [
      '35 a tensor in two shards',
      'index/tensor-in-two-shards',
      /"a" is in two shards, model-00001\S+ and model-00002/,
      { weight_map: map },
      folder({ [A]: zeros({ a: 2, b: 3 }), [B]: zeros({ a: 2, c: 4 }) }),
    ],
    [
      'a missing shard',
      'index/missing-shard',
      /model-00002-of-00002.safetensors, one of 2, is missing/,
      { weight_map: map },
      folder({ [A]: zeros({ a: 2, b: 3 }) }),
    ],
    [
      'a tensor listed twice',
      'index/duplicate-tensor',
      /lists the tensor "a" twice/,
      `{"weight_map":{"a":"${A}","a":"${B}"}}`,
    ],
    ['two maps', 'index/duplicate-weight-map', /two "weight_map"/, `{"weight_map":{"a":"${A}"},"weight_map":{}}`],
    ['no map', 'index/no-weight-map', /no "weight_map"/, { metadata: {} }],
    ['an empty map', 'index/no-weight-map', /no "weight_map"/, { weight_map: {} }],
    ['a map that is a list', 'index/no-weight-map', /not an object/, { weight_map: [A] }],
    ['a shard that is a number', 'index/shard-not-text', /tensor "a" is not a file name/, { weight_map: { a: 1 } }],
    ['an index that is a list', 'index/not-object', /not a JSON object/, []],
    [
      'an index cut off',
      'json/ended',
      /model.safetensors.index.json: its JSON ends in the middle/,
      '{"weight_map":{"a":',
    ],
    [
      'too many shards',
      'index/too-many-shards',
      /more than 10000 shards/,
      { weight_map: Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`t${i}`, `s${i}`])) },
    ],
    [
      'too many tensors',
      'index/too-many-tensors',
      /more than 200000 tensors/,
      { weight_map: Object.fromEntries(Array.from({ length: 200_001 }, (_, i) => [`t${i}`, A])) },
    ],
  ])('refuses %s', async (_, code, words, index, files) => {
    const error = await refusal(() => openIndex(index, files));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });
});

describe('a checkpoint folder', () => {
  const names = async (files: Record<string, Uint8Array | string>) =>
    [...(await openCheckpointTensors(folder(files))).tensors.keys()].sort();
  const parts = { [A]: zeros({ a: 1 }), [B]: zeros({ b: 1 }) };

  it('prefers the single file, then the index, then bare shards, then the only file', async () => {
    const index = JSON.stringify({ weight_map: { a: A } });
    expect(await names({ ...parts, [INDEX]: index, 'model.safetensors': zeros({ w: 1 }) })).toEqual(['w']);
    expect(await names({ ...parts, [INDEX]: index })).toEqual(['a']);
    expect(await names({ ...parts, 'config.json': '{}' })).toEqual(['a', 'b']);
    expect(await names({ 'whatever.safetensors': zeros({ x: 1 }), 'notes.txt': '' })).toEqual(['x']);
    expect(await names({ 'm_00001-of-00001.safetensors': zeros({ x: 1 }) })).toEqual(['x']);
  });

  it.each<[string, string, RegExp, Record<string, Uint8Array | string>]>([
    [
      'a shard missing without an index',
      'index/missing-shard',
      /model-00001-of-00002.safetensors, one of 2/,
      { [B]: zeros({ b: 1 }) },
    ],
    [
      'a claim of 999999 shards',
      'index/missing-shard',
      /x-000002-of-999999.safetensors/,
      { 'x-000001-of-999999.safetensors': zeros({ b: 1 }) },
    ],
    [
      'two unrelated files',
      'checkpoint/ambiguous',
      /2 safetensors files .* a.safetensors, b.safetensors/,
      { 'a.safetensors': zeros({ a: 1 }), 'b.safetensors': zeros({ b: 1 }) },
    ],
    [
      'shards of two checkpoints',
      'checkpoint/ambiguous',
      /3 safetensors files/,
      { ...parts, 'other-00001-of-00002.safetensors': zeros({ a: 1 }) },
    ],
    [
      'shards beside another file',
      'checkpoint/ambiguous',
      /3 safetensors files/,
      { ...parts, 'adapter.safetensors': zeros({ z: 1 }) },
    ],
    [
      'only a pickle',
      'checkpoint/unsupported-format',
      /only pytorch_model.bin\. Pickle files/,
      { 'pytorch_model.bin': '', 'config.json': '{}' },
    ],
    ['no weights', 'checkpoint/no-weights', /holds model.safetensors/, { 'config.json': '{}' }],
    ['nothing', 'checkpoint/no-weights', /holds model.safetensors/, {}],
    ['an index that is not text', 'index/not-utf8', /not UTF-8/, { [INDEX]: Uint8Array.of(0xff) }],
    ['an index too large', 'index/too-large', /100000000 at most/, { [INDEX]: new Uint8Array(100_000_001) }],
    [
      'a tensor in two bare shards',
      'index/tensor-in-two-shards',
      /"a" is in two shards/,
      { [A]: zeros({ a: 1 }), [B]: zeros({ a: 1 }) },
    ],
  ])('with %s is refused', async (_, code, words, files) => {
    const error = await refusal(() => openCheckpointTensors(folder(files)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });
});
