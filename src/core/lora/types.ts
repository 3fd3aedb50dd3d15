import type { ByteSource, TensorInfo } from '../tensor/types';

/** What of an adapter_config.json says how the factors are laid on a base. Names are PEFT's. */
export interface AdapterConfig {
  readonly r: number;
  readonly loraAlpha: number;
  /** alpha / sqrt(r) in place of alpha / r. */
  readonly useRslora: boolean;
  /** Pattern -> rank or alpha of the modules it matches, in the file's order: the first match counts. */
  readonly rankPattern: readonly Pattern[];
  readonly alphaPattern: readonly Pattern[];
  /** The base keeps its matrices as [in, out] (GPT-2's Conv1D). */
  readonly fanInFanOut: boolean;
  /** A head that is tied to the embedding stays tied: what the file says of it is the embedding's change once more. */
  readonly ensureWeightTying: boolean;
  readonly targetModules: readonly string[] | string | null;
  readonly modulesToSave: readonly string[];
  /** Where it was trained, as its author's machine called it; null where the file does not say. */
  readonly baseName: string | null;
}

export interface Pattern {
  readonly key: string;
  readonly matches: RegExp;
  readonly value: number;
}

export type StoredTensor = TensorInfo & { readonly source: ByteSource };

/** One matrix's low-rank change: scaling * B A, where A is [r, in] and B [out, r]. */
export interface Factors {
  /** Path of the module in the model, such as `model.layers.0.mlp.up_proj`. */
  readonly module: string;
  readonly a: StoredTensor;
  readonly b: StoredTensor;
  readonly rank: number;
  /** alpha / r or alpha / sqrt(r), rounded to float32 as torch does before it multiplies a float32 tensor. */
  readonly scaling: number;
  /** An embedding's A is [r, rows] and B [width, r], so its change is (B A) transposed. */
  readonly embedding: boolean;
}

/** A PEFT LoRA adapter, read from its two files: headers only. */
export interface Adapter {
  readonly config: AdapterConfig;
  /** By module. */
  readonly factors: ReadonlyMap<string, Factors>;
  /** Whole tensors that take the place of the base's, by the base's tensor name (`modules_to_save`). */
  readonly replaced: ReadonlyMap<string, StoredTensor>;
  readonly warnings: readonly { code: string; message: string; params: Record<string, string | number> }[];
}
