import type { RawConfig } from './config';

export interface GraphOptions {
  /**
   * true: the output head is its own tensor `lm_head.weight`; false: it is the embedding (tied).
   * Default: what config.json says in tie_word_embeddings.
   */
  readonly lmHead?: boolean;
  /** The weights are a sum whose coefficients are an input of the graph. Default: they are given. */
  readonly mix?: Mix;
}

/**
 * Weights as a sum: w = base + sum over i of coefficients[i] * vectors[i], in float32 and in this order, worked out anew
 * in every run. `coefficients` is a graph input, float32 [vectors]; the tensors are named by {@link partName}.
 */
export interface Mix {
  readonly vectors: number;
  /** Without one the weights are the bare sum. */
  readonly base: boolean;
  /** Whether a vector changes the tensor at all; what does not is left out. */
  changes(tensor: string, vector: number): boolean;
}

/** The name of the graph input that holds the coefficients. */
export const COEFFICIENTS = 'coefficients';

/** @returns the name under which a session is given a vector's part of a tensor; the base's part has the tensor's own. */
export const partName = (tensor: string, vector: number): string => `${tensor}#${vector}`;

/** What a text model's cache looks like, and how far it reaches. */
export interface DecoderShape {
  /** Positions 0 .. maxPositions - 1 can be computed: prompt and answer together must not be longer. */
  readonly maxPositions: number;
  readonly numLayers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** An ONNX graph without weights. */
export interface GraphPart {
  /** Serialised ModelProto; every weight is an external initialiser whose location is its Hugging Face name. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The float32 tensors a session must be given as external data. */
  readonly tensors: string[];
}

/** The graph of a model, and what a session needs to know of it. */
export interface BuiltGraph extends GraphPart {
  /** null where the model writes no text: it takes rows of numbers, or scores a text. */
  readonly decoder: DecoderShape | null;
  /** What must run before, once for an input; none where the model is one graph. */
  readonly encoder?: GraphPart;
  /** Where the model sees: `pixel_values` to features, and `input_ids` to embeddings, whose image tokens they replace. */
  readonly eyes?: { readonly vision: GraphPart; readonly embeddings: GraphPart };
}

/** One architecture name of config.json and how it becomes a graph. */
export interface Architecture {
  /** As in `architectures` of config.json. */
  readonly id: string;
  /** `model_type` of config.json that goes with it. */
  readonly modelType: string;
  /**
   * What the model is asked with: a prompt, rows of numbers (no tokenizer needed), sound, a text to be scored, or a
   * picture with a text.
   */
  readonly takes: 'text' | 'numbers' | 'sound' | 'whole text' | 'picture';
  /** Hugging Face names and shapes of the tensors a config implies. @throws LabError config/... */
  expectedTensors(config: RawConfig, options: GraphOptions): Map<string, number[]>;
  /** @throws LabError config/... */
  build(config: RawConfig, options: GraphOptions): BuiltGraph;
}
