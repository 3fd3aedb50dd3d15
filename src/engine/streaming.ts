import type * as Transformers from '@huggingface/transformers';
import { notFinite } from './finite';
import type { GenerateEvent, GenerateResult, Step, TokenChoice } from './api';

type Library = typeof Transformers;

const TOP = 5;

/**
 * The highest probabilities of one row of logits, highest first. Tokens that must not be written may have -Infinity.
 * @throws LabError `model/not-finite`
 */
function topChoices(logits: Float32Array, decode: (id: number) => string): TokenChoice[] {
  const best: number[] = [];
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const v = logits[i]!;
    if (v > max) max = v;
    if (best.length === TOP && v <= logits[best[TOP - 1]!]!) continue;
    let at = best.length;
    while (at > 0 && v > logits[best[at - 1]!]!) at--;
    best.splice(at, 0, i);
    if (best.length > TOP) best.pop();
  }
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - max);
  const choices = best.map((id) => ({ id, text: decode(id), p: Math.exp(logits[id]! - max) / sum }));
  if (choices.length === 0 || choices.some((c) => !Number.isFinite(c.p))) throw notFinite();
  return choices;
}

/**
 * Runs a generate() of transformers.js and reports every token as it comes, with what it was chosen from.
 * @param started when the work on the request began, by performance.now()
 * @param limit tokens at most
 * @param generate is given what watches, stops and limits it, besides what it brings itself
 */
export async function streamed(
  lib: Library,
  tokenizer: InstanceType<Library['PreTrainedTokenizer']>,
  { started, limit }: { started: number; limit: number },
  generate: (options: Record<string, unknown>) => Promise<unknown>,
  onEvent: (event: GenerateEvent) => void,
  signal: AbortSignal,
): Promise<GenerateResult> {
  const decodeOne = (id: number): string => tokenizer.decode([id], { skip_special_tokens: false });
  const ids: number[] = [];
  const decode = (): string => tokenizer.decode(ids, { skip_special_tokens: true });
  const steps: Step[] = [];
  let choices: TokenChoice[] = [];
  let firstTokenMs = 0;

  const watch = new (class extends lib.LogitsProcessor {
    override _call(_inputIds: bigint[][], logits: Transformers.Tensor): Transformers.Tensor {
      choices = topChoices(logits.data as Float32Array, decodeOne);
      return logits;
    }
  })();
  const processors = new lib.LogitsProcessorList();
  processors.push(watch as never);

  const stop = new lib.InterruptableStoppingCriteria();
  const interrupt = (): void => stop.interrupt();
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) interrupt();

  let begun = false;
  const streamer = new (class extends lib.BaseStreamer {
    override put([row]: bigint[][]): void {
      // The first call brings the prompt.
      if (begun) {
        const id = Number(row![0]!);
        if (ids.length === 0) firstTokenMs = performance.now() - started;
        ids.push(id);
        const step = { id, text: decodeOne(id), top5: choices };
        steps.push(step);
        onEvent({ type: 'step', step, textSoFar: decode() });
      }
      begun = true;
    }
    override end(): void {
      // Nothing is held back: every token is reported as it comes.
    }
  })();
  try {
    await generate({ max_new_tokens: limit, logits_processor: processors, stopping_criteria: stop, streamer });
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
  return {
    text: decode(),
    ids,
    steps,
    finish: signal.aborted ? 'cancelled' : ids.length >= limit ? 'length' : 'stop',
    firstTokenMs,
    totalMs: performance.now() - started,
  };
}
