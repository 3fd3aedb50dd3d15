import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../../../src/core/tensor/safetensors';
import { memorySource } from '../../../../src/core/tensor/source';
import { concat, craft, refusal } from './files';

const text = (value: string) => new TextEncoder().encode(value);
const entry = (offsets: string, shape = '[4]', dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
const one = (offsets: string, shape?: string, dtype?: string) => `{"w":${entry(offsets, shape, dtype)}}`;

/** [what, code, words of the message, file]; the numbers are those of the corpus in the notes on the format. */
const CORPUS: [string, string, RegExp, () => Uint8Array][] = [
  ['1 an empty file', 'safetensors/empty', /0 bytes/, () => new Uint8Array(0)],
  ['2 fewer than 8 bytes', 'safetensors/too-short', /7 bytes, fewer than the 8/, () => new Uint8Array(7)],
  ['3 a header of no bytes', 'safetensors/header-empty', /header of 0 bytes/, () => craft('')],
  [
    '4 a header beyond the file',
    'safetensors/header-past-end',
    /1000 bytes but has only 10/,
    () => craft('\x01\x02', 0, 1000n),
  ],
  [
    '5 a length that a double would round',
    'safetensors/header-too-large',
    /18446742974197923900/,
    () => craft('{}\0', 0, 0xffffff000000003cn),
  ],
  ['6 a header one byte too long', 'safetensors/header-too-large', /100000001/, () => craft('{}\0', 0, 100_000_001n)],
  [
    '7 a header that is not UTF-8',
    'safetensors/header-not-utf8',
    /not UTF-8/,
    () => craft(Uint8Array.of(0x7b, 0xff, 0x7d)),
  ],
  ['8 a header that is only {', 'json/ended', /ends in the middle, after 1 char/, () => craft('{')],
  ['9 an array', 'safetensors/header-not-object', /not a JSON object/, () => craft('[]')],
  ['9 null', 'safetensors/header-not-object', /not a JSON object/, () => craft('null')],
  ['9 a string', 'safetensors/header-not-object', /not a JSON object/, () => craft('"w"')],
  ['9 a number', 'safetensors/header-not-object', /not a JSON object/, () => craft('7')],
  ['10 a byte order mark', 'safetensors/header-bom', /byte order mark/, () => craft('\ufeff{}')],
  ['11 junk after the JSON', 'json/trailing', /at character 3/, () => craft('{} {}')],
  ['11 padding with NUL', 'json/trailing', /at character 2/, () => craft('{}\0\0')],
  [
    '12 ten tensors in the same bytes',
    'safetensors/shared-bytes',
    /"0" and "1" claim the same bytes/,
    () => craft(`{${Array.from({ length: 10 }, (_, i) => `"${i}":${entry('[0,16]')}`).join()}}`, 16),
  ],
  [
    '13 bytes after the last tensor',
    'safetensors/trailing-bytes',
    /3 bytes after its last tensor/,
    () => craft(one('[0,16]'), 19),
  ],
  ['13 bytes after no tensor', 'safetensors/trailing-bytes', /1 bytes after/, () => craft('{}', 1)],
  [
    '14 two bytes cut off',
    'safetensors/truncated',
    /should have \d+ bytes and has \d+/,
    () => craft(one('[0,16]'), 14),
  ],
  [
    '15 a hole',
    'safetensors/hole',
    /4 bytes between tensors "a" and "b"/,
    () => craft(`{"a":${entry('[0,16]')},"b":${entry('[20,36]')}}`, 36),
  ],
  [
    '16 the first tensor not at 0',
    'safetensors/first-offset',
    /begins 8 bytes after the header/,
    () => craft(one('[8,24]'), 24),
  ],
  [
    '17 a partial overlap',
    'safetensors/overlap',
    /"a" and "b" overlap/,
    () => craft(`{"a":${entry('[0,16]')},"b":${entry('[12,28]')}}`, 28),
  ],
  [
    '17 an empty tensor inside another',
    'safetensors/overlap',
    /"a" and "b" overlap/,
    () => craft(`{"a":${entry('[0,16]')},"b":${entry('[4,4]', '[0]')}}`, 16),
  ],
  [
    '18 an end before the beginning',
    'safetensors/offsets-reversed',
    /ends at 0, before it begins at 16/,
    () => craft(one('[16,0]'), 16),
  ],
  [
    '19 a shape of other size',
    'safetensors/size-mismatch',
    /needs 20 bytes but has 16/,
    () => craft(one('[0,16]', '[5]'), 16),
  ],
  [
    '20 a dimension beyond 2^53',
    'json/integer-too-large',
    /18446744073709551614/,
    () => craft(one('[0,16]', '[2,18446744073709551614]'), 16),
  ],
  [
    '20 a product beyond 2^64',
    'tensor/shape-overflow',
    /more bytes than any file/,
    () => craft(one('[0,0]', '[4294967296,4294967296,0]')),
  ],
  ['20 an offset beyond 2^53', 'json/integer-too-large', /a data offset/, () => craft(one('[0,9007199254740993]'))],
  ...['-4', '4.0', '4e0', '-0', '"4"', 'null', '[4]', '{}'].map((dim): [string, string, RegExp, () => Uint8Array] => [
    `21 the dimension ${dim}`,
    'json/not-an-integer',
    /a dimension of tensor "w" is \S+, and must be a whole number/,
    () => craft(one('[0,16]', `[${dim}]`), 16),
  ]),
  [
    '21 the offset 1.6e1',
    'json/not-an-integer',
    /a data offset of tensor "w" is 1.6e1/,
    () => craft(one('[0,1.6e1]'), 16),
  ],
  ['21 a number with a leading zero', 'json/syntax', /4 instead of/, () => craft(one('[0,16]', '[04]'), 16)],
  ['22 one offset', 'safetensors/offsets-length', /list of two numbers/, () => craft(one('[0]'), 16)],
  ['22 three offsets', 'safetensors/offsets-length', /list of two numbers/, () => craft(one('[0,16,16]'), 16)],
  ['22 offsets that are no list', 'safetensors/offsets-length', /list of two numbers/, () => craft(one('16'), 16)],
  [
    '22 a shape that is no list',
    'safetensors/shape-not-list',
    /shape of tensor "w" is not a list/,
    () => craft(one('[0,16]', '4'), 16),
  ],
  ['23 an unknown dtype', 'safetensors/unknown-dtype', /dtype "F128"/, () => craft(one('[0,16]', '[4]', '"F128"'), 16)],
  [
    '23 a dtype in lower case',
    'safetensors/unknown-dtype',
    /dtype "f32"/,
    () => craft(one('[0,16]', '[4]', '"f32"'), 16),
  ],
  [
    '23 a dtype from the prototype',
    'safetensors/unknown-dtype',
    /"constructor"/,
    () => craft(one('[0,16]', '[4]', '"constructor"'), 16),
  ],
  ['24 half a byte', 'tensor/misaligned', /does not fill whole bytes/, () => craft(one('[0,2]', '[3]', '"F4"'), 2)],
  [
    '25 a missing field',
    'safetensors/missing-field',
    /"w" lacks the field "shape"/,
    () => craft('{"w":{"dtype":"F32","data_offsets":[0,16]}}', 16),
  ],
  [
    '25 a field twice',
    'safetensors/duplicate-field',
    /the field "shape" twice/,
    () => craft('{"w":{"shape":[4],"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', 16),
  ],
  [
    '25 an entry written as an array',
    'safetensors/entry-not-object',
    /not described by a JSON object/,
    () => craft('{"w":["F32",[4],[0,16]]}', 16),
  ],
  [
    '26 a name twice',
    'safetensors/duplicate-tensor',
    /two tensors called "w"/,
    () => craft(`{"w":${entry('[0,16]')},"\\u0077":${entry('[16,32]')}}`, 32),
  ],
  [
    '27 metadata that is a number',
    'safetensors/metadata-value',
    /not a text, under the key "epoch"/,
    () => craft('{"__metadata__":{"epoch":3}}'),
  ],
  [
    '27 nested metadata',
    'safetensors/metadata-value',
    /under the key "a"/,
    () => craft('{"__metadata__":{"a":{"b":"c"}}}'),
  ],
  [
    '27 metadata that is a list',
    'safetensors/metadata-not-object',
    /not an object of texts/,
    () => craft('{"__metadata__":["pt"]}'),
  ],
  [
    '27 metadata twice',
    'safetensors/duplicate-metadata',
    /two "__metadata__"/,
    () => craft('{"__metadata__":{},"__metadata__":{}}'),
  ],
  [
    '27 50 MB of metadata',
    'safetensors/metadata-too-large',
    /16000000 characters/,
    () => craft(`{"__metadata__":{"a":"${'x'.repeat(50_000_000)}"}}`),
  ],
  [
    '29 a million tensors',
    'safetensors/too-many-tensors',
    /more than 200000 tensors/,
    () =>
      craft(
        `{${Array.from({ length: 1_000_000 }, (_, i) => `"${i}":${entry(`[${i},${i + 1}]`, '[1]', '"U8"')}`).join()}}`,
        8,
      ),
  ],
  [
    '29 a hundred thousand dimensions',
    'safetensors/rank',
    /more than 16 dimensions/,
    () => craft(one('[0,4]', `[${'1,'.repeat(99_999)}1]`), 4),
  ],
  [
    '30 arrays 100,000 deep',
    'json/nesting',
    /deeper than 64/,
    () => craft(`{"w":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`),
  ],
  ['30 objects 100,000 deep', 'json/nesting', /deeper than 64/, () => craft('{"w":'.repeat(100_000))],
  [
    '31 a Git LFS pointer',
    'safetensors/lfs-pointer',
    /git lfs pull/,
    () =>
      text(
        'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n',
      ),
  ],
  ['31 a web page', 'safetensors/html', /a web page/, () => text('\n<!DOCTYPE html><html><body>Log in</body></html>')],
  [
    '31 an XML error',
    'safetensors/html',
    /a web page/,
    () => text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
  ],
  [
    '31 a JSON error',
    'safetensors/json-body',
    /It begins: \{"error":"Repository not found"\}/,
    () => text('{"error":"Repository not found"}'),
  ],
  ['31 an error in words', 'safetensors/text-body', /It begins: Entry not found/, () => text('Entry not found')],
  [
    '32 a zip of pickles',
    'safetensors/pickle',
    /convert it to safetensors/,
    () => concat(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 8, 8), new Uint8Array(90)),
  ],
  [
    '32 a bare pickle',
    'safetensors/pickle',
    /convert it to safetensors/,
    () => concat(Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46), new Uint8Array(9)),
  ],
  [
    '32 a tiny pickle',
    'safetensors/pickle',
    /convert it to safetensors/,
    () => Uint8Array.of(0x80, 4, 0x7d, 0x94, 0x2e),
  ],
  [
    '32 a GGUF file',
    'safetensors/gguf',
    /GGUF/,
    () => concat(text('GGUF'), Uint8Array.of(3, 0, 0, 0), new Uint8Array(50)),
  ],
  ['a lone surrogate in a name', 'json/syntax', /wrong escape/, () => craft(`{"\\ud800":${entry('[0,16]')}}`, 16)],
  ['an unknown escape', 'json/syntax', /wrong escape/, () => craft(`{"\\x":${entry('[0,16]')}}`, 16)],
  ['a raw line break in a name', 'json/syntax', /control character/, () => craft(`{"a\nb":${entry('[0,16]')}}`, 16)],
  ['a trailing comma', 'json/syntax', /\} instead of "/, () => craft(`{"w":${entry('[0,16]')},}`, 16)],
  ['no value after a colon', 'json/syntax', /no value where one must be/, () => craft('{"w":{"x":}}')],
  ['a header of spaces', 'json/ended', /ends in the middle/, () => craft('   ')],
  ['an end before a value', 'json/ended', /ends in the middle/, () => craft('{"w":{"dtype":')],
  ['a string that never ends', 'json/ended', /ends in the middle/, () => craft('{"w')],
  ['a string that ends in a backslash', 'json/ended', /ends in the middle/, () => craft('{"w\\')],
];

describe('hostile and broken safetensors files', () => {
  it.each(CORPUS)('%s: %s', async (_, code, words, file) => {
    const error = await refusal(() => openSafetensors(memorySource('bad.safetensors', file())));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message.length).toBeLessThan(500);
    // Each says what to do about it, not only what is wrong.
    expect(error.message.split(/[.:;] /).length).toBeGreaterThan(1);
  });

  it('gives each kind its own code', () => {
    const kinds = new Set(CORPUS.map(([, code]) => code));
    expect(kinds.size).toBeGreaterThan(35);
  });
});
