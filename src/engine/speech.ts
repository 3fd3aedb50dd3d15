import type * as Transformers from '@huggingface/transformers';
import { LabError } from '../core/errors';
import type { Json, TextFiles } from '../core/vocab/types';
import type { GenerateEvent, GenerateResult } from './api';
import type { Session } from './ort';
import { streamed } from './streaming';
import { interruptible, load, tokenizerOf } from './transformers';

type Library = typeof Transformers;

/** The small files that let a model hear and write, parsed. */
export interface SpeechFiles {
  readonly text: TextFiles;
  /** preprocessor_config.json: how sound becomes log-mel frames. */
  readonly preprocessor: Json;
}

/** The two sessions of a model whose graph has an encoder. */
export interface SpeechSessions {
  readonly encoder: Session;
  readonly decoder: Session;
}

export interface TranscribeRequest {
  readonly maxNewTokens: number;
  /** The language spoken, as Whisper's tokens name it ("en"); only multilingual models read it, for which English is assumed. */
  readonly language?: string;
}

/** A model that writes down what it hears: transformers.js's Whisper over our own sessions. */
export class SpeechModel {
  private constructor(
    private readonly lib: Library,
    private readonly tokenizer: InstanceType<Library['PreTrainedTokenizer']>,
    private readonly extractor: InstanceType<Library['WhisperFeatureExtractor']>,
    private readonly model: InstanceType<Library['WhisperForConditionalGeneration']>,
    private readonly sessions: SpeechSessions,
    private readonly maxPositions: number,
    /** Samples per second of every sound it is given. */
    readonly samplingRate: number,
    private readonly maxSamples: number,
  ) {}

  /** @throws LabError `model/tokenizer`, `speech/processor` where the files do not fit the model. */
  static async create(
    files: SpeechFiles,
    config: Record<string, unknown>,
    sessions: SpeechSessions,
    maxPositions: number,
  ): Promise<SpeechModel> {
    const lib = await load();
    const tokenizer = tokenizerOf(lib, files.text);
    const input = sessions.encoder.inputMetadata[0]!;
    const [, melBins, frames] = input.isTensor ? input.shape : [];
    const number = (key: string, expected?: number | string): number => {
      const found = files.preprocessor[key];
      if (typeof found === 'number' && found > 0 && (expected === undefined || found === expected)) return found;
      throw new LabError(
        'speech/processor',
        `preprocessor_config.json: ${key} is ${String(found)}, expected ${expected ?? 'a number above 0'}. ` +
          'Use the file that belongs to these weights.',
        { key, found: String(found), expected: expected ?? '> 0' },
      );
    };
    number('feature_size', melBins);
    const hop = number('hop_length');
    number('n_samples', Number(frames) * hop);
    number('nb_max_frames', frames);
    number('n_fft');
    const model = new lib.WhisperForConditionalGeneration(
      new lib.PretrainedConfig({ ...config, max_position_embeddings: maxPositions } as never),
      { model: sessions.encoder, decoder_model_merged: interruptible(sessions.decoder) },
      // As it is: GenerationConfig would drop what only Whisper has.
      { generation_config: files.text.generationConfig },
    );
    const extractor = new lib.WhisperFeatureExtractor({ ...files.preprocessor });
    const rate = number('sampling_rate');
    return new SpeechModel(lib, tokenizer, extractor, model, sessions, maxPositions, rate, Number(frames) * hop);
  }

  async release(): Promise<void> {
    await this.sessions.encoder.release();
    await this.sessions.decoder.release();
  }

  /**
   * What the encoder is given of a sound: log-mel frames, [1, mel bins, frames]; a short sound is followed by silence.
   * @param sound mono, `samplingRate` samples per second, in -1 .. 1.
   * @throws LabError `speech/too-long`
   */
  async features(sound: Float32Array): Promise<Transformers.Tensor> {
    if (sound.length > this.maxSamples) {
      const [seconds, limit] = [sound.length, this.maxSamples].map((samples) => samples / this.samplingRate);
      throw new LabError(
        'speech/too-long',
        `The sound is ${seconds!.toFixed(1)} seconds long; this model hears at most ${limit!}. Use a shorter one.`,
        { seconds: seconds!.toFixed(1), limit: limit! },
      );
    }
    const { input_features } = await this.extractor._call(sound);
    return input_features as Transformers.Tensor;
  }

  /**
   * Writes down a sound, greedily. The ids are what was written, without the prompt; the end token is the last where the
   * model ended by itself.
   * @throws LabError `speech/too-long`, `model/not-finite`
   */
  async transcribe(
    sound: Float32Array,
    { maxNewTokens, language }: TranscribeRequest,
    onEvent: (event: GenerateEvent) => void,
    signal: AbortSignal,
  ): Promise<GenerateResult> {
    const { lib, tokenizer } = this;
    const started = performance.now();
    const inputs = await this.features(sound);
    const prompt = this.prompt(language);
    const limit = Math.min(maxNewTokens, this.maxPositions - prompt.length);

    onEvent({ type: 'prompt', tokens: prompt.length, unknown: [] });
    // Whisper's own generate() drops stopping criteria; what it does beyond this is the prompt and timestamps.
    const generate = (options: Record<string, unknown>): Promise<unknown> =>
      lib.PreTrainedModel.prototype.generate.call(this.model, {
        inputs,
        decoder_input_ids: prompt,
        do_sample: false,
        ...options,
      } as never);
    return streamed(lib, tokenizer, { started, limit }, generate, onEvent, signal);
  }

  /** The tokens every transcript begins with: start, language and task where there are several, no timestamps. */
  private prompt(language: string | undefined): number[] {
    const settings: unknown = this.model._prepare_generation_config(null, language === undefined ? {} : { language });
    return this.model._retrieve_init_tokens(settings as never);
  }
}
