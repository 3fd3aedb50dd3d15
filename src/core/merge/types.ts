import type { ByteSource, DType, TensorIndex, TensorInfo } from '../tensor/types';
import type { TextFiles } from '../vocab/types';
import type { Variants } from './method';

/** A checkpoint before any weight byte is read. */
export interface CheckpointHead {
  readonly alias: string;
  readonly index: TensorIndex;
  /** null: a folder with only safetensors, merged as plain tensors. */
  readonly config: Record<string, unknown> | null;
  /** token -> id, null where there is no tokenizer. */
  readonly vocabulary: ReadonlyMap<string, number> | null;
  /** Its tokenizer and what belongs to it; null where it cannot read text. */
  readonly text?: TextFiles | null;
}

/** How a tensor of one model stands to the base's (or first model's) tensor of that name. */
export type TensorRelation = 'same' | 'missing' | 'extra' | 'mismatched' | 'tied';
export interface CompatIssue {
  model: string;
  tensor: string;
  relation: Exclude<TensorRelation, 'same'>;
  expected: string;
  found: string;
}
/** Compatibility as data: counts per model, then the tensors that are not `same`. */
export interface CompatReport {
  reference: string;
  models: {
    alias: string;
    counts: Record<TensorRelation, number>;
    tokenizer: 'same' | 'extends' | 'differs' | 'absent';
  }[];
  issues: CompatIssue[];
  mergeable: boolean;
}

export interface PlanInput {
  readonly alias: string;
  readonly info: TensorInfo & { readonly source: ByteSource };
  /** This input's own parameters for this tensor, already evaluated (filters, gradients). */
  readonly params: Readonly<Record<string, number>>;
}
/** One output tensor: merged by the method, or copied. */
export interface PlanTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly action: 'merge' | 'copy';
  readonly inputs: readonly PlanInput[];
  /** Index in `inputs` of the base model's tensor, -1 where the method has none. */
  readonly base: number;
  readonly params: Readonly<Record<string, number>>;
  readonly castTo: DType | null;
  /** Why it is copied, for the report. */
  readonly why: string | null;
  /** The module of the recipe that it is in; absent where there is none. */
  readonly module?: string;
}
export interface MergePlan {
  readonly method: string;
  /** Of random masks. */
  readonly seed: number;
  /** What the recipe's `lab:` block chooses where tools differ; absent: all as in mergekit. */
  readonly variants?: Variants;
  /** This stage's name in a recipe of several stages, else null. */
  readonly stage: string | null;
  readonly tensors: readonly PlanTensor[];
  readonly report: CompatReport;
  readonly notices: readonly { code: string; message: string; params: Record<string, string | number> }[];
  /** Alias whose config, tokenizer and chat template the output takes. */
  readonly donor: string;
  /** What the output gets in place of the donor's tokenizer, chat template and generation settings; none: those as they are. */
  readonly tokenizer?: TextFiles | null;
  /** The output's config.json, null for a plain folder. */
  readonly config: Record<string, unknown> | null;
}

/** Marks a tensor whose bytes are taken as they are, without even looking for NaN: fingerprints of a checkpoint as it was published. */
export const AS_STORED = 'as stored';
/** Why a tensor of a module that one model gives is copied. */
export const TAKEN = 'taken as it is';
/** Why a tensor that no module names is copied. */
export const UNNAMED = 'in no module';
