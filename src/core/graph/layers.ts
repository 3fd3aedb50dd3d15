import type { GraphBuilder } from './onnx';

/** First operator set with RMSNormalization, RotaryEmbedding and Attention. */
export const OPSET = 23;
/** Added to the score of a key that must not be seen. Finite, so that a row with nothing to see gives no NaN. */
export const MASKED = -3.4028234663852886e38;

/** The layers that every family has, over the tensors a config implies. */
export interface Layers {
  /** A tensor by its Hugging Face name. */
  weight(name: string): string;
  /**
   * x W^T, plus the bias where the config has one. x is 2-D, [positions, width]: a weight as Hugging Face stores it,
   * [out, in], then goes straight into Gemm with transB, which adds the bias as well and needs no graph optimiser.
   */
  project(x: string, weightName: string, output?: string): string;
  /** Layer norm with weight and bias over the last axis. */
  layerNorm(x: string, name: string, epsilon: number, output?: string): string;
  /** [positions, width] of anything whose last axes hold `width` values. */
  flatten(x: string, width: number): string;
}

/** @param named how the checkpoint calls a tensor, where the model is a part of a larger one. */
export function layersOf(
  g: GraphBuilder,
  shapes: ReadonlyMap<string, readonly number[]>,
  named: (name: string) => string = (name) => name,
): Layers {
  const weight = (name: string) => {
    const shape = shapes.get(name);
    if (!shape) throw new Error(`graph: ${name} is not a tensor of this config`);
    return g.weight(named(name), shape);
  };
  return {
    weight,
    project: (x, weightName, output) => {
      const bias = weightName.replace(/weight$/, 'bias');
      const inputs = [x, weight(weightName), ...(shapes.has(bias) ? [weight(bias)] : [])];
      return g.node('Gemm', inputs, { transB: 1 }, output);
    },
    layerNorm: (x, name, epsilon, output) => {
      const inputs = [x, weight(`${name}.weight`), weight(`${name}.bias`)];
      return g.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } }, output);
    },
    flatten: (x, width) => g.node('Reshape', [x, g.ints(-1, width)]),
  };
}

/** Whether a query may see a key for its place: queries past .. total - 1 against keys 0 .. total - 1, [queries, keys]. */
export function causal(g: GraphBuilder, past: string, total: string): string {
  const keys = g.node('Range', [g.int(0), total, g.int(1)]);
  const queries = g.node('Unsqueeze', [g.node('Range', [past, total, g.int(1)]), g.ints(1)]);
  return g.node('LessOrEqual', [keys, queries]);
}

/** The length of one axis, a scalar. */
export function lengthOf(g: GraphBuilder, x: string, axis: number): string {
  return g.node('Squeeze', [g.node('Shape', [x], { start: axis, end: axis + 1 })]);
}
