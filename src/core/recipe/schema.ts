import { LAB_VARIANTS, SPECS, type MethodSpec, type ParamSpec } from '../merge/specs';

export { LAB_VARIANTS };

/** A method as recipes see it: its parameters by name. Which keys mean what is {@link SPECS}' business. */
export interface MethodSchema extends MethodSpec {
  readonly parameters: Readonly<Record<string, ParamSpec>>;
}

export const METHODS: Readonly<Record<string, MethodSchema>> = Object.fromEntries(
  SPECS.map((spec) => [
    spec.id,
    { ...spec, parameters: Object.fromEntries(spec.params.map((param) => [param.id, param])) },
  ]),
);

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
