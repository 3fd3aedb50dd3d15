import { LabError } from '../errors';

/** Beyond these a file is none that anybody wants written down here. */
export const WAV_LIMITS = {
  bytes: 64 * 2 ** 20,
  channels: 8,
  minRate: 4_000,
  maxRate: 192_000,
  seconds: 60,
  chunks: 1000,
} as const;

/** Sound of one channel. */
export interface Sound {
  /** Samples per second. */
  readonly rate: number;
  /** In -1 .. 1, but for what a file of floats has beyond. */
  readonly samples: Float32Array<ArrayBuffer>;
}

interface Format {
  readonly float: boolean;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** The rest of the identifier of an extensible format, whose first two bytes are one of the above. */
const GUID_REST = '000000001000800000aa00389b71';

/**
 * Reads a WAV file (RIFF, little-endian): PCM of 8, 16, 24 or 32 bits and 32-bit floats; several channels are averaged.
 * Whole numbers are divided by 2^(bits - 1), as Python's soundfile does.
 * Source: "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft 1991); WAVEFORMATEXTENSIBLE.
 * @param file its name, for the messages
 * @throws LabError `sound/not-wav`, `sound/damaged`, `sound/format`, `sound/too-large`, `sound/too-long`, `sound/not-finite`
 */
export function readWav(bytes: Uint8Array, file: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length > WAV_LIMITS.bytes) throw tooLarge(file, bytes.length);
  if (bytes.length < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE')
    throw new LabError(
      'sound/not-wav',
      `${file} is no WAV file: it does not begin with RIFF and WAVE. Choose another file.`,
      {
        file,
      },
    );
  let format: Format | null = null;
  for (let at = 12, chunk = 0; at + 8 <= bytes.length; chunk++) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (chunk > WAV_LIMITS.chunks) throw damaged(file, `more than ${WAV_LIMITS.chunks} chunks`);
    if (start + size > bytes.length)
      throw damaged(file, `the chunk "${printable(name(at))}" says ${size} bytes, and ${bytes.length - start} follow`);
    if (name(at) === 'fmt ') {
      if (format) throw damaged(file, 'two chunks say what its format is');
      format = readFormat(view, start, size, file);
    } else if (name(at) === 'data') {
      if (!format) throw damaged(file, 'the sound comes before its format');
      return { rate: format.rate, samples: readSamples(view, start, size, format, file) };
    }
    // Chunks begin at even places.
    at = start + size + (size % 2);
  }
  throw damaged(file, format ? 'it has no sound' : 'it does not say what its format is');
}

const damaged = (file: string, found: string): LabError =>
  new LabError('sound/damaged', `${file} is damaged: ${found}. Save it again, or choose another file.`, {
    file,
    found,
  });

const tooLarge = (file: string, size: number): LabError => {
  const params = { file, mb: (size / 2 ** 20).toFixed(0), limit: WAV_LIMITS.bytes / 2 ** 20 };
  return new LabError(
    'sound/too-large',
    `${file} has ${params.mb} MB; at most ${params.limit} are read. Cut out the seconds that matter.`,
    params,
  );
};

const unfit = (file: string, found: string): LabError =>
  new LabError('sound/format', `${file} has ${found}. Save it as WAV with 16 bits, 1 or 2 channels and 8 to 48 kHz.`, {
    file,
    found,
  });

/** Names of chunks are shown; what is not a printable character might be anything. */
const printable = (text: string): string => text.replace(/[^ -~]/g, '?');

function readFormat(view: DataView, at: number, size: number, file: string): Format {
  if (size < 16) throw damaged(file, `its format has ${size} bytes, and 16 are the least`);
  let tag = view.getUint16(at, true);
  if (tag === EXTENSIBLE) {
    if (size < 40) throw damaged(file, `its extensible format has ${size} bytes, and 40 are the least`);
    tag = view.getUint16(at + 24, true);
    const rest = Array.from({ length: 14 }, (_, i) =>
      view
        .getUint8(at + 26 + i)
        .toString(16)
        .padStart(2, '0'),
    );
    if (rest.join('') !== GUID_REST) throw unfit(file, 'a format of its own');
  }
  const [channels, rate, bits] = [
    view.getUint16(at + 2, true),
    view.getUint32(at + 4, true),
    view.getUint16(at + 14, true),
  ];
  if (tag !== PCM && tag !== FLOAT) throw unfit(file, `compressed sound (format ${tag})`);
  if (tag === PCM ? ![8, 16, 24, 32].includes(bits) : bits !== 32)
    throw unfit(file, `${bits} bits a sample${tag === FLOAT ? ' of floating point' : ''}`);
  if (channels < 1 || channels > WAV_LIMITS.channels) throw unfit(file, `${channels} channels`);
  if (rate < WAV_LIMITS.minRate || rate > WAV_LIMITS.maxRate) throw unfit(file, `${rate} samples a second`);
  if (view.getUint16(at + 12, true) !== (channels * bits) / 8)
    throw damaged(file, 'its numbers of channels, bits and bytes do not fit together');
  return { float: tag === FLOAT, channels, rate, bits };
}

function readSamples(
  view: DataView,
  at: number,
  size: number,
  format: Format,
  file: string,
): Float32Array<ArrayBuffer> {
  const { float, channels, bits, rate } = format;
  const step = bits / 8;
  const count = size / (step * channels);
  if (!Number.isInteger(count)) throw damaged(file, 'its last sample is cut off');
  if (count === 0) throw damaged(file, 'it has no sound');
  if (count > WAV_LIMITS.seconds * rate) {
    const params = { file, seconds: (count / rate).toFixed(1), limit: WAV_LIMITS.seconds };
    throw new LabError(
      'sound/too-long',
      `${file} has ${params.seconds} seconds; at most ${params.limit} are read. Cut out the seconds that matter.`,
      params,
    );
  }
  const read: Readonly<Record<number, (from: number) => number>> = {
    8: (from) => (view.getUint8(from) - 128) / 2 ** 7,
    16: (from) => view.getInt16(from, true) / 2 ** 15,
    24: (from) => (view.getUint16(from, true) + view.getInt8(from + 2) * 2 ** 16) / 2 ** 23,
    32: (from) => (float ? view.getFloat32(from, true) : view.getInt32(from, true) / 2 ** 31),
  };
  const value = read[bits]!;
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += value(at + (i * channels + channel) * step);
    samples[i] = sum / channels;
  }
  const odd = samples.findIndex((sample) => !Number.isFinite(sample));
  if (odd >= 0)
    throw new LabError('sound/not-finite', `${file}: sample ${odd} is no finite number. Save it again as 16 bits.`, {
      file,
      at: odd,
    });
  return samples;
}

/** @returns a WAV file of 32-bit floats, which a browser plays as models hear it. */
export function writeWav({ rate, samples }: Sound): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + samples.length * 4);
  const view = new DataView(bytes.buffer);
  const ascii = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  ascii(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  ascii(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FLOAT, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 32, true);
  ascii(36, 'data');
  view.setUint32(40, samples.length * 4, true);
  samples.forEach((sample, i) => view.setFloat32(44 + i * 4, sample, true));
  return bytes;
}
