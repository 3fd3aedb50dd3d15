import { scoreText } from '../core/ask/scores';
import * as ort from 'onnxruntime-web/wasm';
import type { PairAsk } from '../core/ask/ask';
import { LabError } from '../core/errors';
import type { BuiltGraph } from '../core/graph/types';
import type { Json } from '../core/vocab/types';
import type { Attachment, GenerateResult, ModelSpec } from './api';
import type { Session } from './ort';
import { pairIds, type PairIds } from './pair';
import { notFinite } from './finite';
import { load, tokenizerOf, type TextModel } from './transformers';

type Picture = NonNullable<Attachment['picture']>;

/** What turns pictures into embeddings. */
export interface Eyes {
  readonly vision: Session;
  readonly embeddings: Session;
}

const int64 = (values: readonly number[], dims: readonly number[]): ort.Tensor =>
  new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);

/**
 * log p(reply | question) in nats: the sum over the reply's tokens of their log-softmax.
 * @param logits [reply.length x vocabulary]
 */
function logLikelihood(logits: Float32Array, reply: readonly number[]): number {
  const width = logits.length / reply.length;
  return reply.reduce((sum, id, row) => {
    const of = logits.subarray(row * width, (row + 1) * width);
    const max = of.reduce((a, b) => Math.max(a, b), -Infinity);
    return sum + of[id]! - max - Math.log(of.reduce((total, v) => total + Math.exp(v - max), 0));
  }, 0);
}

/** A result that is no text of a model, but its verdict. @throws LabError `model/not-finite` */
function verdictOf(a: number, b: number, started: number): GenerateResult {
  if (!Number.isFinite(a) || !Number.isFinite(b)) throw notFinite();
  const totalMs = performance.now() - started;
  return { text: scoreText(a, b), ids: [], steps: [], finish: 'stop', firstTokenMs: totalMs, totalMs };
}

/** How probable a text model finds each of two replies: a judge without a head for it, which knows no manners. */
export async function compareByText(model: TextModel, { question, a, b }: PairAsk): Promise<GenerateResult> {
  const started = performance.now();
  const likelihood = async (text: string): Promise<number> => {
    const { prompt, reply } = model.pairIds(question, text);
    return logLikelihood(await model.logits(prompt, reply), reply);
  };
  return verdictOf(await likelihood(a), await likelihood(b), started);
}

/**
 * A model that compares two replies to a question, one forward pass each: a classifier with one label scores them
 * (GenericForSequenceClassification of transformers 5.24), a Llava without such a head says how probable it finds them.
 */
export class JudgeModel {
  private constructor(
    private readonly tokenizer: ReturnType<typeof tokenizerOf>,
    private readonly session: Session,
    private readonly graph: BuiltGraph,
    private readonly eyes: (Eyes & { token: number; mean: readonly number[]; std: readonly number[] }) | null,
  ) {}

  /** @throws LabError `judge/labels`, `judge/pictures`, `model/tokenizer` */
  static async create(spec: ModelSpec, graph: BuiltGraph, session: Session, eyes: Eyes | null): Promise<JudgeModel> {
    const tokenizer = tokenizerOf(await load(), spec.text!);
    const output = session.outputMetadata[0]!;
    const labels = Number(output.isTensor ? output.shape.at(-1) : 0);
    if (graph.decoder === null && labels !== 1)
      throw new LabError(
        'judge/labels',
        `This model tells ${labels} classes apart; a judge gives one score. Use a reward model (num_labels 1).`,
        { labels },
      );
    const seeing = eyes && { ...eyes, token: imageToken(spec.config), ...normalisation(spec.preprocessor!) };
    return new JudgeModel(tokenizer, session, graph, seeing);
  }

  async release(): Promise<void> {
    await this.session.release();
    await this.eyes?.vision.release();
    await this.eyes?.embeddings.release();
  }

  /**
   * @param picture null: none is shown; a model without eyes is not shown any
   * @throws LabError `judge/picture-size`, `prompt/too-long`, `model/not-finite`
   */
  async compare({ question, a, b }: PairAsk, picture: Picture | null): Promise<GenerateResult> {
    const started = performance.now();
    const seen = this.eyes && picture ? await this.look(picture) : null;
    const score = async (reply: string): Promise<number> => {
      const image = seen ? Array.from({ length: seen.count }, () => this.eyes!.token) : [];
      const ids = pairIds(this.tokenizer, question, reply, image);
      return this.graph.decoder ? this.likelihood(ids, seen) : this.score(ids, seen);
    };
    return verdictOf(await score(a), await score(b), started);
  }

  /** What the tower sees: one embedding per place of the picture. */
  private async look({ size, pixels }: Picture): Promise<{ count: number; features: Float32Array }> {
    const { vision, mean, std } = this.eyes!;
    const input = vision.inputMetadata[0]!;
    const [, channels, wanted] = (input.isTensor ? input.shape : []).map(Number);
    if (size !== wanted || pixels.length !== channels! * size * size)
      throw new LabError(
        'judge/picture-size',
        `The picture is ${size} pixels wide; this model sees ${wanted}. Use a picture of that size.`,
        { size, wanted: wanted ?? 0 },
      );
    const area = size * size;
    const values = pixels.map((v, i) => (v - mean[Math.floor(i / area)]!) / std[Math.floor(i / area)]!);
    const pixelValues = new ort.Tensor('float32', values, [1, channels!, size, size]);
    const { image_features: features } = await vision.run({ pixel_values: pixelValues });
    return { count: features!.dims[1]!, features: features!.data as Float32Array };
  }

  /** The feeds that say which tokens are read, picture included. */
  private async feeds(
    ids: readonly number[],
    seen: { features: Float32Array } | null,
  ): Promise<Record<string, ort.Tensor>> {
    const dims = [1, ids.length];
    const attention_mask = int64(
      ids.map(() => 1),
      dims,
    );
    if (!this.eyes) return { input_ids: int64(ids, dims), attention_mask };
    const { inputs_embeds: embedded } = await this.eyes.embeddings.run({ input_ids: int64(ids, dims) });
    const data = embedded!.data as Float32Array;
    const width = embedded!.dims[2]!;
    let place = 0;
    ids.forEach((id, i) => {
      if (seen && id === this.eyes!.token) data.set(seen.features.subarray(place * width, ++place * width), i * width);
    });
    return { inputs_embeds: embedded!, attention_mask };
  }

  private async score({ prompt, reply, end }: PairIds, seen: { features: Float32Array } | null): Promise<number> {
    const { logits } = await this.session.run(await this.feeds([...prompt, ...reply, ...end], seen));
    return (logits!.data as Float32Array)[0]!;
  }

  private async likelihood({ prompt, reply }: PairIds, seen: { features: Float32Array } | null): Promise<number> {
    const ids = [...prompt, ...reply.slice(0, -1)];
    const { numLayers, kvHeads, headDim, maxPositions } = this.graph.decoder!;
    if (ids.length > maxPositions)
      throw new LabError(
        'prompt/too-long',
        `The prompt has ${ids.length} tokens; this model reads at most ${maxPositions}. Shorten it.`,
        { tokens: ids.length, limit: maxPositions },
      );
    const empty = new ort.Tensor('float32', new Float32Array(0), [1, kvHeads, 0, headDim]);
    const caches = Array.from({ length: numLayers }, (_, i) => [
      [`past_key_values.${i}.key`, empty],
      [`past_key_values.${i}.value`, empty],
    ]).flat() as [string, ort.Tensor][];
    const { logits } = await this.session.run({
      ...(await this.feeds(ids, seen)),
      ...Object.fromEntries(caches),
      position_ids: int64([...ids.keys()], [1, ids.length]),
      num_logits_to_keep: int64([reply.length], []),
    });
    return logLikelihood(logits!.data as Float32Array, reply);
  }
}

function imageToken(config: Json): number {
  const token = config['image_token_index'] ?? config['image_token_id'];
  if (Number.isInteger(token)) return token as number;
  throw new LabError(
    'judge/pictures',
    'config.json does not say which token a picture takes the place of (image_token_index). Use the file that belongs to these weights.',
    { key: 'image_token_index', file: 'config.json' },
  );
}

/** How pixels in 0 .. 1 become the tower's input: image_mean and image_std of preprocessor_config.json, one per channel. */
function normalisation(preprocessor: Json): { mean: readonly number[]; std: readonly number[] } {
  const list = (key: string): number[] => {
    const value = preprocessor[key];
    if (
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((v) => typeof v === 'number' && (key === 'image_mean' || v > 0))
    )
      return value as number[];
    throw new LabError(
      'judge/pictures',
      `preprocessor_config.json: ${key} is no list of numbers. Use the file that belongs to these weights.`,
      { key, file: 'preprocessor_config.json' },
    );
  };
  return { mean: list('image_mean'), std: list('image_std') };
}
