import { parseAsk, soundPrompt } from '../core/ask/ask';
import { LabError, toPlainError, type PlainError } from '../core/errors';
import type { ProbeItem } from '../core/probe/probe';
import { resample } from '../core/sound/resample';
import { loudestStart } from '../core/sound/shape';
import { readWav, WAV_LIMITS, type Sound } from '../core/sound/wav';
import { isBuiltIn } from './keys';
import type { Lab } from './lab.svelte';
import { loadProbes } from './measuring';

type Samples = Sound['samples'];

/** What the models of the zoo hear at most, and what a stranger's Whisper does. */
const ZOO_SECONDS = 2;
const WHISPER_SECONDS = 30;
/** The clips of a bench that names no set. */
const CLIPS = 'analogy-test';
/** What only a browser can decode is read no further: it grows tenfold in memory. */
const COMPRESSED_LIMIT = 8 * 2 ** 20;
/** A browser decodes to this rate by its own filter; below it, ours is the same everywhere. */
const DECODED_RATE = 48_000;
/** Quieter than this is a microphone that is muted. */
const SILENCE = 1e-3;

/** A visitor's sound that is longer than the models hear, and which part of it they get. */
interface Long {
  readonly samples: Samples;
  readonly seconds: number;
  /** In seconds. */
  readonly start: number;
}

/** What is heard on the bench: the clips of its probe set, and what visitors recorded or dropped, in memory only. */
class Sounds {
  clips = $state.raw<readonly ProbeItem[]>([]);
  /** The sound that the prompt means, 16,000 samples per second. */
  shown = $state.raw<{ prompt: string; samples: Samples } | null>(null);
  long = $state.raw<Long | null>(null);
  problem = $state.raw<PlainError | null>(null);
  #set = '';
  #byPrompt = $state.raw<ReadonlyMap<string, ProbeItem>>(new Map());
  #showing: AbortController | null = null;

  /** Fetches the list of clips; without it (offline, not kept) clips still play, and nothing says what was said in them. */
  async load(lab: Lab): Promise<void> {
    const set = lab.recipe.view?.probe ?? CLIPS;
    if (set === this.#set) return;
    this.#set = set;
    try {
      const [found] = await loadProbes([{ set }], new AbortController().signal);
      if (found?.task !== 'wer' || set !== this.#set) return;
      this.clips = found.items;
      this.#byPrompt = new Map(found.items.map((item) => [item.prompt, item]));
    } catch {
      this.#set = '';
    }
  }

  /** What was said in a clip, and by whom; null for a visitor's own sound. */
  itemOf(prompt: string): ProbeItem | null {
    return this.#byPrompt.get(prompt) ?? null;
  }

  /** Seconds that the models of the bench hear at most. */
  limit(lab: Lab): number {
    return isBuiltIn(lab.recipe.models) ? ZOO_SECONDS : WHISPER_SECONDS;
  }

  /** Fetches the sound that a prompt means, for ears and eyes. */
  async show(prompt: string): Promise<void> {
    if (this.shown?.prompt === prompt) return;
    this.#showing?.abort();
    const { signal } = (this.#showing = new AbortController());
    this.problem = null;
    try {
      const ask = parseAsk(prompt);
      if (ask.kind !== 'sound') return;
      const { loadClip, ownSound } = await import('../runtime/attachments');
      const samples = ask.clip === null ? ownSound(ask.own ?? '') : await loadClip(ask.clip, signal);
      if (!signal.aborted) this.shown = { prompt, samples };
    } catch (error) {
      if (signal.aborted) return;
      this.shown = null;
      this.problem = toPlainError(error);
    }
  }

  /** A file that somebody chose or dropped: WAV by our own reader, anything else by the browser. */
  async take(lab: Lab, file: File): Promise<void> {
    await this.#try(async () => {
      if (file.size > WAV_LIMITS.bytes) throw tooLarge(file, WAV_LIMITS.bytes);
      await this.#use(lab, await decode(new Uint8Array(await file.arrayBuffer()), file));
    });
  }

  /** What the microphone heard. @throws nothing: a refusal is `problem` */
  async takeRecording(lab: Lab, recording: Blob): Promise<void> {
    await this.#try(async () => {
      const file = new File([recording], 'microphone');
      const sound = await decode(new Uint8Array(await file.arrayBuffer()), file);
      if (sound.samples.every((sample) => Math.abs(sample) < SILENCE))
        throw new LabError('sound/silent', 'The microphone was on, and heard nothing. Is it muted? Then record again.');
      // A recorder stops a little late.
      const samples = sound.samples.slice(0, this.limit(lab) * sound.rate);
      await this.#use(lab, { ...sound, samples });
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.problem = null;
    try {
      await work();
    } catch (error) {
      this.problem = toPlainError(error);
    }
  }

  async #use(lab: Lab, { rate, samples }: Sound): Promise<void> {
    const { SAMPLING_RATE } = await import('../runtime/attachments');
    const heard = resample(samples, rate, SAMPLING_RATE);
    const length = this.limit(lab) * SAMPLING_RATE;
    this.long = null;
    if (heard.length <= length) return this.#ask(lab, heard);
    const start = loudestStart(heard, length) / SAMPLING_RATE;
    this.long = { samples: heard, seconds: heard.length / SAMPLING_RATE, start };
    await this.cut(lab, start);
  }

  /** Takes the part of a long sound that begins there. @param start in seconds */
  async cut(lab: Lab, start: number): Promise<void> {
    if (!this.long) return;
    const { SAMPLING_RATE } = await import('../runtime/attachments');
    const { long } = this;
    const from = Math.round(start * SAMPLING_RATE);
    this.long = { ...long, start };
    await this.#ask(lab, long.samples.slice(from, from + this.limit(lab) * SAMPLING_RATE));
  }

  async #ask(lab: Lab, samples: Samples): Promise<void> {
    const { keepSound } = await import('../runtime/attachments');
    const prompt = soundPrompt(await keepSound(samples));
    this.shown = { prompt, samples };
    lab.setPrompt(prompt);
    if (isBuiltIn(lab.recipe.models)) void lab.run();
  }
}

function tooLarge(file: File, limit: number): LabError {
  const params = { file: file.name, mb: (file.size / 2 ** 20).toFixed(0), limit: limit / 2 ** 20 };
  return new LabError(
    'sound/too-large',
    `${params.file} has ${params.mb} MB; at most ${params.limit} are read. Cut out the seconds that matter.`,
    params,
  );
}

async function decode(bytes: Uint8Array<ArrayBuffer>, file: File): Promise<Sound> {
  const isWav = new TextDecoder('latin1').decode(bytes.subarray(0, 4)) === 'RIFF';
  if (isWav) return readWav(bytes, file.name);
  if (file.size > COMPRESSED_LIMIT) throw tooLarge(file, COMPRESSED_LIMIT);
  let decoded: AudioBuffer;
  try {
    decoded = await new OfflineAudioContext(1, 1, DECODED_RATE).decodeAudioData(bytes.buffer);
  } catch {
    throw new LabError(
      'sound/unreadable',
      `${file.name} is no sound that this browser can read. Save it as WAV and try again.`,
      { file: file.name },
    );
  }
  const { duration, length, numberOfChannels, sampleRate } = decoded;
  if (duration > WAV_LIMITS.seconds) {
    const params = { file: file.name, seconds: duration.toFixed(1), limit: WAV_LIMITS.seconds };
    throw new LabError(
      'sound/too-long',
      `${file.name} has ${params.seconds} seconds; at most ${params.limit} are read. Cut out the seconds that matter.`,
      params,
    );
  }
  const samples = new Float32Array(length);
  for (let channel = 0; channel < numberOfChannels; channel++)
    decoded.getChannelData(channel).forEach((sample, i) => (samples[i]! += sample / numberOfChannels));
  return { rate: sampleRate, samples };
}

export const sounds = new Sounds();
