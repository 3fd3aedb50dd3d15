import { LabError } from '../core/errors';
import { architectureOf, buildGraph } from '../core/graph/registry';
import { COEFFICIENTS, partName } from '../core/graph/types';
import type { GenerateRequest, GenerateResult, ModelSpec } from './api';
import { createSession, floats, type Session } from './ort';
import { TextModel } from './transformers';

/** One model's float32 tensors by Hugging Face name, as they came through a port. */
export interface Received {
  tensors: Map<string, Float32Array<ArrayBuffer>>;
  spec: ModelSpec;
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
 * run, so its tokens are those of the merged model, and its speed about half.
 */
export class MixModel {
  private constructor(
    private readonly model: TextModel,
    private readonly coefficients: Float32Array,
  ) {}

  /**
   * @param base what the vectors are measured from; null: the sum is of whole models
   * @param models of the same config, in the order of the coefficients; their tensors become the vectors, in place
   * @throws LabError model/no-prompt, and those of the graph and the session
   */
  static async create(base: Received | null, models: readonly Received[]): Promise<MixModel> {
    const { config, text } = (base ?? models[0]!).spec;
    if (text === null)
      throw new LabError('model/no-prompt', 'Models that take rows of numbers answer no prompt.', { model: 'mix' });
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
    );
  }

  /** Answers as the merged model with these coefficients would, greedily. */
  answer(coefficients: readonly number[], request: GenerateRequest, signal: AbortSignal): Promise<GenerateResult> {
    this.coefficients.set(coefficients);
    return this.model.generate(request, () => undefined, signal);
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
