import type { Lesson } from '../../core/lesson/types';
import type { NeuronExample } from '../../core/probe/numeric';
import type { Recipe } from '../../core/recipe/types';

/** theta + (yours - theta) + (friend - theta). @param fingerprints C4 of each model's weights; a test recomputes them. */
const recipe = (fingerprints: Readonly<Record<'theta' | 'yours' | 'friend', string>>): Recipe => ({
  v: 1,
  models: Object.fromEntries(Object.entries(fingerprints).map(([alias, sha256]) => [alias, { src: `file:${sha256}` }])),
  merge: {
    merge_method: 'task_arithmetic',
    base_model: 'theta',
    models: [
      { model: 'yours', parameters: { weight: 1 } },
      { model: 'friend', parameters: { weight: 1 } },
    ],
    parameters: { normalize: false },
    dtype: 'float32',
    out_dtype: 'float32',
  },
  view: { columns: ['theta', 'yours', 'friend', 'merged'], panel: 'neuron' },
});

/** The lecture's numbers: each task needs a weight that the other leaves alone. */
const different: NeuronExample = {
  id: 'different',
  recipe: recipe({
    theta: '276192e41f5319e22dbe5554db25f2cf1b0a1b4a8460b5ff3db8a4b20df367a6',
    yours: '2711cfb393241d3e19db4ce5a0099dcf165ce1341e16dc9885053f4b65e73735',
    friend: '4dcdfc932a9563c0927e7d25f422190ec71ff518dbfbc19125c2f4d90735521f',
  }),
  weights: { theta: [1, 2, -1], yours: [1, 2, -2], friend: [3, 2, -1] },
  tasks: [
    { id: 'A', owner: 'yours', inputs: [0, 2, 1], target: 2 },
    { id: 'B', owner: 'friend', inputs: [1, 1, 0], target: 5 },
  ],
};

/** Both tasks need the first weight, as 2 and as 3; the sum of the changes makes it 4. */
const same: NeuronExample = {
  id: 'same',
  recipe: recipe({
    theta: '276192e41f5319e22dbe5554db25f2cf1b0a1b4a8460b5ff3db8a4b20df367a6',
    yours: '0067e5f01c79b6a1ab0c8cc15ce53b2f19f004f71d31ebd0e23e82436228c67b',
    friend: '4dcdfc932a9563c0927e7d25f422190ec71ff518dbfbc19125c2f4d90735521f',
  }),
  weights: { theta: [1, 2, -1], yours: [2, 2, -1], friend: [3, 2, -1] },
  tasks: [
    { id: 'A', owner: 'yours', inputs: [1, 1, 0], target: 4 },
    { id: 'B', owner: 'friend', inputs: [1, 0, 1], target: 2 },
  ],
};

/** What a task vector is, and when adding two of them works, on one neuron (lecture, points 1 and 5). */
export const neuron: Lesson = {
  id: 'neuron',
  recipe: different.recipe,
  prompts: { en: [], 'zh-Hant': [], 'zh-Hans': [] },
  neurons: [different, same],
  steps: [
    {
      id: 'vector',
      predict: { options: ['both', 'one', 'none'], answer: 'both' },
      check: [
        { kind: 'task', column: 'theta', task: 'A', right: false },
        { kind: 'task', column: 'yours', task: 'A', right: true },
        { kind: 'task', column: 'yours', task: 'B', right: false },
        { kind: 'task', column: 'friend', task: 'B', right: true },
        { kind: 'task', column: 'merged', task: 'A', right: true },
        { kind: 'task', column: 'merged', task: 'B', right: true },
      ],
      highlight: ['formula'],
    },
    {
      id: 'half',
      predict: { options: ['half', 'wrong', 'still'], answer: 'wrong' },
      move: [{ kind: 'set', alias: 'yours', weight: 0.5 }],
      check: [
        { kind: 'task', column: 'merged', task: 'A', right: false },
        { kind: 'task', column: 'merged', task: 'B', right: true },
      ],
      highlight: ['slider-yours'],
    },
    {
      id: 'same',
      start: [{ kind: 'example', id: 'same' }],
      predict: { options: ['both', 'one', 'none'], answer: 'none' },
      check: [
        { kind: 'task', column: 'yours', task: 'A', right: true },
        { kind: 'task', column: 'friend', task: 'B', right: true },
        { kind: 'task', column: 'merged', task: 'A', right: false },
        { kind: 'task', column: 'merged', task: 'B', right: false },
      ],
    },
    {
      id: 'rescue',
      move: [{ kind: 'set', alias: 'friend', weight: 0 }],
      check: [
        { kind: 'task', column: 'merged', task: 'A', right: true },
        { kind: 'task', column: 'merged', task: 'B', right: false },
      ],
      highlight: ['slider-yours', 'slider-friend'],
    },
    { id: 'real', check: [] },
  ],
  figures: [
    {
      id: 'forget',
      paper: 'Ilharco et al., Editing Models with Task Arithmetic, ICLR 2023',
      url: 'https://arxiv.org/abs/2212.04089',
      place: 'CLIP ViT-B/32, Table 1',
      better: 'lower',
      bars: [
        { id: 'before', value: 48.3 },
        { id: 'after', value: 24 },
      ],
    },
    {
      id: 'control',
      paper: 'Ilharco et al., Editing Models with Task Arithmetic, ICLR 2023',
      url: 'https://arxiv.org/abs/2212.04089',
      place: 'CLIP ViT-B/32, Table 1',
      better: 'higher',
      bars: [
        { id: 'before', value: 63.4 },
        { id: 'after', value: 60.9 },
      ],
    },
  ],
  text: {
    en: async () => (await import('./en.md?raw')).default,
    'zh-Hant': async () => (await import('./zh-Hant.md?raw')).default,
    'zh-Hans': async () => (await import('./zh-Hans.md?raw')).default,
  },
};
