import { toPlainError, type PlainError } from '../core/errors';
import type { ExtractedLora, LoraOrder } from '../engine/api';
import type { Lab } from './lab.svelte';

/** An extracted adapter of a model, or why there is none. */
export type Extracted = { ok: true; model: string; lora: ExtractedLora } | { ok: false; error: PlainError };

/** Extracts a LoRA from the bench as it is. @returns null when it was cancelled */
export function extractLora({ runner, recipe }: Lab, order: LoraOrder): Promise<Extracted | null> {
  return runner.job('export', false, async (runtime, signal): Promise<Extracted> => {
    try {
      runner.learn(await runtime.open(recipe, runner.onProgress, signal));
      const lora = await runtime.extractLora(recipe, order, runner.onProgress, signal);
      return { ok: true, model: order.model, lora };
    } catch (error) {
      // Said in the dialog: a card would stand behind it.
      signal.throwIfAborted();
      return { ok: false, error: toPlainError(error) };
    }
  });
}
