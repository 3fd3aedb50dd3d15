import { analyzeVectors, planComparison, type VectorAnalysis } from '../core/analyze/vectors';
import { LabError, toPlainError } from '../core/errors';
import { planCheckpoint, planRecipe } from '../core/merge/plan';
import { fingerprintPlan, inputBytes, mergeTensor } from '../core/merge/run';
import type { MergePlan } from '../core/merge/types';
import { MERGED } from '../core/recipe/schema';
import type { Recipe } from '../core/recipe/types';
import { recipeFromYaml, recipeToYaml, type YamlRecipe } from '../core/recipe/yaml';
import { elementCount } from '../core/tensor/dtype';
import { refuseBeyondRows } from '../core/vocab/facts';
import type { TextFiles } from '../core/vocab/types';
import type {
  AdapterSize,
  CheckpointSummary,
  Emit,
  ExtractedLora,
  FingerprintResult,
  Looks,
  LoraOrder,
  MergeApi,
  MergeStats,
  PlanSummary,
  PortMessage,
  PortReply,
  Progress,
  Seen,
  VocabularySummary,
} from './api';
import { adapted } from './adapted';
import { headOf, modelSpec, openCheckpoint, summarize, type Checkpoint } from './checkpoint';
import { counter } from './counter';
import { zipStream } from './export';
import { localFiles } from './local';
import { adapterSize, extractLora } from './lora';
import { lookAt } from './microscope';
import { summarizePlan } from './plan-summary';
import { newSha256, prepareSha256 } from './sha256';
import { sendTexts, textOfPlan, vocabularySummary, type Sources } from './vocabulary';
import { Zoo } from './zoo';

/** The merge worker's side of {@link MergeApi}: checkpoints by source, buffers by target, one AbortController per call. */
export class MergeEngine implements MergeApi {
  private readonly checkpoints = new Map<string, Checkpoint>();
  private readonly calls = new Map<number, AbortController>();
  /** Merged buffers come back from the infer worker and serve the target's next merge. */
  private readonly buffers = new Map<string, Map<string, ArrayBuffer>>();
  private zoo: Zoo | null = null;

  constructor(private readonly emit: Emit) {}

  configure(baseUrl: string): void {
    this.zoo = new Zoo(baseUrl);
  }

  cancel(call: number): void {
    this.calls.get(call)?.abort();
  }

  async open(call: number, recipe: Recipe): Promise<CheckpointSummary[]> {
    return this.during(call, async (signal, report) => {
      const done = new Map<string, [number, number]>();
      await Promise.all(
        [...new Set(Object.values(recipe.models).map((model) => model.src))].map(async (src) => {
          if (this.checkpoints.has(src)) return;
          this.checkpoints.set(
            src,
            await this.fetchSource(
              src,
              (bytes, total) => {
                done.set(src, [bytes, total]);
                const sums = [...done.values()].reduce((a, b) => [a[0] + b[0], a[1] + b[1]]);
                report({ stage: 'download', done: sums[0], total: sums[1], unit: 'bytes' });
              },
              signal,
            ),
          );
        }),
      );
      return Object.entries(recipe.models).map(([alias, { src }]) =>
        summarize(alias, src, this.checkpoint(recipe, alias)),
      );
    });
  }

  async addFiles(call: number, alias: string, files: { path: string; file: File }[]): Promise<CheckpointSummary> {
    return this.during(call, async (signal, report) => {
      const { title, files: sources } = localFiles(files);
      const checkpoint = await openCheckpoint(title, sources);
      const plan = planCheckpoint(headOf(alias, checkpoint), null);
      const { sha256 } = await fingerprintPlan(plan, newSha256, {
        signal,
        onBytes: counter('hash', inputBytes(plan), report),
      });
      const src = `file:${sha256}`;
      this.checkpoints.set(src, checkpoint);
      return summarize(alias, src, checkpoint);
    });
  }

  async plan(call: number, recipe: Recipe): Promise<PlanSummary> {
    return this.during(call, async () => summarizePlan(this.planFor(recipe, MERGED)));
  }

  async stream(call: number, recipe: Recipe, target: string, port: MessagePort): Promise<MergeStats> {
    const post = (message: PortMessage, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
    try {
      return await this.during(call, async (signal, report) => {
        const started = performance.now();
        const plan = this.planFor(recipe, target);
        const source = this.checkpoint(recipe, target === MERGED ? plan.donor : target);
        const spec = modelSpec(source, plan.config, plan.tokenizer ?? undefined);
        const spare = this.buffers.get(target) ?? new Map<string, ArrayBuffer>();
        this.buffers.set(target, spare);
        port.onmessage = ({ data }: MessageEvent<PortReply>) => {
          for (const [name, buffer] of data.buffers) spare.set(name, buffer);
          port.close();
        };
        const onBytes = counter('merge', inputBytes(plan), report);
        const stats = { tensors: 0, bytes: 0, nonFinite: 0 };
        for (const tensor of plan.tensors) {
          const elements = elementCount(tensor.shape);
          const buffer = spare.get(tensor.name);
          spare.delete(tensor.name);
          const out = buffer?.byteLength === 4 * elements ? new Float32Array(buffer) : undefined;
          const { values, nonFinite } = await mergeTensor(plan, tensor, newSha256, { signal, onBytes }, out);
          if (!values) continue;
          stats.tensors++;
          stats.bytes += values.byteLength;
          stats.nonFinite += nonFinite;
          post({ type: 'tensor', name: tensor.name, shape: tensor.shape, data: values }, [values.buffer]);
        }
        post({ type: 'end', spec });
        return { ...stats, ms: performance.now() - started };
      });
    } catch (error) {
      // Without this the infer worker would wait for ever for the rest.
      post({ type: 'error', error: toPlainError(error) });
      throw error;
    }
  }

  async fingerprint(call: number, recipe: Recipe, target: string): Promise<FingerprintResult> {
    return this.during(call, async (signal, report) => {
      const started = performance.now();
      const plan = this.planFor(recipe, target, target === MERGED ? undefined : null);
      const { sha256, tensors, bytes } = await fingerprintPlan(plan, newSha256, {
        signal,
        onBytes: counter('hash', inputBytes(plan), report),
      });
      return { sha256, tensors, bytes, ms: performance.now() - started };
    });
  }

  async exportZip(call: number, recipe: Recipe, sink: FileSystemFileHandle | null): Promise<Blob | null> {
    return this.during(call, async (signal, report) => {
      const plan = this.planFor(recipe, MERGED);
      const donor = this.checkpoint(recipe, plan.donor);
      refuseBeyondRows(plan, donor.text);
      const { stream, size } = await zipStream(plan, donor, recipeToYaml(recipe), newSha256, { signal });
      const count = counter('write', size, report);
      const counted = stream.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            count(chunk.byteLength);
            controller.enqueue(chunk);
          },
        }),
      );
      if (!sink) return await new Response(counted, { headers: { 'content-type': 'application/zip' } }).blob();
      await counted.pipeTo(await sink.createWritable(), { signal });
      return null;
    });
  }

  async analyze(call: number, recipe: Recipe): Promise<VectorAnalysis> {
    return this.during(call, async (signal, report) => {
      const planned = planComparison(recipe, (alias) => headOf(alias, this.checkpoint(recipe, alias)));
      // Weights in memory are read without leaving the task, and a task cannot be cancelled.
      const pause = () => new Promise<void>((resolve) => setTimeout(resolve));
      return analyzeVectors(planned, { signal, pause, onBytes: counter('read', planned.bytes, report) });
    });
  }

  async look<K extends keyof Seen>(call: number, recipe: Recipe, kind: K, options: Looks[K]): Promise<Seen[K]> {
    return this.during(call, (signal, report) => {
      const head = (alias: string) => headOf(alias, this.checkpoint(recipe, alias));
      return lookAt({ recipe, head, plan: () => this.planFor(recipe, MERGED), signal, report }, kind, options);
    });
  }

  async vocabulary(call: number, recipe: Recipe): Promise<VocabularySummary> {
    return this.during(call, async () => vocabularySummary(recipe, this.sources(recipe)));
  }

  async streamTexts(call: number, recipe: Recipe, targets: readonly string[], port: MessagePort): Promise<void> {
    return this.during(call, async () => {
      const sources = this.sources(recipe);
      const textOf = (target: string): TextFiles | null =>
        target === MERGED ? textOfPlan(sources.plan(), sources) : (sources.head(target).text ?? null);
      sendTexts(targets, textOf, port);
    });
  }

  private sources(recipe: Recipe): Sources {
    return {
      head: (alias) => headOf(alias, this.checkpoint(recipe, alias)),
      plan: () => this.planFor(recipe, MERGED),
    };
  }

  async extractLora(call: number, recipe: Recipe, order: LoraOrder): Promise<ExtractedLora> {
    return this.during(call, (signal, report) => {
      const head = (alias: string) => headOf(alias, this.checkpoint(recipe, alias));
      return extractLora({ recipe, head, plan: () => this.planFor(recipe, MERGED), signal, report }, order);
    });
  }

  async adapterSize(call: number, recipe: Recipe, alias: string): Promise<AdapterSize> {
    return this.during(call, (signal) => {
      // Refuses what is no adapter on a base.
      this.checkpoint(recipe, alias);
      const { src, base } = recipe.models[alias]!;
      const head = headOf(base!, this.checkpoint(recipe, base!));
      return adapterSize(head, this.checkpoints.get(src)!.adapter!, signal);
    });
  }

  async exportYaml(_call: number, recipe: Recipe): Promise<string> {
    return recipeToYaml(recipe);
  }

  async importYaml(_call: number, text: string): Promise<YamlRecipe> {
    return recipeFromYaml(text);
  }

  private async fetchSource(
    src: string,
    onBytes: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<Checkpoint> {
    if (src.startsWith('zoo:')) return this.zoo!.open(src.slice('zoo:'.length), onBytes, signal);
    if (src.startsWith('file:'))
      throw new LabError(
        'source/local-missing',
        "The recipe uses a model from a folder on somebody's device. Drop that folder here; the page checks that it is the same one.",
        { src },
      );
    throw new LabError(
      'source/hub-not-yet',
      `This version of Merge Lab cannot fetch ${src} from a hub. Download the folder and drop it here.`,
      { src },
    );
  }

  private checkpoint(recipe: Recipe, alias: string): Checkpoint {
    return adapted(recipe, alias, (name) => {
      const src = recipe.models[name]?.src;
      const checkpoint = src === undefined ? undefined : this.checkpoints.get(src);
      if (checkpoint) return checkpoint;
      throw new LabError('source/not-open', `The model "${name}" is not loaded. Load it, or drop its folder again.`, {
        model: name,
      });
    });
  }

  /** @param dtype for a parent: F32 to run it, null for its bytes as stored. */
  private planFor(recipe: Recipe, target: string, dtype: 'F32' | null = 'F32'): MergePlan {
    if (target !== MERGED) return planCheckpoint(headOf(target, this.checkpoint(recipe, target)), dtype);
    return planRecipe(recipe, (alias) => headOf(alias, this.checkpoint(recipe, alias)), newSha256);
  }

  private async during<T>(
    call: number,
    work: (signal: AbortSignal, report: (progress: Progress) => void) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    this.calls.set(call, controller);
    try {
      await prepareSha256();
      return await work(controller.signal, (progress) => this.emit({ call, progress }));
    } finally {
      this.calls.delete(call);
    }
  }
}
