/**
 * Every merge method of mergekit 0.1.5 as data: names, parameters, base policy and arity as its registry reports them,
 * and what the page needs to draw controls. Recipe and page code read this light table; what a method computes is
 * joined to it in registry.ts.
 */

/** One parameter of a method. Booleans travel as 0 and 1. */
export interface ParamSpec {
  readonly id: string;
  /** `shared`: one value per output tensor; `input`: every model incl. the base; `non_base`: every model but the base. */
  readonly scope: 'shared' | 'input' | 'non_base';
  readonly type: 'number' | 'boolean' | 'integer';
  /** null: required. */
  readonly default: number | null;
  /** The values that a slider offers; a number field takes any. */
  readonly range?: readonly [min: number, max: number];
  /** What the page writes when the method is chosen; the default where absent. */
  readonly start?: number;
  /** Accepted because mergekit accepts it, without any effect in this method. */
  readonly ignored?: boolean;
}

/** Where tools differ: choices of ours in the `lab:` block; the first of each is mergekit's own way. */
export const LAB_VARIANTS = {
  /** What elects TIES' sign: the sum of weighted vectors, or of the vectors as they are (paper, PEFT). */
  election: ['mergekit', 'paper'],
  /** TIES trims each tensor by itself, or the whole model at once (paper). */
  trim: ['tensor', 'model'],
  /** What is kept gets its old L1 norm back, or is divided by its chance of being kept (DARE paper, PEFT). */
  rescale: ['norm', 'density'],
} as const;
export type Variant = keyof typeof LAB_VARIANTS;

/** What a method does to the models, in the order of the page's choice. */
export const FAMILIES = ['sum', 'sparse', 'sphere', 'pick'] as const;
export type Family = (typeof FAMILIES)[number];

export interface MethodSpec {
  readonly id: string;
  readonly label: string;
  readonly family: Family;
  readonly paper: string;
  /** `ignored`: a base is one more input. */
  readonly base: 'required' | 'optional' | 'ignored';
  /** Bounds on the number of inputs, base included. */
  readonly inputs: readonly [min: number, max: number];
  /** Bounds on the number of inputs that are not the base. */
  readonly nonBase: readonly [min: number, max: number];
  readonly params: readonly ParamSpec[];
  /** It draws masks, so its recipes carry a seed. */
  readonly random: boolean;
  readonly variants: readonly Variant[];
}

const ANY = Infinity;
/** Share of a task vector that a sparse method keeps when it is chosen: enough left, and enough gone, to be seen. */
const START_DENSITY = 0.5;

const flag = (id: string, value: boolean): ParamSpec => ({
  id,
  scope: 'shared',
  type: 'boolean',
  default: Number(value),
});
const shared = (id: string, value: number | null, more: Partial<ParamSpec> = {}): ParamSpec => ({
  id,
  scope: 'shared',
  type: 'number',
  default: value,
  ...more,
});
const each = (id: string, value: number | null, more: Partial<ParamSpec> = {}): ParamSpec => ({
  id,
  scope: 'non_base',
  type: 'number',
  default: value,
  ...more,
});
const ignored = (param: ParamSpec): ParamSpec => ({ ...param, ignored: true });

const WEIGHT = each('weight', null);
const LAMBDA = shared('lambda', 1, { range: [0, 2] });
/** Only says in which integer type mergekit keeps its masks. */
const INT8_MASK = ignored(flag('int8_mask', false));
const GAMMA = each('gamma', 0.01, { range: [0, 0.2] });
/** density - epsilon and density + epsilon must lie between 0 and 1: what the two sliders offer always does. */
const EPSILON = each('epsilon', 0.15, { range: [0, 0.19] });
const DELLA_DENSITY = [0.2, 0.8] as const;

const spec = (
  id: string,
  label: string,
  paper: string,
  rest: Partial<MethodSpec> & Pick<MethodSpec, 'family' | 'base' | 'params'>,
): MethodSpec => ({ id, label, paper, inputs: [1, ANY], nonBase: [0, ANY], random: false, variants: [], ...rest });

/** Task vectors of which parts are dropped before they are weighted. */
const sparse = (
  id: string,
  label: string,
  paper: string,
  defaults: { normalize: boolean; rescale: boolean },
  rest: { extra?: ParamSpec; density?: ParamSpec['range']; random?: boolean; variants: readonly Variant[] },
): MethodSpec =>
  spec(id, label, paper, {
    family: 'sparse',
    base: 'required',
    params: [
      WEIGHT,
      each('density', 1, { range: rest.density ?? [0, 1], start: START_DENSITY }),
      ...(rest.extra ? [rest.extra] : []),
      LAMBDA,
      flag('normalize', defaults.normalize),
      flag('rescale', defaults.rescale),
      INT8_MASK,
    ],
    random: rest.random ?? false,
    variants: rest.variants,
  });

const arxiv = (id: string): string => `https://arxiv.org/abs/${id}`;
/** Methods that mergekit introduced without a paper. */
const MERGEKIT = 'https://github.com/arcee-ai/mergekit/blob/main/docs/merge_methods.md';

/** Each family in the order of the page's choice. */
export const SPECS: readonly MethodSpec[] = [
  spec('linear', 'Linear', arxiv('2203.05482'), {
    family: 'sum',
    base: 'ignored',
    params: [{ id: 'weight', scope: 'input', type: 'number', default: null }, flag('normalize', true)],
  }),
  spec('task_arithmetic', 'Task arithmetic', arxiv('2212.04089'), {
    family: 'sum',
    base: 'required',
    params: [
      WEIGHT,
      LAMBDA,
      flag('normalize', false),
      ignored(each('density', 1)),
      ignored(flag('rescale', false)),
      INT8_MASK,
    ],
  }),
  sparse(
    'ties',
    'TIES',
    arxiv('2306.01708'),
    { normalize: true, rescale: false },
    {
      variants: ['election', 'trim', 'rescale'],
    },
  ),
  sparse(
    'dare_linear',
    'DARE',
    arxiv('2311.03099'),
    { normalize: false, rescale: true },
    {
      random: true,
      variants: ['rescale'],
    },
  ),
  sparse(
    'dare_ties',
    'DARE-TIES',
    arxiv('2311.03099'),
    { normalize: false, rescale: true },
    {
      random: true,
      variants: ['election', 'rescale'],
    },
  ),
  sparse(
    'della_linear',
    'DELLA-linear',
    arxiv('2406.11617'),
    { normalize: false, rescale: true },
    {
      extra: EPSILON,
      density: DELLA_DENSITY,
      random: true,
      variants: ['rescale'],
    },
  ),
  sparse(
    'della',
    'DELLA',
    arxiv('2406.11617'),
    { normalize: true, rescale: true },
    {
      extra: EPSILON,
      density: DELLA_DENSITY,
      random: true,
      variants: ['election', 'rescale'],
    },
  ),
  sparse(
    'breadcrumbs',
    'Breadcrumbs',
    arxiv('2312.06795'),
    { normalize: false, rescale: false },
    {
      extra: GAMMA,
      variants: ['rescale'],
    },
  ),
  sparse(
    'breadcrumbs_ties',
    'Breadcrumbs-TIES',
    arxiv('2312.06795'),
    { normalize: false, rescale: false },
    {
      extra: GAMMA,
      variants: ['election', 'rescale'],
    },
  ),
  spec('slerp', 'SLERP', 'https://doi.org/10.1145/325165.325242', {
    family: 'sphere',
    base: 'required',
    inputs: [2, 2],
    params: [shared('t', null, { range: [0, 1], start: 0.5 })],
  }),
  spec('nuslerp', 'NuSLERP', MERGEKIT, {
    family: 'sphere',
    base: 'optional',
    nonBase: [2, 2],
    params: [WEIGHT, flag('nuslerp_flatten', true), flag('nuslerp_row_wise', false)],
  }),
  spec('multislerp', 'Multi-SLERP', MERGEKIT, {
    family: 'sphere',
    base: 'optional',
    nonBase: [1, ANY],
    params: [WEIGHT, flag('normalize_weights', true), shared('eps', 1e-8)],
  }),
  spec('karcher', 'Karcher mean', 'https://doi.org/10.1002/cpa.3160300502', {
    family: 'sphere',
    base: 'ignored',
    params: [shared('max_iter', 10, { type: 'integer', range: [1, 50] }), shared('tol', 1e-5)],
  }),
  spec('model_stock', 'Model Stock', arxiv('2403.19522'), {
    family: 'sum',
    base: 'required',
    inputs: [3, ANY],
    params: [flag('filter_wise', false)],
  }),
  spec('sce', 'SCE', arxiv('2408.07990'), {
    family: 'pick',
    base: 'required',
    params: [shared('select_topk', 1, { range: [0, 1] }), INT8_MASK],
  }),
  spec('ram', 'RAM', arxiv('2601.13572'), {
    family: 'pick',
    base: 'required',
    params: [shared('epsilon', 1e-5, { range: [0, 0.001] })],
  }),
  spec('ramplus_tl', 'RAM+', arxiv('2601.13572'), {
    family: 'pick',
    base: 'required',
    params: [
      shared('r', 0.1, { range: [0, 1] }),
      shared('alpha', 0.2, { range: [0, 1] }),
      shared('epsilon', 1e-5, { range: [0, 0.001] }),
    ],
  }),
  spec('nearswap', 'NearSwap', MERGEKIT, {
    family: 'pick',
    base: 'required',
    inputs: [2, 2],
    params: [shared('t', null, { range: [0, 0.05], start: 0.001 })],
  }),
  spec('arcee_fusion', 'Arcee Fusion', MERGEKIT, { family: 'pick', base: 'required', inputs: [2, 2], params: [] }),
  spec('passthrough', 'Passthrough', MERGEKIT, {
    family: 'sum',
    base: 'ignored',
    inputs: [1, 1],
    params: [{ id: 'scale', scope: 'input', type: 'number', default: 1, range: [0, 2] }],
  }),
];

/** @returns the method called `id`, undefined where mergekit has none of that name. */
export const specOf = (id: string): MethodSpec | undefined => SPECS.find((candidate) => candidate.id === id);
