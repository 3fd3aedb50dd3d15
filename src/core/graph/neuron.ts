import { readInteger, readString, unsupported } from './config';
import type { RawConfig } from './config';
import { GraphBuilder } from './onnx';
import type { Architecture, BuiltGraph } from './types';

const OPSET = 23;
const WEIGHT = 'weight';

/**
 * One neuron without bias: sum = x W^T, output = activation(sum). Its config.json is ours:
 * `{"model_type": "merge_lab_neuron", "in_features": 3, "activation": "none" | "relu"}`, its only tensor `weight`, [1, in_features].
 */
export const neuron: Architecture = {
  id: 'MergeLabNeuron',
  modelType: 'merge_lab_neuron',
  takes: 'numbers',
  expectedTensors: (config) => new Map([[WEIGHT, [1, readInteger(config, 'in_features')]]]),
  build,
};

function build(config: RawConfig): BuiltGraph {
  const width = readInteger(config, 'in_features');
  const activation = readString(config, 'activation') ?? 'none';
  if (activation !== 'none' && activation !== 'relu') throw unsupported('activation', activation, 'none, relu');
  const g = new GraphBuilder(OPSET);
  g.input('inputs', 'float', ['batch_size', width]);
  // Both are outputs, so that a picture of the neuron shows what the network computed before and after the activation.
  g.node('Gemm', ['inputs', g.weight(WEIGHT, [1, width])], { transB: 1 }, 'sum');
  g.node(activation === 'relu' ? 'Relu' : 'Identity', ['sum'], {}, 'output');
  g.output('sum', 'float', ['batch_size', 1]);
  g.output('output', 'float', ['batch_size', 1]);
  return { bytes: g.build('neuron'), tensors: g.weights, decoder: null };
}
