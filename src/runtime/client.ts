import { transfer } from 'comlink';
import { askKind } from '../core/ask/kind';
import { LabError, toPlainError } from '../core/errors';
import { MERGED } from '../core/recipe/schema';
import { mergeKey, sourceKey } from '../core/recipe/stages';
import type { Recipe } from '../core/recipe/types';
import type {
  GenerateRequest,
  InferApi,
  MergeApi,
  NumericResult,
  PortMessage,
  ProgressCallback,
  WorkerEvent,
} from '../engine/api';
import { Bridge, revive } from './bridge';
import type { LabRuntime, RunHandlers } from './types';

/** After these the worker is fit to go on; after anything else a failed session may have poisoned its ORT realm. */
const HARMLESS =
  /^(aborted|prompt\/|config\/|graph\/|file\/|source\/|merge\/|safetensors\/|judge\/|speech\/|sound\/|zoo\/|model\/(no-|missing-tensor|tokenizer|not-finite|row-width|other-vocabulary))/;

/** The slot of the sum whose coefficients are open; no alias can have this name. */
const MIX = '#mix';
/** The slot of merged models that stand in no column; no alias can have this name either. */
const ASIDE = '#aside';

/** A template that has not ended by then never will; loading the library counts. */
const RENDER_MS = 20_000;
const SLOW_TEMPLATE = new LabError(
  'prompt/template-slow',
  `A chat template did not end within ${RENDER_MS / 1000} seconds, and was stopped. Choose another chat template.`,
  { seconds: RENDER_MS / 1000 },
);

const progressOnly = (onProgress: ProgressCallback) => (event: WorkerEvent) => {
  if ('progress' in event) onProgress(event.progress);
};

/** What a slot's weights depend on; equal keys mean equal bits, so a model with an unchanged key keeps its session. */
function slotKey(recipe: Recipe, column: string): string {
  return column === MERGED ? mergeKey(recipe) : sourceKey(recipe.models, column);
}

/** What is heard or seen travels with the request; most prompts are only text. */
async function withAttachment(request: GenerateRequest, signal: AbortSignal): Promise<GenerateRequest> {
  if (askKind(request.prompt) === 'text') return request;
  const { attachmentOf } = await import('./attachments');
  return { ...request, ...(await attachmentOf(request.prompt, signal)) };
}

/** The workers of one page: one merges, one infers. */
export function createRuntime(): LabRuntime {
  const merge = new Bridge<MergeApi>(
    () => new Worker(new URL('../../workers/merge.worker.ts', import.meta.url), { type: 'module', name: 'merge' }),
    (api) => api.configure(document.baseURI),
  );
  const infer = new Bridge<InferApi>(
    () => new Worker(new URL('../../workers/infer.worker.ts', import.meta.url), { type: 'module', name: 'infer' }),
  );

  /** Renders prompts only; its own realm, so that a stranger's template takes nothing with it. */
  const preview = new Bridge<InferApi>(
    () => new Worker(new URL('../../workers/infer.worker.ts', import.meta.url), { type: 'module', name: 'preview' }),
  );

  async function load(
    recipe: Recipe,
    column: string,
    onProgress: RunHandlers['onProgress'],
    signal: AbortSignal,
    slot = column,
  ): Promise<void> {
    const key = slotKey(recipe, column);
    if (await infer.call(signal, (api) => api.has(slot, key) as Promise<boolean>)) return;
    const { port1, port2 } = new MessageChannel();
    const report = progressOnly((progress) => onProgress(column, progress));
    onProgress(column, { stage: 'merge', done: 0, total: 0, unit: 'bytes' });
    const loaded = infer.call(signal, (api, call) => api.load(call, slot, key, transfer(port2, [port2])), report);
    // The infer side fails with the merge side's error, so one of the two rejections is enough.
    const streamed = merge.call(
      signal,
      (api, call) => api.stream(call, recipe, column, transfer(port1, [port1])),
      report,
    );
    streamed.then(
      () => onProgress(column, { stage: 'session', done: 0, total: 0, unit: 'bytes' }),
      () => undefined,
    );
    await Promise.all([streamed, loaded]);
  }

  async function runColumn(
    recipe: Recipe,
    column: string,
    asked: Promise<GenerateRequest>,
    handlers: RunHandlers,
    signal: AbortSignal,
  ): Promise<void> {
    let rendering: ReturnType<typeof setTimeout> | undefined;
    try {
      await load(recipe, column, (name, progress) => handlers.onProgress(name, progress), signal);
      const request = await asked;
      let tokens = 0;
      const result = await infer.call(
        signal,
        (api, call) => api.generate(call, column, request),
        (event) => {
          clearTimeout(rendering);
          if (!('event' in event)) {
            rendering = setTimeout(() => infer.terminate(SLOW_TEMPLATE), RENDER_MS);
            return;
          }
          handlers.onEvent(column, event.event);
          if (event.event.type === 'step')
            handlers.onProgress(column, {
              stage: 'generate',
              done: ++tokens,
              total: request.maxNewTokens,
              unit: 'tokens',
            });
        },
      );
      handlers.onDone(column, result);
    } catch (error) {
      const failure = revive(error);
      if (!HARMLESS.test(failure.code)) infer.terminate(failure);
      if (failure.code === 'aborted') throw failure;
      handlers.onFailed(column, toPlainError(failure));
    } finally {
      clearTimeout(rendering);
    }
  }

  async function loadMix(
    recipe: Recipe,
    key: string,
    base: string | null,
    vectors: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const channels = new Map(
      [base, ...vectors].flatMap((alias) => (alias === null ? [] : [[alias, new MessageChannel()]])),
    );
    const into = (alias: string): MessagePort => channels.get(alias)!.port2;
    const ports = vectors.map(into);
    const origin = base === null ? null : into(base);
    const loaded = infer.call(signal, (api, call) =>
      api.loadMix(call, MIX, key, origin && transfer(origin, [origin]), transfer(ports, ports)),
    );
    loaded.catch(() => undefined);
    try {
      for (const [alias, { port1 }] of channels)
        await merge.call(signal, (api, call) => api.stream(call, recipe, alias, transfer(port1, [port1])));
    } catch (error) {
      // The infer worker would wait for ever for models whose stream never began; a port that was sent on stays silent.
      const left = { type: 'error', error: toPlainError(revive(error)) } satisfies PortMessage;
      for (const { port1 } of channels.values()) port1.postMessage(left);
      throw error;
    }
    await loaded;
  }

  /** Work that leaves the workers usable when it fails. */
  async function safely<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = revive(error);
      if (!HARMLESS.test(failure.code)) infer.terminate(failure);
      throw failure;
    }
  }

  async function needMix(
    recipe: Recipe,
    base: string | null,
    vectors: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const key = JSON.stringify([base, ...vectors].map((alias) => alias && sourceKey(recipe.models, alias)));
    if (!(await infer.call(signal, (api) => api.has(MIX, key) as Promise<boolean>)))
      await loadMix(recipe, key, base, vectors, signal);
  }

  const mix: LabRuntime['mix'] = (recipe, base, vectors, coefficients, request, signal) =>
    safely(async () => {
      await needMix(recipe, base, vectors, signal);
      return infer.call(signal, (api, call) => api.generateMix(call, MIX, coefficients, request));
    });

  const firstTokens: LabRuntime['firstTokens'] = (recipe, sum, questions, signal) =>
    safely(async () => {
      if (sum) await needMix(recipe, sum.base, sum.vectors, signal);
      else {
        await merge.call(signal, (api, call) => api.open(call, recipe));
        await load(recipe, MERGED, () => undefined, signal, ASIDE);
      }
      const [slot, coefficients] = sum ? [MIX, sum.coefficients] : [ASIDE, null];
      return infer.call(signal, (api, call) => api.firstTokens(call, slot, coefficients, questions));
    });

  const answer: LabRuntime['answer'] = (recipe, request, signal) =>
    safely(async () => {
      await merge.call(signal, (api, call) => api.open(call, recipe));
      await load(recipe, MERGED, () => undefined, signal, ASIDE);
      const asked = await withAttachment(request, signal);
      return infer.call(signal, (api, call) => api.generate(call, ASIDE, asked));
    });

  const divergence: LabRuntime['divergence'] = (recipe, column, other, prompt, ids, signal) =>
    safely(async () => {
      await merge.call(signal, (api, call) => api.open(call, recipe));
      for (const model of [column, other]) await load(recipe, model, () => undefined, signal);
      return infer.call(signal, (api, call) => api.divergence(call, column, other, prompt, [...ids]));
    });

  async function compute(
    recipe: Recipe,
    columns: readonly string[],
    rows: number[][],
    onProgress: RunHandlers['onProgress'],
    signal: AbortSignal,
  ): Promise<Record<string, NumericResult>> {
    return safely(async () => {
      const report = progressOnly((progress) => onProgress(null, progress));
      await merge.call(signal, (api, call) => api.open(call, recipe), report);
      const results: Record<string, NumericResult> = {};
      for (const column of columns) {
        await load(recipe, column, onProgress, signal);
        results[column] = await infer.call(signal, (api, call) => api.compute(call, column, rows));
      }
      return results;
    });
  }

  const render: LabRuntime['render'] = async (recipe, targets, prompt, signal) => {
    await merge.call(signal, (api, call) => api.open(call, recipe));
    const { port1, port2 } = new MessageChannel();
    const texts = merge.call(signal, (api, call) => api.streamTexts(call, recipe, targets, transfer(port1, [port1])));
    texts.catch(() => undefined);
    const tooLong = setTimeout(() => preview.terminate(SLOW_TEMPLATE), RENDER_MS);
    try {
      return await preview.call(signal, (api, call) => api.render(call, prompt, transfer(port2, [port2])));
    } finally {
      clearTimeout(tooLong);
    }
  };

  return {
    open: (recipe, onProgress, signal) =>
      merge.call(signal, (api, call) => api.open(call, recipe), progressOnly(onProgress)),
    addFiles: (alias, files, onProgress, signal) =>
      merge.call(signal, (api, call) => api.addFiles(call, alias, files), progressOnly(onProgress)),
    plan: (recipe, signal) => merge.call(signal, (api, call) => api.plan(call, recipe)),
    async run(recipe, columns, request, handlers, signal) {
      await merge.call(
        signal,
        (api, call) => api.open(call, recipe),
        progressOnly((progress) => handlers.onProgress(null, progress)),
      );
      // Fetched once for all columns; a column that is given nothing says why.
      const asked = withAttachment(request, signal);
      asked.catch(() => undefined);
      for (const column of columns) await runColumn(recipe, column, asked, handlers, signal);
    },
    compute,
    mix,
    firstTokens,
    answer,
    divergence,
    fingerprint: (recipe, onProgress, signal) =>
      merge.call(signal, (api, call) => api.fingerprint(call, recipe, MERGED), progressOnly(onProgress)),
    analyze: (recipe, onProgress, signal) =>
      merge.call(signal, (api, call) => api.analyze(call, recipe), progressOnly(onProgress)),
    look: (recipe, kind, options, onProgress, signal) =>
      merge.call(
        signal,
        (api, call) => api.look(call, recipe, kind, options) as Promise<never>,
        progressOnly(onProgress),
      ),
    exportZip: (recipe, sink, onProgress, signal) =>
      merge.call(signal, (api, call) => api.exportZip(call, recipe, sink), progressOnly(onProgress)),
    vocabulary: async (recipe, signal) => {
      await merge.call(signal, (api, call) => api.open(call, recipe));
      return merge.call(signal, (api, call) => api.vocabulary(call, recipe));
    },
    render,
    extractLora: (recipe, order, onProgress, signal) =>
      merge.call(signal, (api, call) => api.extractLora(call, recipe, order), progressOnly(onProgress)),
    adapterSize: (recipe, alias, signal) => merge.call(signal, (api, call) => api.adapterSize(call, recipe, alias)),
    exportYaml: (recipe, signal) => merge.call(signal, (api, call) => api.exportYaml(call, recipe)),
    importYaml: (text, signal) => merge.call(signal, (api, call) => api.importYaml(call, text)),
    dispose() {
      merge.terminate(new LabError('aborted', 'The page closed.'));
      infer.terminate(new LabError('aborted', 'The page closed.'));
      preview.terminate(new LabError('aborted', 'The page closed.'));
    },
  };
}
