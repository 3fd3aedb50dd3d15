import type { MergeDoc, Parameters, Recipe } from '../src/core/recipe/types';

const ALIASES = { base: 'base-s-1', repeat: 'repeat-s-1', reverse: 'reverse-s-1', list: 'list-s-1' } as const;
type Alias = keyof typeof ALIASES;

const models = Object.fromEntries(Object.entries(ALIASES).map(([alias, id]) => [alias, { src: `zoo:${id}` }]));
const F32 = { dtype: 'float32', out_dtype: 'float32' } as const;

function doc(
  merge_method: string,
  inputs: Partial<Record<Alias, Parameters>>,
  parameters: Parameters = {},
  more: Partial<MergeDoc> = { ...F32, base_model: 'base' },
): MergeDoc {
  const listed = Object.entries(inputs).map(([model, own]) => ({ model, parameters: own }));
  return { merge_method, models: listed, parameters, ...more };
}
const half = { weight: 0.7, density: 0.5 };
const three = { repeat: {}, reverse: {}, list: {} };

const merges: Record<string, MergeDoc | MergeDoc[]> = {
  'linear, normalized, to bfloat16': doc('linear', three, { weight: 0.3 }, { out_dtype: 'bfloat16' }),
  'task arithmetic with a gradient, a filter and lambda': doc(
    'task_arithmetic',
    { repeat: { weight: [0, 0.5, 1] }, reverse: { weight: [{ filter: 'mlp', value: -0.4 }, { value: 0.9 }] } },
    { lambda: 1.2 },
  ),
  ties: doc('ties', { repeat: half, reverse: half, list: { weight: 1, density: 0.2 } }),
  'ties over the whole model, elected as in the paper': doc(
    'ties',
    { repeat: half, list: half },
    {},
    {
      ...F32,
      base_model: 'base',
      lab: { election: 'paper', trim: 'model' },
    },
  ),
  'dare_linear, rescaled by density': doc(
    'dare_linear',
    { repeat: half, reverse: half },
    {},
    {
      ...F32,
      base_model: 'base',
      lab: { seed: 7, rescale: 'density' },
    },
  ),
  dare_ties: doc('dare_ties', { repeat: half, reverse: half }, {}, { ...F32, base_model: 'base', lab: { seed: 11 } }),
  della: doc(
    'della',
    { repeat: half, reverse: half },
    { epsilon: 0.2 },
    { ...F32, base_model: 'base', lab: { seed: 3 } },
  ),
  'della_linear to float16': doc(
    'della_linear',
    { repeat: half, list: half },
    {},
    {
      dtype: 'float32',
      out_dtype: 'float16',
      base_model: 'base',
    },
  ),
  breadcrumbs: doc('breadcrumbs', { repeat: half, reverse: half }, { gamma: 0.05 }),
  breadcrumbs_ties: doc('breadcrumbs_ties', { repeat: half, reverse: half }),
  'slerp with a gradient': doc(
    'slerp',
    { repeat: {} },
    { t: [{ filter: 'self_attn', value: [0.2, 1.4] }, { value: 0.5 }] },
  ),
  'nuslerp by rows': doc('nuslerp', { repeat: { weight: 0.6 }, reverse: { weight: 0.2 } }, { nuslerp_flatten: false }),
  multislerp: doc('multislerp', { repeat: { weight: 0.2 }, reverse: { weight: 0.5 }, list: { weight: 0.9 } }, {}, F32),
  karcher: doc('karcher', three, { max_iter: 6 }, F32),
  model_stock: doc('model_stock', three),
  sce: doc('sce', three, { select_topk: 0.4 }),
  nearswap: doc('nearswap', { repeat: {} }, { t: 0.001 }),
  'arcee_fusion, then ramplus_tl': [
    { name: 'fused', ...doc('arcee_fusion', { repeat: {} }) },
    {
      merge_method: 'ramplus_tl',
      base_model: 'base',
      models: [{ model: 'fused' }, { model: 'list' }],
      parameters: { epsilon: 0.002 },
      ...F32,
    },
  ],
  ram: doc('ram', three, { epsilon: 0.001 }),
  'layers stacked anew': {
    merge_method: 'passthrough',
    slices: [
      { sources: [{ model: 'repeat', layer_range: [0, 2] }] },
      {
        sources: [
          {
            model: 'list',
            layer_range: [1, 3],
            parameters: { scale: [{ filter: 'o_proj', value: 0.5 }, { value: 1 }] },
          },
        ],
      },
    ],
    ...F32,
  },
};

/** Twenty merges of the smallest built-in models, of every kind: each engine must give the same bits. */
export const mergesForAllEngines: readonly { readonly name: string; readonly recipe: Recipe }[] = Object.entries(
  merges,
).map(([name, merge]) => ({ name, recipe: { v: 1, models, merge } }));
