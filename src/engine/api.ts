import type { PlainError } from '../core/errors';
import type { DType } from '../core/tensor/types';
import type { Recipe } from '../core/recipe/types';
import type { YamlRecipe } from '../core/recipe/yaml';
import type { TokenDivergence } from '../core/analyze/divergence';
import type { BeforeAfter } from '../core/analyze/before-after';
import type { Kin } from '../core/analyze/kinship';
import type { TensorChoice, TensorView } from '../core/analyze/tensor-view';
import type { VectorAnalysis } from '../core/analyze/vectors';
import type { ExtractOptions, ExtractedTensor } from '../core/lora/extract';
import type { Coefficient } from '../core/merge/effective';
import type { CompatReport } from '../core/merge/types';
import type { VocabularyFacts } from '../core/vocab/facts';
import type { Json, TextFiles, TokenId } from '../core/vocab/types';

/** Where a wait stands. `total` is 0 while unknown. */
export interface Progress {
  stage: 'download' | 'read' | 'merge' | 'hash' | 'session' | 'generate' | 'write';
  done: number;
  total: number;
  unit: 'bytes' | 'tokens';
}

/** What the page knows of a checkpoint: never its weights. */
export interface CheckpointSummary {
  alias: string;
  src: string;
  title: string;
  /** The title in other languages of the page, where the zoo has one. */
  titles: Record<string, string>;
  architecture: string | null;
  parameters: number;
  bytes: number;
  dtypes: DType[];
  tensors: number;
  warnings: { code: string; message: string; params?: Record<string, string | number> }[];
  /** The folder is a LoRA adapter that still has to be laid on a model. */
  adapter?: AdapterFacts;
}

export interface AdapterFacts {
  /** Where it was trained, in its author's words; null where it does not say. */
  baseName: string | null;
  /** The largest. */
  rank: number;
  /** Matrices that it changes by factors. */
  modules: number;
  /** Tensors that it brings whole. */
  saved: number;
}

export interface PlanSummary {
  report: CompatReport;
  outTensors: number;
  outBytes: number;
  outDType: DType | 'mixed';
  /** Tensors copied, not merged, with where they come from. */
  copied: { name: string; from: string; why: string }[];
  notices: { code: string; message: string; params: Record<string, string | number> }[];
  tensors: PlanRow[];
}

/** What a merge does to one tensor of its result. */
export interface PlanRow {
  name: string;
  shape: number[];
  dtype: DType;
  /** Of the inputs, where they differ from the result's. */
  inputDTypes: DType[];
  /** null: it is merged; else why it is copied from `from`. */
  why: string | null;
  from: string;
  /** Of a recipe with modules: the one that it is in; null: in none. */
  module: string | null;
  /** Its place in the stack of layers; null: outside of it. */
  layer: number | null;
  /** null where the weights themselves decide. */
  coefficients: Coefficient[] | null;
}

/** Everything an infer worker needs besides the weights, which come through the port. */
export interface ModelSpec {
  config: Record<string, unknown>;
  /** null: the model takes rows of numbers. */
  text: TextFiles | null;
  /** preprocessor_config.json, of models that hear or see. */
  preprocessor: Json | null;
}

/** What travels on the merge -> infer port. Buffers are transferred, and come back by `free` once the session has copied them. */
export type PortMessage =
  | { type: 'tensor'; name: string; shape: readonly number[]; data: Float32Array<ArrayBuffer> }
  | { type: 'end'; spec: ModelSpec }
  | { type: 'error'; error: PlainError };
/** What travels from merge to infer for {@link InferApi.render}: the text files of models, one message each. */
export type TextMessage =
  { type: 'text'; target: string; text: TextFiles | null } | { type: 'end' } | { type: 'error'; error: PlainError };
export type PortReply = { type: 'free'; buffers: [name: string, buffer: ArrayBuffer][] };

export type ProgressCallback = (progress: Progress) => void;

export interface MergeStats {
  tensors: number;
  bytes: number;
  ms: number;
  /** Values that were not finite and were let through (always 0 unless allowed). */
  nonFinite: number;
}
export interface FingerprintResult {
  sha256: string;
  tensors: number;
  bytes: number;
  ms: number;
}

/** What of the weights of a bench is looked at. Models are aliases of the recipe, or `merged`. */
export interface Looks {
  /** Which models have an ancestor in common with the reference. */
  kin: Record<string, never>;
  /** The tensors that the reference and all of these models have. */
  tensors: { models: string[] };
  /** One tensor of two checkpoints; singular values of a large one take seconds. */
  tensor: { name: string; first: string; second: string | null; spectra: boolean };
  /** What the method does to the vectors of one tensor; null: of all. */
  passage: { tensor: string | null };
}
/** What is seen: figures and small grids, no tensors. */
export interface Seen {
  kin: Kin;
  tensors: TensorChoice[];
  tensor: TensorView;
  passage: BeforeAfter;
}

/** A LoRA to extract: what stands between two models. */
export interface LoraOrder extends Pick<ExtractOptions, 'rank' | 'energy' | 'rest'> {
  base: string;
  /** An alias, or `merged`. */
  model: string;
}
export interface ExtractedLora {
  /** The adapter's folder, as PEFT reads it. */
  zip: Blob;
  bytes: number;
  /** Bytes of the model it stands for. */
  whole: number;
  tensors: ExtractedTensor[];
}
/** Frobenius norms over all matrices that an adapter changes. */
export interface AdapterSize {
  delta: number;
  base: number;
}

/** The vocabularies of a recipe's models and of what it makes. */
export interface VocabularySummary {
  /** Models that have a tokenizer; the others are compared with the first. */
  models: VocabularyFacts[];
  /** Of the result; null while the recipe cannot be merged, or its result has no tokenizer. */
  output: VocabularyFacts | null;
  /** The result's chat template, null where it has none. */
  template: string | null;
  /** Why the recipe cannot be merged. */
  problem: PlainError | null;
}

/** A prompt as a model reads it. */
export interface Rendered {
  target: string;
  /** null: the model has no tokenizer. */
  prompt: { text: string; pieces: TokenId[]; tokens: number; unknown: number; templated: boolean } | null;
  error: PlainError | null;
}

/**
 * The merge worker: owns checkpoints, plans and merges, writes files. `target` is an alias of the recipe or `merged`.
 * Every call carries a number: progress is reported under it ({@link WorkerEvent}), and `cancel` stops it at its next tensor.
 */
export interface MergeApi {
  /** `baseUrl`: the page's own address, below which `zoo/` lies. Comes before any other call. */
  configure(baseUrl: string): void;
  /** Opens whatever of the recipe is not open yet. Refuses a `file:` source that was not dropped in this session. */
  open(call: number, recipe: Recipe): Promise<CheckpointSummary[]>;
  /** A dropped or picked folder or files; @returns its summary with `src` = `file:<C4>`. The alias is the page's choice. */
  addFiles(call: number, alias: string, files: { path: string; file: File }[]): Promise<CheckpointSummary>;
  plan(call: number, recipe: Recipe): Promise<PlanSummary>;
  /** Streams the target's float32 tensors into `port`, then its spec. */
  stream(call: number, recipe: Recipe, target: string, port: MessagePort): Promise<MergeStats>;
  /** C4 of the target as its recipe writes it. */
  fingerprint(call: number, recipe: Recipe, target: string): Promise<FingerprintResult>;
  /** The merged folder as a zip: into the handle where the browser has one, else @returns a Blob. */
  exportZip(call: number, recipe: Recipe, sink: FileSystemFileHandle | null): Promise<Blob | null>;
  /** Compares the recipe's task vectors, see `comparisonOf`. @returns figures and small pieces, no tensors. */
  analyze(call: number, recipe: Recipe): Promise<VectorAnalysis>;
  look<K extends keyof Seen>(call: number, recipe: Recipe, kind: K, options: Looks[K]): Promise<Seen[K]>;
  /** Vocabularies of the open models of a recipe. */
  vocabulary(call: number, recipe: Recipe): Promise<VocabularySummary>;
  /** Sends the text files of aliases or `merged` into `port`, for {@link InferApi.render}. */
  streamTexts(call: number, recipe: Recipe, targets: readonly string[], port: MessagePort): Promise<void>;
  extractLora(call: number, recipe: Recipe, order: LoraOrder): Promise<ExtractedLora>;
  /** How large the change of an open adapter of the recipe is. */
  adapterSize(call: number, recipe: Recipe, alias: string): Promise<AdapterSize>;
  exportYaml(call: number, recipe: Recipe): Promise<string>;
  importYaml(call: number, text: string): Promise<YamlRecipe>;
  cancel(call: number): void;
}

export interface TokenChoice {
  id: number;
  text: string;
  p: number;
}
/** One generated token. `text` is what this token alone decodes to; `top5` is the distribution it was chosen from, highest first. */
export interface Step {
  id: number;
  text: string;
  top5: TokenChoice[];
}
export type GenerateEvent =
  { type: 'prompt'; tokens: number; unknown: string[] } | { type: 'step'; step: Step; textSoFar: string };
/** What a model is given besides words: see `parseAsk` of core/ask. */
export interface Attachment {
  /** Mono, 16,000 samples per second, in -1 .. 1. */
  sound?: Float32Array<ArrayBuffer>;
  /** One square picture: channels x size x size, in 0 .. 1, row by row, channel by channel; size as the model has it. */
  picture?: { size: number; pixels: Float32Array<ArrayBuffer> };
}
export interface GenerateRequest extends Attachment {
  prompt: string;
  maxNewTokens: number;
  temperature: number;
  seed: number;
}
export interface GenerateResult {
  text: string;
  ids: number[];
  steps: Step[];
  finish: 'stop' | 'length' | 'cancelled';
  firstTokenMs: number;
  totalMs: number;
}

/** What a sum of models answers, see {@link InferApi.generateMix}. */
export type MixAnswer = Pick<GenerateResult, 'text' | 'ids'>;

/** A question, and answers to it: how probable is it that the model begins as one of them does? */
export interface FirstTokenQuestion {
  readonly prompt: string;
  readonly answers: readonly string[];
}
/** What a model would begin its answer with. */
export interface FirstToken {
  /** The probability of all first tokens of the question's answers together. */
  readonly share: number;
  /** The most probable token of all. */
  readonly id: number;
  readonly text: string;
  readonly p: number;
}

/** What a model that takes numbers computes: each output of its graph by name, one list per row of input. */
export type NumericResult = Readonly<Record<string, number[][]>>;

/** An infer worker: one session per slot; disposable, because a failed session poisons its realm and memory never shrinks. */
export interface InferApi {
  /** Whether the slot holds the model `key`. */
  has(slot: string, key: string): boolean;
  /** Receives tensors from `port` until `end`, builds the graph from the config and creates the session, replacing the slot's old one. */
  load(call: number, slot: string, key: string, port: MessagePort): Promise<{ createMs: number; bytes: number }>;
  generate(call: number, slot: string, request: GenerateRequest): Promise<GenerateResult>;
  /** Runs rows of numbers, each as wide as the model's input, through a model that takes numbers; computed in float32. */
  compute(call: number, slot: string, rows: number[][]): Promise<NumericResult>;
  /**
   * Receives whole models and keeps their sum, with the coefficients open, in the slot.
   * @param base port of what the vectors are measured from; null: the sum is of the models themselves
   * @param ports of the models, in the order of the coefficients
   */
  loadMix(call: number, slot: string, key: string, base: MessagePort | null, ports: MessagePort[]): Promise<void>;
  /** What the merged model with these coefficients answers greedily, without events; an aborted call gives no answer. */
  generateMix(
    call: number,
    slot: string,
    coefficients: readonly number[],
    request: GenerateRequest,
  ): Promise<MixAnswer>;
  /**
   * What the answers to many questions begin with, in one forward pass.
   * @param coefficients of the sum in the slot; null: the slot holds one model
   */
  firstTokens(
    call: number,
    slot: string,
    coefficients: readonly number[] | null,
    questions: readonly FirstTokenQuestion[],
  ): Promise<FirstToken[]>;
  /**
   * How far two models are apart at each token of an answer that the first one gave, each in one forward pass.
   * @param ids the answer's tokens, not empty; both models read them after the first model's rendering of the prompt
   */
  divergence(call: number, slot: string, other: string, prompt: string, ids: number[]): Promise<TokenDivergence[]>;
  /** Renders a prompt with the text files that come through `port`. A template cannot be stopped, only its worker ended. */
  render(call: number, prompt: string, port: MessagePort): Promise<Rendered[]>;
  /** Stops the call at its next token. */
  cancel(call: number): void;
}

/**
 * What either worker posts besides its answers, on the same channel: so an event always arrives before the answer of its
 * call, which a port of its own would not promise.
 */
export type WorkerEvent = { call: number; progress: Progress } | { call: number; event: GenerateEvent };
export type Emit = (event: WorkerEvent) => void;
