import type {
  AdapterSize,
  CheckpointSummary,
  ExtractedLora,
  FirstToken,
  FirstTokenQuestion,
  GenerateRequest,
  GenerateResult,
  MixAnswer,
  GenerateEvent,
  Looks,
  LoraOrder,
  NumericResult,
  PlanSummary,
  ProgressCallback,
  Rendered,
  Seen,
  VocabularySummary,
} from '../engine/api';
import type { TokenDivergence } from '../core/analyze/divergence';
import type { VectorAnalysis } from '../core/analyze/vectors';
import type { PlainError } from '../core/errors';
import type { OpenSum } from '../core/recipe/open-sum';
import type { Recipe } from '../core/recipe/types';
import type { YamlRecipe } from '../core/recipe/yaml';

/** What a run reports, column by column. Columns run in the order given; each ends in exactly one of `done`, `failed`. */
export interface RunHandlers {
  /** A stage with bytes or tokens, for the status line. `column` is null while it concerns all. */
  onProgress(column: string | null, progress: Parameters<ProgressCallback>[0]): void;
  onEvent(column: string, event: GenerateEvent): void;
  onDone(column: string, result: GenerateResult): void;
  onFailed(column: string, error: PlainError): void;
}

export interface Fingerprint {
  sha256: string;
  tensors: number;
  bytes: number;
  ms: number;
}

/**
 * The page's one door to the workers (implemented in client.ts). Every method takes an AbortSignal, rejects with a
 * LabError (`aborted` when cancelled), and leaves the workers usable after any failure.
 */
export interface LabRuntime {
  /** Opens the models of the recipe that are not open yet; headers only. */
  open(recipe: Recipe, onProgress: ProgressCallback, signal: AbortSignal): Promise<CheckpointSummary[]>;
  addFiles(
    alias: string,
    files: { path: string; file: File }[],
    onProgress: ProgressCallback,
    signal: AbortSignal,
  ): Promise<CheckpointSummary>;
  plan(recipe: Recipe, signal: AbortSignal): Promise<PlanSummary>;
  /** Runs the prompt through every column (aliases of the recipe, or `merged`). Unchanged models keep their session. */
  run(
    recipe: Recipe,
    columns: readonly string[],
    request: GenerateRequest,
    handlers: RunHandlers,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Runs rows of numbers through every column (aliases of the recipe, or `merged`), which must be models that take numbers.
   * @returns by column, each output of its graph by name, one list per row. Rejects at the first column that fails.
   */
  compute(
    recipe: Recipe,
    columns: readonly string[],
    rows: number[][],
    onProgress: RunHandlers['onProgress'],
    signal: AbortSignal,
  ): Promise<Record<string, NumericResult>>;
  /**
   * What the merge with these coefficients answers, greedily: the same tokens as the merged model's, without its session
   * being made anew. Only sums of vectors of the recipe's own open models; the first call loads them.
   * @param base what the vectors are measured from; null: the sum is of the models themselves
   */
  mix(
    recipe: Recipe,
    base: string | null,
    vectors: readonly string[],
    coefficients: readonly number[],
    request: GenerateRequest,
    signal: AbortSignal,
  ): Promise<MixAnswer>;
  /**
   * What the merged model's answers to many questions begin with, in one forward pass.
   * @param sum the merge as a sum: its weights are added up in the graph, as in {@link mix}; null: the merged model of the
   *   recipe, in the place of {@link answer}, which takes a merge and a session
   */
  firstTokens(
    recipe: Recipe,
    sum: OpenSum | null,
    questions: readonly FirstTokenQuestion[],
    signal: AbortSignal,
  ): Promise<FirstToken[]>;
  /**
   * What the merged model of a recipe answers, beside the bench: its session has a place of its own, which the next call
   * takes over, so no column loses its own.
   */
  answer(recipe: Recipe, request: GenerateRequest, signal: AbortSignal): Promise<GenerateResult>;
  /**
   * How far a column's model and another one are apart at each token of an answer that the column gave.
   * @param ids the answer's tokens, not empty
   */
  divergence(
    recipe: Recipe,
    column: string,
    other: string,
    prompt: string,
    ids: readonly number[],
    signal: AbortSignal,
  ): Promise<TokenDivergence[]>;
  fingerprint(recipe: Recipe, onProgress: ProgressCallback, signal: AbortSignal): Promise<Fingerprint>;
  /** Compares the task vectors of a recipe whose models are open. Weights stay in the worker. */
  analyze(recipe: Recipe, onProgress: ProgressCallback, signal: AbortSignal): Promise<VectorAnalysis>;
  /** Looks at weights of a recipe whose models are open. */
  look<K extends keyof Seen>(
    recipe: Recipe,
    kind: K,
    options: Looks[K],
    onProgress: ProgressCallback,
    signal: AbortSignal,
  ): Promise<Seen[K]>;
  /** Writes the merged folder as a zip, streamed to `sink` where the browser has file handles, else to a Blob. */
  exportZip(
    recipe: Recipe,
    sink: FileSystemFileHandle | null,
    onProgress: ProgressCallback,
    signal: AbortSignal,
  ): Promise<Blob | null>;
  /** Vocabularies of a recipe's models and of its result; opens the models where that is still to do. */
  vocabulary(recipe: Recipe, signal: AbortSignal): Promise<VocabularySummary>;
  /**
   * A prompt as each target (aliases, or `merged`) reads it. Templates of strangers run in a worker of their own, which is ended
   * when they take too long.
   */
  render(recipe: Recipe, targets: readonly string[], prompt: string, signal: AbortSignal): Promise<Rendered[]>;
  /** Extracts a LoRA adapter from a fine-tune, or from the merge, of a recipe whose models are open. */
  extractLora(
    recipe: Recipe,
    order: LoraOrder,
    onProgress: ProgressCallback,
    signal: AbortSignal,
  ): Promise<ExtractedLora>;
  adapterSize(recipe: Recipe, alias: string, signal: AbortSignal): Promise<AdapterSize>;
  exportYaml(recipe: Recipe, signal: AbortSignal): Promise<string>;
  /** @throws LabError with `params.line` and `params.column` */
  importYaml(text: string, signal: AbortSignal): Promise<YamlRecipe>;
  dispose(): void;
}
