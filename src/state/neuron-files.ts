import { layout } from '../core/tensor/writer';

/** As config.json says it; one activation for all, because a fingerprint (C4) tells weights apart, not configs. */
const ACTIVATION = 'relu';

/** @returns a Hugging Face folder in memory: one neuron with the given weights, rounded to float32. */
export function neuronFiles(folder: string, weights: readonly number[]): { path: string; file: File }[] {
  const { header } = layout(
    [{ name: 'weight', dtype: 'F32', shape: [1, weights.length] }],
    new Map([['format', 'pt']]),
  );
  const data = new DataView(new ArrayBuffer(4 * weights.length));
  weights.forEach((weight, i) => data.setFloat32(4 * i, weight, true));
  const config = {
    architectures: ['MergeLabNeuron'],
    model_type: 'merge_lab_neuron',
    in_features: weights.length,
    activation: ACTIVATION,
  };
  return [new File([header, data], 'model.safetensors'), new File([JSON.stringify(config)], 'config.json')].map(
    (file) => ({ path: `${folder}/${file.name}`, file }),
  );
}
