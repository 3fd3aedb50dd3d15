import { LabError } from '../core/errors';
import { architectureOf, buildGraph, taken } from '../core/graph/registry';
import { COEFFICIENTS, partName } from '../core/graph/types';
import type { FirstToken, FirstTokenQuestion, GenerateRequest, MixAnswer, ModelSpec } from './api';
import { firstTokens } from './first-token';
import { createSession, floats, type Session } from './ort';
import { TextModel } from './transformers';

/** One model's float32 tensors by Hugging Face name, as they came through a port. */
export interface Received {
  tensors: Map<string, Float32Array<ArrayBuffer>>;
  spec: ModelSpec;
}

/** Answers that are tried before a new one is generated: what was said on both sides of a place that is being narrowed down. */
const DRAFTS = 2;
/** Questions whose answers are remembered: a search asks the same ones at every point. */
const QUESTIONS = 2048;

/** What is remembered of a question. */
interface Asked {
  readonly promptIds: readonly number[];
  /** What was answered last, newest first. */
  drafts: readonly MixAnswer[];
}
/** Settings of generation_config.json that leave a greedy token what it is: the one with the highest logit. */
const GREEDY =
  /^(transformers_version|_from_model_config|use_cache|do_sample|temperature|top_[pk]|(bos|eos|pad)_token_id|max_(new_tokens|length))$/;

/** Whether each row of logits is highest, and by itself, at the token of the answer: greedy decoding then gives just it. */
function chooses(logits: Float32Array, ids: readonly number[]): boolean {
  const width = logits.length / ids.length;
  return ids.every((id, row) => {
    const at = row * width;
    const chosen = logits[at + id]!;
    for (let i = 0; i < width; i++) if (i !== id && !(logits[at + i]! < chosen)) return false;
    return true;
  });
}

/** What transformers.js sees: a session that asks for no coefficients and is given those of now. */
function withCoefficients(session: Session, coefficients: Float32Array): Session {
  return new Proxy(session, {
    get(target, key) {
      if (key === 'inputNames') return target.inputNames.filter((name) => name !== COEFFICIENTS);
      if (key === 'run')
        return (feeds: Record<string, unknown>, ...rest: unknown[]) =>
          (target.run as (...args: unknown[]) => unknown).call(
            target,
            { ...feeds, [COEFFICIENTS]: floats(coefficients) },
            ...rest,
          );
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/**
 * A sum of models whose coefficients can be changed without a new session. Its weights are worked out in float32 at every
 * run, so its tokens are those of the merged model, at about half its speed. Along a slider most answers are the one
 * before, which takes a single forward pass to confirm.
 */
export class MixModel {
  /** By request, the one asked longest ago first. */
  private readonly asked = new Map<string, Asked>();

  private constructor(
    private readonly model: TextModel,
    private readonly coefficients: Float32Array,
    /** Whether the logits alone say what greedy decoding gives. */
    private readonly plain: boolean,
  ) {}

  /**
   * @param base what the vectors are measured from; null: the sum is of whole models
   * @param models of the same config, in the order of the coefficients; their tensors become the vectors, in place
   * @throws LabError model/no-prompt, and those of the graph and the session
   */
  static async create(base: Received | null, models: readonly Received[]): Promise<MixModel> {
    const { config, text } = (base ?? models[0]!).spec;
    if (text === null || taken(config) !== 'text')
      throw new LabError('model/no-prompt', 'Only the weights of models that write text can be kept open.', {
        model: 'mix',
      });
    if (base) for (const { tensors } of models) subtract(tensors, base.tensors);
    const changed = models.map(
      ({ tensors }) => new Set([...tensors].filter(([, data]) => data.some((v) => v !== 0)).map(([name]) => name)),
    );
    const graph = buildGraph(config, {
      mix: {
        vectors: models.length,
        base: base !== null,
        changes: (tensor, vector) => base === null || changed[vector]!.has(tensor),
      },
    });
    const parts = new Map(base?.tensors);
    for (const [i, { tensors }] of models.entries())
      for (const [name, data] of tensors) parts.set(partName(name, i), data);
    const session = await createSession(graph, parts);
    const coefficients = new Float32Array(models.length);
    const seen = withCoefficients(session, coefficients);
    const maxPositions = graph.decoder!.maxPositions;
    return new MixModel(
      await TextModel.create(text, config, architectureOf(config) ?? '', seen, maxPositions),
      coefficients,
      Object.keys(text.generationConfig).every((key) => GREEDY.test(key)),
    );
  }

  /** Answers as the merged model with these coefficients would, greedily. */
  async answer(coefficients: readonly number[], request: GenerateRequest, signal: AbortSignal): Promise<MixAnswer> {
    this.coefficients.set(coefficients);
    const key = JSON.stringify(request);
    const asked = this.asked.get(key) ?? { promptIds: this.model.promptIds(request.prompt), drafts: [] };
    this.asked.delete(key);
    this.asked.set(key, asked);
    if (this.asked.size > QUESTIONS) this.asked.delete(this.asked.keys().next().value!);
    const answer = (await this.confirmed(asked, signal)) ?? (await this.generated(request, signal));
    asked.drafts = [answer, ...asked.drafts.filter((draft) => draft !== answer)].slice(0, DRAFTS);
    return answer;
  }

  /** @returns the earlier answer that these coefficients give again; null where none is. */
  private async confirmed({ promptIds, drafts }: Asked, signal: AbortSignal): Promise<MixAnswer | null> {
    for (const draft of this.plain ? drafts : []) {
      signal.throwIfAborted();
      if (chooses(await this.model.logits(promptIds, draft.ids), draft.ids)) return draft;
    }
    return null;
  }

  /** What answers of the merged model with these coefficients begin with, all in one forward pass. */
  firstTokens(coefficients: readonly number[], questions: readonly FirstTokenQuestion[]): Promise<FirstToken[]> {
    this.coefficients.set(coefficients);
    return firstTokens(this.model, questions);
  }

  private async generated(request: GenerateRequest, signal: AbortSignal): Promise<MixAnswer> {
    const { text, ids } = await this.model.generate({ ...request, temperature: 0 }, () => undefined, signal);
    signal.throwIfAborted();
    return { text, ids };
  }

  release(): Promise<void> {
    return this.model.release();
  }
}

function subtract(from: Map<string, Float32Array>, base: ReadonlyMap<string, Float32Array>): void {
  for (const [name, data] of from) {
    const other = base.get(name);
    if (!other) continue;
    for (let i = 0; i < data.length; i++) data[i]! -= other[i]!;
  }
}
