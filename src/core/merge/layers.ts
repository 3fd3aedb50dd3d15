import type { CheckpointHead } from './types';

/** A tensor inside a stack of layers: `model.layers.3.mlp.up_proj.weight` is layer 3 of the stack `model.layers`. */
export interface LayerName {
  readonly stack: string;
  readonly layer: number;
  readonly rest: string;
}

/** The names that checkpoints give a list of layers: Llama and most others, GPT-2, GPT-NeoX and ViT, BERT. */
const LAYER = /^((?:.*\.)?(?:layers|h|blocks|block|layer))\.(\d+)\.(.+)$/;

/** @returns null for what stands outside of the layers: embeddings, the final norm, the head. */
export function layerOf(tensor: string): LayerName | null {
  const match = LAYER.exec(tensor);
  return match && { stack: match[1]!, layer: Number(match[2]), rest: match[3]! };
}

export const nameInLayer = ({ stack, rest }: LayerName, layer: number): string => `${stack}.${layer}.${rest}`;

const known = new WeakMap<CheckpointHead, ReadonlyMap<string, number>>();

/**
 * How many layers each stack of a checkpoint has, by the names of its tensors. A folder with only safetensors has none
 * that count: there a gradient is its first value (contract C1).
 */
export function layerCounts(head: CheckpointHead): ReadonlyMap<string, number> {
  const before = known.get(head);
  if (before) return before;
  const counts = new Map<string, number>();
  for (const name of head.config ? head.index.tensors.keys() : []) {
    const place = layerOf(name);
    if (place) counts.set(place.stack, Math.max(counts.get(place.stack) ?? 0, place.layer + 1));
  }
  known.set(head, counts);
  return counts;
}

/**
 * Where a layer stands between the first (0) and the last (1) of `count`; a lone one stands at the end.
 * As mergekit 0.1.5 evaluates gradients (references: mergekit, section 1.15).
 */
export const positionIn = (layer: number, count: number): number => (count <= 1 ? 1 : layer / (count - 1));

/** A tensor's position for gradients, in [0, 1]; what stands outside of the layers counts as 0. */
export function layerPosition(tensor: string, head: CheckpointHead): number {
  const place = layerOf(tensor);
  const count = place && layerCounts(head).get(place.stack);
  return place && count !== null && count !== undefined ? positionIn(place.layer, count) : 0;
}
