import type { CheckpointSummary } from '../engine/api';

/** What the dialogs about LoRA adapters are to show; they are fetched when there is something. */
class Lora {
  /** Dropped adapters that nobody has laid on a model yet, the oldest first. */
  adapters = $state.raw<readonly CheckpointSummary[]>([]);
  /** The model that a LoRA is to be extracted from; null: none. */
  extract = $state<string | null>(null);
}

export const lora = new Lora();
