import type { ErrorParams } from '../errors';

/** Something worth telling that is no reason to refuse: a dropped key, a parameter without effect. */
export interface Notice {
  readonly code: string;
  readonly message: string;
  readonly params: ErrorParams;
}

/** A setting of mergekit's schema: a scalar, a gradient over the layers, or conditional values (first matching filter wins). */
export type Scalar = number | boolean | string;
export type Setting = Scalar | Scalar[] | Conditional | Conditional[];
export interface Conditional {
  value: Scalar | Scalar[];
  filter?: string;
}
export type Parameters = Record<string, Setting>;

export interface InputModel {
  model: string;
  parameters?: Parameters;
}
export interface SliceSource extends InputModel {
  layer_range: [number, number];
}
export interface Slice {
  sources: SliceSource[];
  base_model?: string;
  /** mergekit parses it and never uses it. */
  residual_weight?: number;
  parameters?: Parameters;
}
export interface ModuleDoc {
  models?: InputModel[];
  slices?: Slice[];
  parameters?: Parameters;
}

/** Where the embedding row of one token comes from: an alias, zeros, or a certain token of a certain model. */
export type TokenSource =
  ModelRef | { kind: 'zero' } | { kind: 'model_token'; model: ModelRef; token?: string; token_id?: number };
export interface TokenRule {
  source?: TokenSource;
  force?: boolean;
}

/** Ours, inside `merge`: mergekit ignores it. */
export interface LabBlock {
  seed?: number;
  election?: 'mergekit' | 'paper';
  trim?: 'tensor' | 'model';
  rescale?: 'norm' | 'density';
}

export type MergeDType = 'float32' | 'float16' | 'bfloat16' | 'float64';
export type ModelRef = string;

/** One mergekit document, key for key (mergekit 0.1.5), whose model names are aliases; `lab` is ours. */
export interface MergeDoc {
  name?: string;
  merge_method: string;
  models?: InputModel[];
  slices?: Slice[];
  modules?: Record<string, ModuleDoc>;
  base_model?: ModelRef;
  parameters?: Parameters;
  dtype?: MergeDType;
  out_dtype?: MergeDType;
  tokenizer?: { source?: string; tokens?: [string, TokenRule][]; pad_to_multiple_of?: number };
  tokenizer_source?: string;
  chat_template?: string;
  lab?: LabBlock;
}

export interface RunSettings {
  prompts?: string[];
  max_new_tokens?: number;
  temperature?: number;
  seed?: number;
}
export interface ViewSettings {
  columns?: string[];
  probe?: string;
  panel?: string;
}
export interface Expectation {
  weights?: string;
  texts?: Record<string, string>;
}

/** Where a model comes from. With `base`, `src` is a LoRA adapter, laid on the model of that alias. */
export interface ModelSource {
  src: string;
  base?: string;
}

/** Contract C2. */
export interface Recipe {
  v: 1;
  models: Record<string, ModelSource>;
  merge: MergeDoc | MergeDoc[];
  run?: RunSettings;
  view?: ViewSettings;
  expect?: Expectation;
}
