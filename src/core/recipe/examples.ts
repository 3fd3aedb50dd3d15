import type { MergeDoc, Parameters } from './types';

/** Models that an example is written for: names of the recipe. */
export interface ExampleModels {
  readonly base: string;
  /** Relatives of the base, at least as many as the example needs. */
  readonly others: readonly string[];
  /** How many layers each of them has; 0 while unknown. */
  readonly layers: number;
}

interface Example {
  readonly id: string;
  /** Models beside the base. */
  readonly needs: number;
  /** Layers that the models must have; 0: any number, even unknown. */
  readonly layers: number;
  readonly write: (base: string, a: string, b: string, layers: number) => MergeDoc | MergeDoc[];
}

const DTYPES = { dtype: 'float32', out_dtype: 'float32' } as const;
const input = (model: string, weight: Parameters[string]) => ({ model, parameters: { weight } });
const sum = (base: string, models: MergeDoc['models']): MergeDoc => ({
  merge_method: 'task_arithmetic',
  base_model: base,
  models: models!,
  parameters: { normalize: false },
  ...DTYPES,
});
const sparse = (method: string, base: string, models: readonly string[], parameters: Parameters): MergeDoc => ({
  merge_method: method,
  base_model: base,
  models: models.map((model) => ({ model, parameters: { weight: 1, density: 0.5 } })),
  parameters,
  ...DTYPES,
});

/** Worked answers to "How do I write ...?" (references: mergekit, section 4.I), the simple ones first. */
export const EXAMPLES = [
  {
    id: 'average',
    needs: 1,
    layers: 0,
    write: (base, a) => ({
      merge_method: 'linear',
      models: [input(base, 0.5), input(a, 0.5)],
      parameters: { normalize: false },
      ...DTYPES,
    }),
  },
  { id: 'add', needs: 2, layers: 0, write: (base, a, b) => sum(base, [input(a, 1), input(b, 0.8)]) },
  { id: 'negation', needs: 1, layers: 0, write: (base, a) => sum(base, [input(a, -0.5)]) },
  { id: 'analogy', needs: 2, layers: 0, write: (base, a, b) => sum(a, [input(b, 1), input(base, -1)]) },
  {
    id: 'chat-vector',
    needs: 2,
    layers: 0,
    write: (base, a, b) =>
      sum(base, [
        input(a, 1),
        input(b, [{ filter: 'embed_tokens', value: 0 }, { filter: 'lm_head', value: 0 }, { value: 1 }]),
      ]),
  },
  { id: 'gradient', needs: 1, layers: 0, write: (base, a) => sum(base, [input(a, [0, 0.5, 1])]) },
  {
    id: 'only-q',
    needs: 1,
    layers: 0,
    write: (base, a) => sum(base, [input(a, [{ filter: 'q_proj', value: 1 }, { value: 0 }])]),
  },
  {
    id: 'slerp',
    needs: 1,
    layers: 0,
    write: (base, a) => ({
      merge_method: 'slerp',
      base_model: base,
      models: [{ model: base }, { model: a }],
      parameters: {
        t: [{ filter: 'self_attn', value: [0, 0.5, 1] }, { filter: 'mlp', value: [1, 0.5, 0] }, { value: 0.5 }],
      },
      ...DTYPES,
    }),
  },
  { id: 'ties', needs: 2, layers: 0, write: (base, a, b) => sparse('ties', base, [a, b], { normalize: true }) },
  {
    id: 'dare',
    needs: 2,
    layers: 0,
    write: (base, a, b) => ({ ...sparse('dare_ties', base, [a, b], { normalize: false }), lab: { seed: 7 } }),
  },
  {
    id: 'passthrough',
    needs: 1,
    layers: 2,
    write: (base, a, _b, layers) => ({
      merge_method: 'passthrough',
      slices: [
        { sources: [{ model: base, layer_range: [0, layers - 1] }] },
        { sources: [{ model: a, layer_range: [Math.floor(layers / 2), layers] }] },
      ],
      ...DTYPES,
    }),
  },
  {
    id: 'slices',
    needs: 1,
    layers: 2,
    write: (base, a, _b, layers) => ({
      merge_method: 'linear',
      slices: [
        { sources: [{ model: base, layer_range: [0, 1] }] },
        {
          sources: [
            { model: base, layer_range: [1, layers], parameters: { weight: 0.3 } },
            { model: a, layer_range: [1, layers], parameters: { weight: 0.7 } },
          ],
        },
      ],
      parameters: { weight: 1 },
      ...DTYPES,
    }),
  },
  {
    id: 'stages',
    needs: 2,
    layers: 0,
    write: (base, a, b) => [
      { name: 'soup', merge_method: 'linear', models: [input(a, 1), input(b, 1)], ...DTYPES },
      sum(base, [input('soup', 0.8)]),
    ],
  },
  {
    id: 'modules',
    needs: 2,
    layers: 0,
    write: (base, a, b) => ({
      merge_method: 'task_arithmetic',
      base_model: base,
      modules: {
        text_decoder: { models: [input(a, 1), input(b, 1)] },
        head: { models: [{ model: a }] },
      },
      parameters: { normalize: false },
      ...DTYPES,
    }),
  },
  {
    id: 'union',
    needs: 1,
    layers: 0,
    write: (base, a) => ({
      merge_method: 'linear',
      models: [input(base, 0.5), input(a, 0.5)],
      ...DTYPES,
      tokenizer: { source: 'union', pad_to_multiple_of: 8 },
      chat_template: 'auto',
    }),
  },
] as const satisfies readonly Example[];
export type ExampleId = (typeof EXAMPLES)[number]['id'];

/** @returns the example for these models, null where it needs more of them, or layers that are not known. */
export function exampleFor(id: ExampleId, { base, others, layers }: ExampleModels): MergeDoc | MergeDoc[] | null {
  const example: Example = EXAMPLES.find((one) => one.id === id)!;
  if (others.length < example.needs || layers < example.layers) return null;
  return example.write(base, others[0]!, others[1] ?? others[0]!, layers);
}
