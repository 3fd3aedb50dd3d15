import { LabError } from '../errors';
import { CLIP, PAIR, SOUND } from './kind';

/** A text to be answered. */
export interface TextAsk {
  readonly kind: 'text';
}
/** A recording to be written down: a clip of the zoo by its path there, or a visitor's own by its key, which no link carries. */
export interface SoundAsk {
  readonly kind: 'sound';
  readonly clip: string | null;
  readonly own: string | null;
}
/** Which of two replies is better? A picture is named by its path in the zoo, or is a visitor's own, by its key. */
export interface PairAsk {
  readonly kind: 'pair';
  readonly question: string;
  readonly a: string;
  readonly b: string;
  readonly picture: string | null;
  readonly own: string | null;
}
export type Ask = TextAsk | SoundAsk | PairAsk;

const PATHS = '[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*';
const PATH = new RegExp(`^${PATHS}$`, 'i');
/** A picture file, or one tile of a sheet of square tiles in rows: `#<index>x<side>`. */
const PICTURE = new RegExp(`^(${PATHS})(?:#(\\d{1,4})x(\\d{1,3}))?$`, 'i');
const KEY = /^[0-9a-f]{1,64}$/;
const LIMIT = 2000;

/** @returns the prompt (contract C2, `run.prompts`) that asks a model to write down a clip of the zoo. */
export const clipPrompt = (path: string): string => CLIP + path;
/** @returns the prompt for a visitor's own recording. */
export const soundPrompt = (key: string): string => SOUND + key;
/** @returns the prompt that asks a judge to compare two replies. */
export const pairPrompt = ({ question, a, b, picture, own }: Omit<PairAsk, 'kind'>): string =>
  PAIR + JSON.stringify({ question, a, b, ...(picture === null ? {} : { picture }), ...(own === null ? {} : { own }) });

/**
 * Reads what a prompt asks: `clip:<path>` and `sound:<key>` are heard, `pair:{"question", "a", "b", "picture"}` is judged,
 * anything else is text.
 * @throws LabError `prompt/ask` where a prompt of these kinds is malformed: it may come from a link
 */
export function parseAsk(prompt: string): Ask {
  const bad = (found: string): LabError =>
    new LabError(
      'prompt/ask',
      `The prompt "${prompt.slice(0, 60)}" cannot be read: ${found}. Choose a clip or a question on the page.`,
      { prompt: prompt.slice(0, 60), found },
    );
  if (prompt.startsWith(CLIP)) {
    const clip = prompt.slice(CLIP.length);
    if (!PATH.test(clip) || clip.length > 200) throw bad('no path of a clip');
    return { kind: 'sound', clip, own: null };
  }
  if (prompt.startsWith(SOUND)) {
    const own = prompt.slice(SOUND.length);
    if (!KEY.test(own)) throw bad('no key of a recording');
    return { kind: 'sound', clip: null, own };
  }
  if (!prompt.startsWith(PAIR)) return { kind: 'text' };
  if (prompt.length > LIMIT) throw bad(`longer than ${LIMIT} characters`);
  let json: unknown;
  try {
    json = JSON.parse(prompt.slice(PAIR.length));
  } catch {
    throw bad('not JSON');
  }
  const fields = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const line = (key: string): string => {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (typeof value !== 'string' || value.trim() === '') throw bad(`no ${key}`);
    return value;
  };
  const optional = (key: string, pattern: RegExp): string | null => {
    if (!Object.hasOwn(fields, key)) return null;
    const value = line(key);
    if (!pattern.test(value)) throw bad(`no ${key}`);
    return value;
  };
  return {
    kind: 'pair',
    question: line('question'),
    a: line('a'),
    b: line('b'),
    picture: optional('picture', PICTURE),
    own: optional('own', KEY),
  };
}

/** @returns the path of the tile `index` of a sheet of square tiles, `side` pixels wide, that lie in rows */
export const tilePath = (sheet: string, index: number, side: number): string => `${sheet}#${index}x${side}`;

/** @returns the file of a picture, and which tile of it is meant; null: the whole */
export function readPicture(path: string): { file: string; tile: { index: number; side: number } | null } {
  const [, file = path, index, side] = PICTURE.exec(path) ?? [];
  return { file, tile: index === undefined ? null : { index: Number(index), side: Number(side) } };
}
