import { describe, expect, test } from 'vitest';
import { LabError } from '../../../../src/core/errors';
import { readWav, writeWav } from '../../../../src/core/sound/wav';

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(Math.floor(value / 65536) & 0xffff)];
const chunk = (name: string, body: readonly number[], size = body.length): number[] => [
  ...ascii(name),
  ...u32(size),
  ...body,
  ...(body.length % 2 === 1 ? [0] : []),
];
const riff = (...chunks: number[][]): Uint8Array => {
  const body = [...ascii('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...ascii('RIFF'), ...u32(body.length), ...body]);
};
interface Format {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  block?: number;
  extra?: number[];
}
const format = ({ tag = 1, channels = 1, rate = 16000, bits = 16, block, extra = [] }: Format) => {
  const step = block ?? (channels * bits) / 8;
  return chunk('fmt ', [
    ...u16(tag),
    ...u16(channels),
    ...u32(rate),
    ...u32(rate * step),
    ...u16(step),
    ...u16(bits),
    ...extra,
  ]);
};
const sound = (bytes: Uint8Array): number[] => [...readWav(bytes, 'x.wav').samples];
const codeOf = (bytes: Uint8Array): string => {
  try {
    readWav(bytes, 'x.wav');
  } catch (error) {
    return error instanceof LabError ? error.code : String(error);
  }
  return 'none';
};

const SAMPLES = chunk('data', [...u16(0), ...u16(16384), ...u16(0x8000)]);

describe('a WAV file', () => {
  test('of 8, 16, 24 and 32 bits is read as the same sound', () => {
    expect(sound(riff(format({ bits: 8 }), chunk('data', [128, 192, 0])))).toEqual([0, 0.5, -1]);
    expect(sound(riff(format({}), SAMPLES))).toEqual([0, 0.5, -1]);
    expect(sound(riff(format({ bits: 24 }), chunk('data', [0, 0, 0, 0, 0, 64, 0, 0, 128])))).toEqual([0, 0.5, -1]);
    expect(sound(riff(format({ bits: 32 }), chunk('data', [...u32(0), ...u32(2 ** 30), ...u32(2 ** 31)])))).toEqual([
      0, 0.5, -1,
    ]);
  });

  test('of floats, and of an extensible format', () => {
    const floats = [...new Uint8Array(new Float32Array([0.25, -1.5]).buffer)];
    expect(sound(riff(format({ tag: 3, bits: 32 }), chunk('data', floats)))).toEqual([0.25, -1.5]);
    const guid = [1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
    const extra = [...u16(22), ...u16(16), ...u32(4), ...guid];
    expect(sound(riff(format({ tag: 0xfffe, extra }), SAMPLES))).toEqual([0, 0.5, -1]);
    expect(codeOf(riff(format({ tag: 0xfffe, extra: extra.with(-1, 0) }), SAMPLES))).toBe('sound/format');
  });

  test('is read as it was written', () => {
    const samples = new Float32Array([0.1, -0.9, 1.25]);
    expect(readWav(writeWav({ rate: 22050, samples }), 'x.wav')).toEqual({ rate: 22050, samples });
  });

  test('with two channels is their mean, and other chunks are passed over', () => {
    const stereo = chunk('data', [...u16(16384), ...u16(0), ...u16(0x8000), ...u16(0x8000)]);
    const read = readWav(riff(chunk('LIST', [1, 2, 3]), format({ channels: 2, rate: 8000 }), stereo), 'x.wav');
    expect([...read.samples]).toEqual([0.25, -1]);
    expect(read.rate).toBe(8000);
  });
});

test.each([
  ['nothing', new Uint8Array(), 'sound/not-wav'],
  ['text', Uint8Array.from(ascii('RIFF is not what this is')), 'sound/not-wav'],
  ['big-endian', Uint8Array.from([...ascii('RIFX'), 0, 0, 0, 4, ...ascii('WAVE')]), 'sound/not-wav'],
  ['no format', riff(SAMPLES), 'sound/damaged'],
  ['no sound', riff(format({})), 'sound/damaged'],
  ['empty sound', riff(format({}), chunk('data', [])), 'sound/damaged'],
  ['a sound cut off', riff(format({}), chunk('data', [1, 2], 2000)), 'sound/damaged'],
  ['a size of 4 GB', riff(format({}), chunk('data', [1, 2], 0xffffffff)), 'sound/damaged'],
  ['half a sample', riff(format({}), chunk('data', [1, 2, 3])), 'sound/damaged'],
  ['a short format', riff(chunk('fmt ', [1, 0, 1, 0]), SAMPLES), 'sound/damaged'],
  ['a short extensible format', riff(format({ tag: 0xfffe }), SAMPLES), 'sound/damaged'],
  ['two formats', riff(format({}), format({ bits: 8 }), SAMPLES), 'sound/damaged'],
  ['a block that does not fit', riff(format({ block: 4 }), SAMPLES), 'sound/damaged'],
  [
    'thousands of chunks',
    riff(...Array.from({ length: 1200 }, () => chunk('junk', [])), format({}), SAMPLES),
    'sound/damaged',
  ],
  ['ADPCM', riff(format({ tag: 2, bits: 4, block: 1 }), SAMPLES), 'sound/format'],
  ['12 bits', riff(format({ bits: 12, block: 2 }), SAMPLES), 'sound/format'],
  ['64-bit floats', riff(format({ tag: 3, bits: 64 }), SAMPLES), 'sound/format'],
  ['no channel', riff(format({ channels: 0 }), SAMPLES), 'sound/format'],
  ['255 channels', riff(format({ channels: 255 }), SAMPLES), 'sound/format'],
  ['0 Hz', riff(format({ rate: 0 }), SAMPLES), 'sound/format'],
  ['4 GHz', riff(format({ rate: 4e9 }), SAMPLES), 'sound/format'],
  ['61 s', riff(format({ rate: 4000, bits: 8 }), chunk('data', Array<number>(61 * 4000).fill(128))), 'sound/too-long'],
  ['NaN', riff(format({ tag: 3, bits: 32 }), chunk('data', [0, 0, 192, 127])), 'sound/not-finite'],
])('%s is refused', (_what, bytes, code) => {
  expect(codeOf(bytes)).toBe(code);
});
