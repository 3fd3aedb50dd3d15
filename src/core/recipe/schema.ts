/**
 * mergekit 0.1.5's methods and keys as data: the names, parameters, base policies and arities its registry reports.
 * Which of these methods this build can run is the merge registry's business.
 */
export type ParameterType = 'float' | 'bool' | 'int';
/** shared: one value per output tensor. input: one per model. nonBase: one per model except the base. */
export type ParameterScope = 'shared' | 'input' | 'nonBase';
export interface ParameterSchema {
  readonly type: ParameterType;
  readonly scope: ParameterScope;
  /** undefined: mergekit refuses a merge that leaves it out. null: no effect when left out. */
  readonly default: number | boolean | null | undefined;
}
export interface MethodSchema {
  /** ignored: a base is one more input. */
  readonly base: 'required' | 'optional' | 'ignored';
  /** Bounds on the number of inputs, base included. */
  readonly inputs: readonly [min: number, max: number];
  /** Bounds on the number of inputs that are not the base. */
  readonly nonBase: readonly [min: number, max: number];
  readonly parameters: Readonly<Record<string, ParameterSchema>>;
}

const ANY = Infinity;
const shared = (type: ParameterType, value: number | boolean | undefined): ParameterSchema => ({
  type,
  scope: 'shared',
  default: value,
});
const nonBase = (value: number | undefined): ParameterSchema => ({ type: 'float', scope: 'nonBase', default: value });

function taskArithmetic(
  normalize: boolean,
  rescale: boolean,
  extra: Readonly<Record<string, ParameterSchema>> = {},
): MethodSchema {
  return {
    base: 'required',
    inputs: [1, ANY],
    nonBase: [0, ANY],
    parameters: {
      weight: nonBase(undefined),
      density: nonBase(1),
      ...extra,
      lambda: shared('float', 1),
      normalize: shared('bool', normalize),
      rescale: shared('bool', rescale),
      int8_mask: shared('bool', false),
    },
  };
}

export const METHODS: Readonly<Record<string, MethodSchema>> = {
  linear: {
    base: 'ignored',
    inputs: [1, ANY],
    nonBase: [0, ANY],
    parameters: {
      weight: { type: 'float', scope: 'input', default: undefined },
      normalize: shared('bool', true),
    },
  },
  slerp: { base: 'required', inputs: [2, 2], nonBase: [0, ANY], parameters: { t: shared('float', undefined) } },
  nuslerp: {
    base: 'optional',
    inputs: [1, ANY],
    nonBase: [2, 2],
    parameters: {
      weight: nonBase(undefined),
      nuslerp_flatten: shared('bool', true),
      nuslerp_row_wise: shared('bool', false),
    },
  },
  multislerp: {
    base: 'optional',
    inputs: [1, ANY],
    nonBase: [1, ANY],
    parameters: {
      weight: nonBase(undefined),
      normalize_weights: shared('bool', true),
      eps: shared('float', 1e-8),
    },
  },
  karcher: {
    base: 'ignored',
    inputs: [1, ANY],
    nonBase: [0, ANY],
    parameters: { max_iter: shared('int', 10), tol: shared('float', 1e-5) },
  },
  task_arithmetic: taskArithmetic(false, false),
  ties: taskArithmetic(true, false),
  dare_linear: taskArithmetic(false, true),
  dare_ties: taskArithmetic(false, true),
  breadcrumbs: taskArithmetic(false, false, { gamma: nonBase(0.01) }),
  breadcrumbs_ties: taskArithmetic(false, false, { gamma: nonBase(0.01) }),
  della: taskArithmetic(true, true, { epsilon: nonBase(0.15) }),
  della_linear: taskArithmetic(false, true, { epsilon: nonBase(0.15) }),
  model_stock: {
    base: 'required',
    inputs: [3, ANY],
    nonBase: [0, ANY],
    parameters: { filter_wise: shared('bool', false) },
  },
  sce: {
    base: 'required',
    inputs: [1, ANY],
    nonBase: [0, ANY],
    parameters: { select_topk: shared('float', 1), int8_mask: shared('bool', false) },
  },
  nearswap: { base: 'required', inputs: [2, 2], nonBase: [0, ANY], parameters: { t: shared('float', undefined) } },
  arcee_fusion: { base: 'required', inputs: [2, 2], nonBase: [0, ANY], parameters: {} },
  passthrough: {
    base: 'ignored',
    inputs: [1, 1],
    nonBase: [0, ANY],
    parameters: { scale: { type: 'float', scope: 'input', default: null } },
  },
  ram: { base: 'required', inputs: [1, ANY], nonBase: [0, ANY], parameters: { epsilon: shared('float', 1e-5) } },
  ramplus_tl: {
    base: 'required',
    inputs: [1, ANY],
    nonBase: [0, ANY],
    parameters: { r: shared('float', 0.1), alpha: shared('float', 0.2), epsilon: shared('float', 1e-5) },
  },
};

/** Every parameter name of any method: one that this method does not use is a notice, any other name an error. */
export const PARAMETER_NAMES: readonly string[] = [
  ...new Set(Object.values(METHODS).flatMap((method) => Object.keys(method.parameters))),
];

/** The keys mergekit's schema has at each level, and our `lab`. */
export const KEYS = {
  doc: [
    'name',
    'merge_method',
    'base_model',
    'models',
    'slices',
    'modules',
    'parameters',
    'dtype',
    'out_dtype',
    'tokenizer',
    'tokenizer_source',
    'chat_template',
    'lab',
  ],
  model: ['model', 'parameters'],
  source: ['model', 'layer_range', 'parameters'],
  slice: ['sources', 'base_model', 'residual_weight', 'parameters'],
  module: ['models', 'slices', 'parameters'],
  conditional: ['value', 'filter'],
  tokenizer: ['source', 'tokens', 'pad_to_multiple_of'],
  token: ['source', 'force'],
  modelToken: ['kind', 'model', 'token', 'token_id'],
  lab: ['seed', 'election', 'trim', 'rescale', 'aliases', 'fingerprints'],
} as const;

export const DTYPES = ['float32', 'float16', 'bfloat16', 'float64'] as const;

/** Variants of ours that mergekit does not have; the first of each is mergekit's own way. */
export const LAB_VARIANTS = {
  election: ['mergekit', 'paper'],
  trim: ['tensor', 'model'],
  rescale: ['norm', 'density'],
} as const;

/** Caps on what a stranger's recipe may ask for; generous beside any real one. */
export const LIMITS = {
  jsonCharacters: 1_000_000,
  depth: 32,
  values: 50_000,
  /** Lexical tokens of YAML: the parser's time grows with them, fastest in text full of mistakes. */
  yamlTokens: 100_000,
  aliasLength: 24,
  models: 64,
  stages: 32,
  entries: 1_000,
  text: 65_536,
  number: 1e9,
  layers: 100_000,
  prompts: 64,
  promptLength: 20_000,
  newTokens: 4_096,
  temperature: 10,
  columns: 16,
} as const;

export const ALIAS = /^[A-Za-z][A-Za-z0-9_]{0,23}$/;
export const SHA256 = /^[0-9a-f]{64}$/;
export const ZOO_ID = /^[a-z0-9]+(?:[-_][a-z0-9]+)*-[0-9]+$/;
/** `<org>/<name>@<40-hex commit>`; the Hub's own rule for names, `..` refused beside it. */
export const HUB_SOURCE = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9_][\w.-]{0,95}@[0-9a-f]{40}$/;
/** `file:` of a checkpoint nobody has named yet: a model string of YAML that is a local folder. */
export const UNRESOLVED_SOURCE = `file:${'0'.repeat(64)}`;
/** The alias of the merged model's own column; never a model's. */
export const MERGED = 'merged';
