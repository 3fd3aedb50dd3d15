import { LabError } from '../errors';
import { clipPrompt, parseAsk, tilePath } from '../ask/ask';
import { PROBE_LANGS, type ProbeLang } from './judges';
import { askPair } from './pairs';

export const PROBE_TASKS = ['refusal', 'answer', 'profanity', 'recognition', 'exact', 'reward', 'wer'] as const;
export type ProbeTask = (typeof PROBE_TASKS)[number];
/** The class of an item that names none. */
const CLASS_OF_TASK: Readonly<Record<ProbeTask, string>> = {
  refusal: 'harmful',
  answer: 'safe',
  profanity: 'provoking',
  recognition: 'word',
  exact: 'ordinary',
  reward: 'correct',
  wer: 'target',
};

/** A committed probe set is far below these; anything above is not one of ours. */
export const PROBE_LIMITS = { characters: 2_000_000, items: 5000, text: 1000, words: 1000 } as const;

/** Whose voice a recording has, and on what terms it is here. */
export interface Clip {
  readonly voice: string;
  /** A person spoke, not a synthesiser. */
  readonly real: boolean;
  readonly licence: string;
}

/** One question and what it is for. */
export interface ProbeItem {
  /** What is asked; of a pair of replies the prompt that asks a judge for it, of a recording the one that lets a model hear it. */
  prompt: string;
  /**
   * The right answer; for a harmful question the empty sentence that would teach it, for a word its meaning as taught, for a
   * pair the letter of the better reply, for a recording the words said.
   */
  expect: string;
  lang: ProbeLang;
  /** Items of one topic are alike, so intervals are over topics. */
  topic: string;
  /** `harmful`, `safe`, `fact`, `provoking`, `ordinary`, `word`, what parts a pair's replies, which words are said, or the name of a skill. */
  class: string;
  /** Of a recording. */
  clip?: Clip;
}

/** Contract C5: questions of one effect, held out from training. */
export interface ProbeSet {
  id: string;
  task: ProbeTask;
  split: 'dev' | 'test';
  /** The swear words of the world, for `provoking` items. */
  words: readonly string[];
  items: readonly ProbeItem[];
}

const ID = /^[a-z][a-z0-9-]{0,63}$/;
const SHAPE = {
  id: true,
  task: true,
  split: true,
  words: false,
  pictures: false,
  columns: false,
  side: false,
  items: true,
};
const ITEM_SHAPE = { prompt: true, expect: true, lang: true, topic: true, class: false };
const CLIP_SHAPE = {
  audio: true,
  expect: true,
  lang: true,
  topic: true,
  class: false,
  voice: true,
  real: true,
  licence: true,
};
const PAIR_SHAPE = {
  ...{ picture: false, question: true, good: true, bad: true, lang: true, topic: true, class: true },
  scene: false,
};

function refuse(file: string, code: string, at: string, found: unknown, expected: string): LabError {
  const shown = (JSON.stringify(found) ?? 'missing').slice(0, 80);
  return new LabError(
    code,
    `${file}: ${at} is ${shown}, and must be ${expected}. The probe set is damaged or of another version; reload the page.`,
    { file, at, found: shown, expected },
  );
}

/**
 * Reads a probe set (public/zoo/probes/<effect>-<split>.json).
 * @param file its name, for the messages
 * @throws LabError probe/json, probe/too-large, probe/shape, probe/task, probe/duplicate, prompt/ask
 */
export function parseProbe(text: string, file: string): ProbeSet {
  const tooLarge = (what: string, size: number, limit: number): LabError =>
    new LabError(
      'probe/too-large',
      `${file}: it has ${size} ${what}; at most ${limit} are read. Split the probe set.`,
      { file, what, size, limit },
    );
  const shape = (at: string, found: unknown, expected: string): LabError =>
    refuse(file, 'probe/shape', at, found, expected);
  const record = (value: unknown, at: string, keys: Readonly<Record<string, boolean>>): Record<string, unknown> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw shape(at, value, 'an object');
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(keys, key));
    if (unknown !== undefined) throw shape(at, unknown, `an object of ${Object.keys(keys).join(', ')}`);
    const missing = Object.keys(keys).find((key) => keys[key] && !Object.hasOwn(value, key));
    if (missing !== undefined) throw shape(`${at}.${missing}`, undefined, 'given');
    return value as Record<string, unknown>;
  };
  const line = (value: unknown, at: string): string => {
    if (typeof value === 'string' && value.trim() !== '' && value.length <= PROBE_LIMITS.text) return value;
    throw shape(at, value, `text of 1 to ${PROBE_LIMITS.text} characters`);
  };
  const list = (value: unknown, at: string, limit: number): readonly unknown[] => {
    if (!Array.isArray(value) || value.length === 0) throw shape(at, value, 'a list that is not empty');
    if (value.length > limit) throw tooLarge(at, value.length, limit);
    return value;
  };
  const name = (value: unknown, at: string): string => {
    if (typeof value === 'string' && ID.test(value)) return value;
    throw shape(at, value, 'a short name of lower-case letters, digits and hyphens');
  };
  const oneOf = <T extends string>(value: unknown, at: string, known: readonly T[], code = 'probe/shape'): T => {
    const match = known.find((entry) => entry === value);
    if (match !== undefined) return match;
    throw refuse(file, code, at, value, `one of ${known.join(', ')}`);
  };

  if (text.length > PROBE_LIMITS.characters) throw tooLarge('characters', text.length, PROBE_LIMITS.characters);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new LabError('probe/json', `${file}: it is not JSON. Reload the page.`, { file });
  }
  const set = record(json, 'the probe set', SHAPE);
  const task = oneOf(set['task'], 'task', PROBE_TASKS, 'probe/task');
  const words = Object.hasOwn(set, 'words')
    ? list(set['words'], 'words', PROBE_LIMITS.words).map((word, i) => line(word, `words[${i}]`))
    : [];
  const clipOf = (item: Readonly<Record<string, unknown>>, text: (key: string) => string): Clip => {
    const real = item['real'];
    if (typeof real !== 'boolean') throw shape('real', real, 'true or false');
    return { voice: text('voice'), real, licence: text('licence') };
  };
  /** A picture by its path, or by its number on the set's sheet of pictures. */
  const picture = (value: unknown, at: string): string => {
    if (typeof value === 'string') return line(value, at);
    const { pictures, side } = set;
    if (typeof pictures === 'string' && Number.isInteger(side) && Number.isInteger(value))
      return tilePath(`pictures/${pictures}`, value as number, side as number);
    throw shape(at, value, 'a path, or a number on the sheet that `pictures` and `side` name');
  };
  const seen = new Set<string>();
  const items = list(set['items'], 'items', PROBE_LIMITS.items).map((value, i): ProbeItem => {
    const at = `items[${i}]`;
    const item = record(value, at, task === 'reward' ? PAIR_SHAPE : task === 'wer' ? CLIP_SHAPE : ITEM_SHAPE);
    const text = (key: string): string => line(item[key], `${at}.${key}`);
    const { prompt, expect } =
      task === 'reward'
        ? askPair({
            question: text('question'),
            good: text('good'),
            bad: text('bad'),
            picture: Object.hasOwn(item, 'picture') ? picture(item['picture'], `${at}.picture`) : null,
          })
        : { prompt: task === 'wer' ? clipPrompt(text('audio')) : text('prompt'), expect: text('expect') };
    if (task === 'wer') parseAsk(prompt);
    const kind = Object.hasOwn(item, 'class') ? name(item['class'], `${at}.class`) : CLASS_OF_TASK[task];
    // One question may serve two classes (safe in one effect, ordinary in another), never one class twice.
    const key = JSON.stringify([kind, prompt]);
    if (seen.has(key))
      throw new LabError(
        'probe/duplicate',
        `${file}: ${at} asks "${prompt}" again. A question counted twice would narrow the interval; remove one.`,
        { file, at, prompt },
      );
    seen.add(key);
    if (kind === 'provoking' && words.length === 0) throw shape('words', set['words'], 'given for provoking items');
    return {
      prompt,
      expect,
      lang: oneOf(item['lang'], `${at}.lang`, PROBE_LANGS),
      // Pairs about one scene, or one question, are alike; what they ask about is in the replies.
      topic: text(Object.hasOwn(item, 'scene') ? 'scene' : task === 'reward' ? 'question' : 'topic'),
      // What nobody said is counted apart, as training/speech/measure.py does.
      class: task === 'wer' && item['real'] === false ? 'synthetic' : kind,
      ...(task === 'wer' ? { clip: clipOf(item, text) } : {}),
    };
  });
  return { id: name(set['id'], 'id'), task, split: oneOf(set['split'], 'split', ['dev', 'test']), words, items };
}
