import { parseAsk, type Ask } from '../core/ask/ask';
import { LabError } from '../core/errors';
import { divergences, type TokenDivergence } from '../core/analyze/divergence';
import { architectureOf, buildGraph } from '../core/graph/registry';
import type { BuiltGraph } from '../core/graph/types';
import type {
  Emit,
  FirstToken,
  FirstTokenQuestion,
  GenerateRequest,
  GenerateResult,
  InferApi,
  MixAnswer,
  ModelSpec,
  NumericResult,
  PortMessage,
  PortReply,
  Rendered,
} from './api';
import { firstTokens } from './first-token';
import { compareByText, JudgeModel } from './judge';
import { MixModel, type Received } from './mix';
import { NumericModel } from './numeric';
import { createSession } from './ort';
import { receiveTexts, renderAll } from './render';
import { SpeechModel } from './speech';
import { TextModel } from './transformers';

/** A bench has a handful of configs; more than this is somebody browsing models. */
const KEPT_GRAPHS = 16;

interface Slot {
  key: string;
  model: TextModel | NumericModel | MixModel | SpeechModel | JudgeModel;
}

/** The infer worker's side of {@link InferApi}. Calls run one after another: one ORT realm runs one thing at a time. */
export class InferEngine implements InferApi {
  private readonly slots = new Map<string, Slot>();
  private readonly calls = new Map<number, AbortController>();
  /** Graphs by config: moving a slider changes the weights, never the graph. */
  private readonly graphs = new Map<string, BuiltGraph>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly emit: Emit) {}

  cancel(call: number): void {
    this.calls.get(call)?.abort();
  }

  has(slot: string, key: string): boolean {
    return this.slots.get(slot)?.key === key;
  }

  async load(call: number, slot: string, key: string, port: MessagePort): Promise<{ createMs: number; bytes: number }> {
    // Received at once, even while another model is answering: the merge worker must never wait for us.
    const received = receive(port);
    received.catch(() => undefined);
    return this.inTurn(call, async (signal) => {
      const { tensors, spec } = await received;
      signal.throwIfAborted();
      const started = performance.now();
      const graph = this.graphOf(spec.config);
      const model = await modelOf(spec, graph, tensors);
      const bytes = [...tensors.values()].reduce((sum, data) => sum + data.byteLength, 0);
      const old = this.slots.get(slot);
      this.slots.set(slot, { key, model });
      await old?.model.release();
      const buffers = [...tensors].map(([name, data]): [string, ArrayBuffer] => [name, data.buffer]);
      port.postMessage(
        { type: 'free', buffers } satisfies PortReply,
        buffers.map(([, buffer]) => buffer),
      );
      return { createMs: performance.now() - started, bytes };
    });
  }

  async generate(call: number, slot: string, request: GenerateRequest): Promise<GenerateResult> {
    return this.inTurn(call, async (signal) => {
      const model = this.loaded(slot);
      const ask = parseAsk(request.prompt);
      if (model instanceof SpeechModel) {
        if (!request.sound) throw otherAsk(slot, 'sound', ask);
        return model.transcribe(request.sound, request, (event) => this.emit({ call, event }), signal);
      }
      if (ask.kind === 'pair') {
        if (model instanceof JudgeModel) return model.compare(ask, request.picture ?? null);
        if (model instanceof TextModel) return compareByText(model, ask);
      }
      if (model instanceof JudgeModel) throw otherAsk(slot, 'pair', ask);
      if (ask.kind !== 'text') throw otherAsk(slot, 'text', ask);
      return this.generateText(call, slot, request, signal);
    });
  }

  private async generateText(
    call: number,
    slot: string,
    request: GenerateRequest,
    signal: AbortSignal,
  ): Promise<GenerateResult> {
    const model = this.text(slot);
    // Rendering begins: from now on the page counts the time, and the message must be out before.
    this.emit({ call, progress: { stage: 'generate', done: 0, total: request.maxNewTokens, unit: 'tokens' } });
    await new Promise((resolve) => setTimeout(resolve));
    return model.generate(request, (event) => this.emit({ call, event }), signal);
  }

  async divergence(
    call: number,
    slot: string,
    other: string,
    prompt: string,
    ids: number[],
  ): Promise<TokenDivergence[]> {
    return this.inTurn(call, async (signal) => {
      const [own, reference] = [this.text(slot), this.text(other)];
      const asked = own.promptIds(prompt);
      const logits = own.reads([...asked, ...ids], reference) ? await own.logits(asked, ids) : null;
      signal.throwIfAborted();
      const others = logits && (await reference.logits(asked, ids));
      if (logits?.length !== others?.length || !logits || !others)
        throw new LabError(
          'model/other-vocabulary',
          `The models "${slot}" and "${other}" do not share their tokens, so their distributions cannot be compared.`,
          { model: slot, other },
        );
      const found = divergences(logits, others, ids);
      if (!found.every(({ p, kl }) => Number.isFinite(p) && Number.isFinite(kl)))
        throw new LabError(
          'model/not-finite',
          'The model computes numbers that are not finite. Its weights are damaged, or the coefficients are far too large.',
        );
      return found;
    });
  }

  async compute(call: number, slot: string, rows: number[][]): Promise<NumericResult> {
    return this.inTurn(call, () => {
      const model = this.loaded(slot);
      if (!(model instanceof NumericModel))
        throw new LabError(
          'model/no-numbers',
          `The model "${slot}" takes text, not rows of numbers. Ask it a question on the bench instead.`,
          { model: slot },
        );
      return model.compute(rows);
    });
  }

  async loadMix(
    call: number,
    slot: string,
    key: string,
    base: MessagePort | null,
    ports: MessagePort[],
  ): Promise<void> {
    const received = Promise.all([base && receive(base), ...ports.map(receive)] as const);
    received.catch(() => undefined);
    return this.inTurn(call, async (signal) => {
      const [origin, ...models] = (await received) as [Received | null, ...Received[]];
      // A cancel that came with the last tensors is heard before the work on them begins.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      const model = await MixModel.create(origin, models);
      const old = this.slots.get(slot);
      this.slots.set(slot, { key, model });
      await old?.model.release();
      for (const port of [base, ...ports]) port?.postMessage({ type: 'free', buffers: [] } satisfies PortReply);
    });
  }

  async firstTokens(
    call: number,
    slot: string,
    coefficients: readonly number[] | null,
    questions: readonly FirstTokenQuestion[],
  ): Promise<FirstToken[]> {
    return this.inTurn(call, (signal) => {
      // A map asks for many points in a row, and the one that was cancelled is not wanted any more.
      signal.throwIfAborted();
      return coefficients === null
        ? firstTokens(this.text(slot), questions)
        : this.sum(slot).firstTokens(coefficients, questions);
    });
  }

  async generateMix(
    call: number,
    slot: string,
    coefficients: readonly number[],
    request: GenerateRequest,
  ): Promise<MixAnswer> {
    return this.inTurn(call, (signal) => this.sum(slot).answer(coefficients, request, signal));
  }

  async render(call: number, prompt: string, port: MessagePort): Promise<Rendered[]> {
    const texts = receiveTexts(port);
    texts.catch(() => undefined);
    return this.inTurn(call, async () => renderAll(await texts, prompt));
  }

  private sum(slot: string): MixModel {
    const model = this.loaded(slot);
    if (!(model instanceof MixModel))
      throw new LabError('source/not-open', `The model "${slot}" is not loaded. Run again.`, { model: slot });
    return model;
  }

  private text(slot: string): TextModel {
    const model = this.loaded(slot);
    if (!(model instanceof TextModel))
      throw new LabError(
        'model/no-prompt',
        `The model "${slot}" writes no text. Choose a text model for this column.`,
        { model: slot },
      );
    return model;
  }

  private loaded(slot: string): Slot['model'] {
    const loaded = this.slots.get(slot);
    if (!loaded)
      throw new LabError('source/not-open', `The model "${slot}" is not loaded. Run again.`, { model: slot });
    return loaded.model;
  }

  private graphOf(config: Record<string, unknown>): BuiltGraph {
    const key = JSON.stringify(config);
    const known = this.graphs.get(key);
    if (known) return known;
    if (this.graphs.size >= KEPT_GRAPHS) this.graphs.clear();
    const graph = buildGraph(config);
    this.graphs.set(key, graph);
    return graph;
  }

  private inTurn<T>(call: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.calls.set(call, controller);
    const turn = this.last.then(async () => {
      try {
        return await work(controller.signal);
      } finally {
        this.calls.delete(call);
      }
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** A session for each part of the graph, and what runs them. */
async function modelOf(
  spec: ModelSpec,
  graph: BuiltGraph,
  tensors: ReadonlyMap<string, Float32Array>,
): Promise<Slot['model']> {
  const { config, text, preprocessor } = spec;
  const session = await createSession(graph, tensors);
  if (text === null) return new NumericModel(session);
  const { encoder, eyes, decoder } = graph;
  if (encoder && decoder && preprocessor) {
    const sessions = { encoder: await createSession(encoder, tensors), decoder: session };
    return SpeechModel.create({ text, preprocessor }, config, sessions, decoder.maxPositions);
  }
  if (eyes) {
    const vision = await createSession(eyes.vision, tensors);
    return JudgeModel.create(spec, graph, session, {
      vision,
      embeddings: await createSession(eyes.embeddings, tensors),
    });
  }
  if (decoder === null) return JudgeModel.create(spec, graph, session, null);
  return TextModel.create(text, config, architectureOf(config) ?? '', session, decoder.maxPositions);
}

/** @returns the error for a model that is asked what it cannot be asked. */
function otherAsk(slot: string, takes: Ask['kind'], asked: Ask): LabError {
  const named = { text: 'a text prompt', sound: 'a recording', pair: 'two replies to compare' };
  return new LabError(
    'model/no-such-ask',
    `The model "${slot}" takes ${named[takes]}, not ${named[asked.kind]}. Choose another model for this column, or ask otherwise.`,
    { model: slot, takes, asked: asked.kind },
  );
}

/** Collects one model from the merge worker's port. @throws LabError whatever the merge worker failed with. */
function receive(port: MessagePort): Promise<Received> {
  return new Promise((resolve, reject) => {
    const tensors = new Map<string, Float32Array<ArrayBuffer>>();
    port.onmessage = ({ data }: MessageEvent<PortMessage>) => {
      if (data.type === 'tensor') tensors.set(data.name, data.data);
      else if (data.type === 'end') resolve({ tensors, spec: data.spec });
      else {
        port.close();
        reject(new LabError(data.error.code, data.error.message, data.error.params));
      }
    };
  });
}
