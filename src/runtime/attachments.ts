import { parseAsk, readPicture } from '../core/ask/ask';
import { LabError } from '../core/errors';
import { resample } from '../core/sound/resample';
import { readWav } from '../core/sound/wav';
import type { Attachment } from '../engine/api';
import { fetchZoo } from './zoo';

type Sound = NonNullable<Attachment['sound']>;
type Picture = NonNullable<Attachment['picture']>;

/** Samples per second of everything that models hear. */
export const SAMPLING_RATE = 16_000;

/** What visitors recorded, dropped or drew: in memory only, gone with the page. */
const sounds = new Map<string, Sound>();
const pictures = new Map<string, Picture>();

async function keyOf(values: Float32Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', values));
  return [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param sound mono, 16,000 samples per second. @returns its key for `soundPrompt` */
export async function keepSound(sound: Sound): Promise<string> {
  const key = await keyOf(sound);
  sounds.set(key, sound);
  return key;
}

/** @returns the picture's key for `pairPrompt` */
export async function keepPicture(picture: Picture): Promise<string> {
  const key = await keyOf(picture.pixels);
  pictures.set(key, picture);
  return key;
}

function kept<T>(of: ReadonlyMap<string, T>, key: string, what: 'recording' | 'drawing'): T {
  const found = of.get(key);
  if (found) return found;
  throw new LabError(
    'prompt/own-missing',
    `This link means a ${what} that somebody made in their own browser; it was never sent anywhere. Choose another one, or make your own.`,
    { what },
  );
}

/** Files of the zoo that were asked for lately: a count asks for one sheet of pictures hundreds of times. */
const lately = new Map<string, ArrayBuffer>();
const LATELY_BYTES = 4_000_000;

async function bytesOf(path: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const known = lately.get(path);
  if (known) return known;
  const bytes = await fetchZoo(path, signal);
  lately.set(path, bytes);
  let total = [...lately.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  for (const [oldest, { byteLength }] of lately) {
    if (total <= LATELY_BYTES) break;
    lately.delete(oldest);
    total -= byteLength;
  }
  return bytes;
}

/** @returns a clip of the zoo as models hear it */
export async function loadClip(path: string, signal: AbortSignal): Promise<Sound> {
  const { rate, samples } = readWav(new Uint8Array(await bytesOf(path, signal)), path);
  return resample(samples, rate, SAMPLING_RATE);
}

/** @returns what a visitor recorded. @throws LabError `prompt/own-missing` */
export const ownSound = (key: string): Sound => kept(sounds, key, 'recording');

/** The exact pixels of a square picture of the zoo, whatever colour management a browser has for what it shows. */
async function loadPicture(path: string, signal: AbortSignal): Promise<Picture> {
  const { file, tile } = readPicture(path);
  const blob = new Blob([await bytesOf(file, signal)], { type: 'image/png' });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const { width, height } = bitmap;
  const side = tile?.side ?? width;
  const columns = Math.floor(width / side);
  const [left, top] = [((tile?.index ?? 0) % columns) * side, Math.floor((tile?.index ?? 0) / columns) * side];
  if (!(left + side <= width && top + side <= height)) {
    const name = `zoo/${path}`;
    throw new LabError('zoo/missing-file', `${name} is no part of its file. Choose another picture.`, {
      file: name,
      status: 'no such tile',
    });
  }
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, -left, -top);
  bitmap.close();
  return pictureOf(context.getImageData(0, 0, side, side));
}

/** @returns square RGBA pixels as models see them: three channels, one after the other, in 0 .. 1 */
function pictureOf({ width: size, data }: Pick<ImageData, 'width' | 'data'>): Picture {
  const area = size * size;
  const pixels = new Float32Array(3 * area);
  for (let i = 0; i < area; i++)
    for (let channel = 0; channel < 3; channel++) pixels[channel * area + i] = data[4 * i + channel]! / 255;
  return { size, pixels };
}

/** What a prompt means besides its words. Copies: what a worker is sent may be sent again. @throws LabError `prompt/...`, `zoo/...` */
export async function attachmentOf(prompt: string, signal: AbortSignal): Promise<Attachment> {
  const ask = parseAsk(prompt);
  if (ask.kind === 'sound')
    return { sound: ask.clip === null ? ownSound(ask.own ?? '') : await loadClip(ask.clip, signal) };
  if (ask.kind === 'text' || (ask.picture === null && ask.own === null)) return {};
  return {
    picture: ask.picture === null ? kept(pictures, ask.own!, 'drawing') : await loadPicture(ask.picture, signal),
  };
}
