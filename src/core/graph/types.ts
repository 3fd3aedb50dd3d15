import type { RawConfig } from './config';

export interface GraphOptions {
  /**
   * true: the output head is its own tensor `lm_head.weight`; false: it is the embedding (tied).
   * Default: what config.json says in tie_word_embeddings.
   */
  readonly lmHead?: boolean;
}

/** An ONNX graph without weights, and what a session needs to know of it. */
export interface BuiltGraph {
  /** Serialised ModelProto; every weight is an external initialiser whose location is its Hugging Face name. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The float32 tensors a session must be given as external data. */
  readonly tensors: string[];
  /** Positions 0 .. maxPositions - 1 can be computed: prompt and answer together must not be longer. */
  readonly maxPositions: number;
  readonly numLayers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** One architecture name of config.json and how it becomes a graph. */
export interface Architecture {
  /** As in `architectures` of config.json. */
  readonly id: string;
  /** `model_type` of config.json that goes with it. */
  readonly modelType: string;
  /** Hugging Face names and shapes of the tensors a config implies. @throws LabError config/... */
  expectedTensors(config: RawConfig, options: GraphOptions): Map<string, number[]>;
  /** @throws LabError config/... */
  build(config: RawConfig, options: GraphOptions): BuiltGraph;
}
