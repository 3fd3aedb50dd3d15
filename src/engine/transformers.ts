import type * as Transformers from '@huggingface/transformers';
import { LabError, messageOf } from '../core/errors';
import { plainPrompt, Vocabulary } from '../core/probe/vocabulary';
import type { TextFiles } from '../core/vocab/types';
import type { GenerateEvent, GenerateRequest, GenerateResult } from './api';
import type { Session } from './ort';
import { pairIds, type PairIds } from './pair';
import { streamed } from './streaming';

type Library = typeof Transformers;
type Tokenizer = InstanceType<Library['PreTrainedTokenizer']>;

let library: Promise<Library> | null = null;

/** transformers.js, once, with every road to the network closed. Import ort.ts first: it must set wasmPaths before. */
export async function load(): Promise<Library> {
  library ??= import('@huggingface/transformers').then((lib) => {
    lib.env.allowRemoteModels = false;
    lib.env.allowLocalModels = false;
    lib.env.useBrowserCache = false;
    lib.env.useWasmCache = false;
    return lib;
  });
  return library;
}

/** How often a running generation lets messages in, so that a cancel arrives. */
const YIELD_EVERY_MS = 30;

const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/**
 * ORT's wasm runs never leave the microtask queue, so a cancel message would wait for the end of the answer.
 * This is the one place inside generate() where we can step aside.
 */
export function interruptible(session: Session): Session {
  let last = performance.now();
  return new Proxy(session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key !== 'run')
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      return async (...args: Parameters<Session['run']>) => {
        if (performance.now() - last > YIELD_EVERY_MS) {
          await nextTask();
          last = performance.now();
        }
        return target.run(...args);
      };
    },
  });
}

/** Words (or single CJK characters) that the tokenizer can only write as its unknown token. */
function unknownWords(tokenizer: Tokenizer, prompt: string): string[] {
  const unknown = (tokenizer as unknown as { unk_token_id?: number }).unk_token_id;
  if (unknown === undefined || unknown === null) return [];
  const pieces =
    prompt.match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[^\s\p{P}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu,
    ) ?? [];
  const isUnknown = (piece: string): boolean =>
    tokenizer.encode(piece, { add_special_tokens: false }).includes(unknown);
  return isUnknown(prompt) ? [...new Set(pieces)].filter(isUnknown) : [];
}

/** @throws LabError `model/tokenizer` where the tokenizer files cannot be used. */
export function tokenizerOf(lib: Library, files: TextFiles): Tokenizer {
  const classes = lib as unknown as Record<string, (new (...args: unknown[]) => never) | undefined>;
  const name = String(files.tokenizerConfig['tokenizer_class'] ?? '').replace(/Fast$/, '');
  try {
    return new (classes[name] ?? lib.PreTrainedTokenizer)(files.tokenizer, files.tokenizerConfig) as Tokenizer;
  } catch (error) {
    const detail = messageOf(error);
    throw new LabError(
      'model/tokenizer',
      `tokenizer.json cannot be used (${detail}). Get the file of the original model.`,
      {
        detail,
      },
    );
  }
}

/** A model that talks: transformers.js's class of its architecture over our own session. All coupling to that library is here. */
export class TextModel {
  private constructor(
    private readonly lib: Library,
    private readonly tokenizer: Tokenizer,
    private readonly model: InstanceType<Library['PreTrainedModel']>,
    private readonly maxPositions: number,
    private session: Session,
    /** Where the model reads whole words: they are told from what it can only spell. */
    private readonly words: Vocabulary | null,
  ) {}

  /** @throws LabError `model/tokenizer` where the tokenizer files cannot be used. */
  static async create(
    files: TextFiles,
    config: Record<string, unknown>,
    architecture: string,
    session: Session,
    maxPositions: number,
  ): Promise<TextModel> {
    const lib = await load();
    const classes = lib as unknown as Record<string, (new (...args: unknown[]) => never) | undefined>;
    const tokenizer = tokenizerOf(lib, files);
    const Model = classes[architecture] ?? (lib.PreTrainedModel as unknown as new (...args: unknown[]) => never);
    const model = new Model(
      new lib.PretrainedConfig({ ...config, max_position_embeddings: maxPositions } as never),
      { model: interruptible(session) },
      { generation_config: new lib.GenerationConfig(files.generationConfig as never) },
    );
    return new TextModel(lib, tokenizer, model, maxPositions, session, Vocabulary.read(files.tokenizer));
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private encode(typed: string): { input_ids: Transformers.Tensor; attention_mask: Transformers.Tensor } {
    const prompt = this.words ? plainPrompt(typed) : typed;
    const inputs: unknown = this.tokenizer.chat_template
      ? this.tokenizer.apply_chat_template([{ role: 'user', content: prompt }], {
          add_generation_prompt: true,
          return_dict: true,
        })
      : this.tokenizer(prompt);
    return inputs as { input_ids: Transformers.Tensor; attention_mask: Transformers.Tensor };
  }

  /** The prompt as this model reads it. @throws LabError `prompt/template`. */
  promptIds(prompt: string): number[] {
    return Array.from(this.render(prompt).input_ids.data as BigInt64Array, Number);
  }

  /** Whether another model's tokenizer means the same by these tokens. */
  reads(ids: readonly number[], other: TextModel): boolean {
    const text = ({ tokenizer }: TextModel, id: number) => tokenizer.decode([id], { skip_special_tokens: false });
    return [...new Set(ids)].every((id) => text(this, id) === text(other, id));
  }

  /**
   * What each token of an answer is chosen from when the whole answer is known beforehand: one forward pass.
   * @returns logits, [answer.length x vocabulary]
   * @throws LabError `prompt/too-long`
   */
  async logits(prompt: readonly number[], answer: readonly number[]): Promise<Float32Array> {
    const { lib } = this;
    const length = prompt.length + answer.length - 1;
    this.roomAfter(length - 1);
    const tensor = (values: readonly number[]) =>
      new lib.Tensor('int64', BigInt64Array.from(values, BigInt), [1, length]);
    const { logits } = (await this.model.forward({
      input_ids: tensor([...prompt, ...answer.slice(0, -1)]),
      attention_mask: tensor(Array.from({ length }, () => 1)),
      num_logits_to_keep: new lib.Tensor('int64', [BigInt(answer.length)], []),
    })) as { logits: Transformers.Tensor };
    // A graph that cannot leave positions out gives those of the prompt as well.
    return (logits.data as Float32Array).subarray(-answer.length * logits.dims.at(-1)!);
  }

  /** The token that an answer to a prompt begins with, as this model writes it. @throws LabError `prompt/template`. */
  firstId(typed: string, answer: string): number {
    const begun = this.promptIds(typed);
    const prompt = this.words ? plainPrompt(typed) : typed;
    // The template itself writes the answer: some put a space before it.
    const whole = this.tokenizer.chat_template
      ? this.tokenizer.apply_chat_template(
          [
            { role: 'user', content: prompt },
            { role: 'assistant', content: answer },
          ],
          { tokenize: false },
        )
      : prompt + answer;
    const ids = this.tokenizer.encode(whole as string, { add_special_tokens: !this.tokenizer.chat_template });
    // Where prompt and answer run into one token, or the template tells them otherwise, the answer is read alone.
    const joined = ids.length > begun.length && begun.every((id, i) => ids[i] === id);
    return (joined ? ids[begun.length] : this.tokenizer.encode(answer, { add_special_tokens: false })[0])!;
  }

  /** A question and a reply to it, see `pairIds`. */
  pairIds(question: string, reply: string): PairIds {
    return pairIds(this.tokenizer, question, reply, []);
  }

  /** What a token alone decodes to. */
  tokenText(id: number): string {
    return this.tokenizer.decode([id], { skip_special_tokens: false });
  }

  /**
   * What follows each of several prompts: one forward pass over all of them, padded on the left.
   * @returns logits, [prompts.length x vocabulary]
   * @throws LabError `prompt/too-long`
   */
  async lastLogits(prompts: readonly (readonly number[])[]): Promise<Float32Array> {
    const { lib } = this;
    const length = Math.max(...prompts.map((prompt) => prompt.length));
    this.roomAfter(length);
    const tensor = (value: (prompt: readonly number[], at: number) => number) => {
      const rows = prompts.map((prompt) =>
        Array.from({ length }, (_, i) => BigInt(value(prompt, i - length + prompt.length))),
      );
      return new lib.Tensor('int64', BigInt64Array.from(rows.flat()), [prompts.length, length]);
    };
    const { logits } = (await this.model.forward({
      // What stands in the padding is never seen.
      input_ids: tensor((prompt, at) => prompt[at] ?? prompt[0]!),
      attention_mask: tensor((_prompt, at) => (at < 0 ? 0 : 1)),
      num_logits_to_keep: new lib.Tensor('int64', [1n], []),
    })) as { logits: Transformers.Tensor };
    const [, kept, width] = logits.dims as [number, number, number];
    const data = logits.data as Float32Array;
    if (kept === 1) return data;
    // A graph that cannot leave positions out gives those of the prompts as well.
    const last = new Float32Array(prompts.length * width);
    for (let i = 0; i < prompts.length; i++)
      last.set(data.subarray(((i + 1) * kept - 1) * width, (i + 1) * kept * width), i * width);
    return last;
  }

  /** @returns how many tokens can follow so many. @throws LabError `prompt/too-long` where none can. */
  private roomAfter(tokens: number): number {
    const room = this.maxPositions - tokens;
    if (room < 1)
      throw new LabError(
        'prompt/too-long',
        `The prompt has ${tokens} tokens; this model reads at most ${this.maxPositions - 1}. Shorten it.`,
        { tokens, limit: this.maxPositions - 1 },
      );
    return room;
  }

  private render(prompt: string): ReturnType<TextModel['encode']> {
    try {
      return this.encode(prompt);
    } catch (error) {
      throw new LabError('prompt/template', `The model's chat template cannot be rendered (${messageOf(error)}).`, {
        detail: messageOf(error),
      });
    }
  }

  /**
   * Streams an answer token by token with the top-5 distribution of each.
   * @param request temperature 0 = greedy; otherwise sampled with `seed`.
   * @throws LabError `prompt/too-long`, `prompt/template`, `model/not-finite`.
   */
  async generate(
    request: GenerateRequest,
    onEvent: (event: GenerateEvent) => void,
    signal: AbortSignal,
  ): Promise<GenerateResult> {
    const { lib, tokenizer } = this;
    const started = performance.now();
    const inputs = this.render(request.prompt);
    const promptTokens = inputs.input_ids.dims.at(-1)!;
    const room = this.roomAfter(promptTokens);
    const unknown = this.words
      ? [...new Set(this.words.unknown(request.prompt).map(({ text }) => text))]
      : unknownWords(tokenizer, request.prompt);
    onEvent({ type: 'prompt', tokens: promptTokens, unknown });

    const sampled = request.temperature > 0;
    if (sampled) lib.random.seed(request.seed);
    const generate = (options: Record<string, unknown>): Promise<unknown> =>
      this.model.generate({
        ...inputs,
        do_sample: sampled,
        ...(sampled ? { temperature: request.temperature } : {}),
        ...options,
      } as never);
    const limit = Math.min(request.maxNewTokens, room);
    return streamed(lib, tokenizer, { started, limit }, generate, onEvent, signal);
  }
}
