import { describe, expect, test } from 'vitest';
import { cancelledWeights, effectiveCoefficients } from '../../../../src/core/merge/effective';
import { METHODS } from '../../../../src/core/merge/registry';
import type { PlanTensor } from '../../../../src/core/merge/types';
import { memorySource } from '../../../../src/core/tensor/source';

type Params = Record<string, number>;

/** A tensor as the plan of `base` (first) and the models `b`, `c`, … says it. */
function tensor(params: Params, perInput: readonly Params[], base = 0): PlanTensor {
  const info = {
    name: 'w',
    dtype: 'F32' as const,
    shape: [1],
    begin: 0,
    end: 4,
    source: memorySource('w', new Uint8Array(4)),
  };
  return {
    name: 'w',
    shape: [1],
    dtype: 'F32',
    action: 'merge',
    inputs: perInput.map((own, k) => ({ alias: String.fromCharCode(97 + k), info, params: own })),
    base,
    params,
    castTo: null,
    why: null,
  };
}
const numbers = (method: string, t: PlanTensor): number[] =>
  effectiveCoefficients(method, t)!.map(({ coefficient }) => coefficient);
const w = (weight: number, density = 1): Params => ({ weight, density });

describe('effective coefficients', () => {
  test('name the model they are of', () => {
    expect(effectiveCoefficients('slerp', tensor({ t: 0.25 }, [{}, {}]))).toEqual([
      { alias: 'a', coefficient: 0.75 },
      { alias: 'b', coefficient: 0.25 },
    ]);
  });

  test.each<[string, PlanTensor, number[]]>([
    ['linear', tensor({ normalize: 0 }, [w(1), w(-0.5)], -1), [1, -0.5]],
    ['linear', tensor({ normalize: 1 }, [w(1), w(3)], -1), [0.25, 0.75]],
    ['task_arithmetic', tensor({ lambda: 2, normalize: 0 }, [{}, w(0.5), w(0.25)]), [-0.5, 1, 0.5]],
    ['task_arithmetic', tensor({ lambda: 2, normalize: 1 }, [{}, w(0.5), w(1.5)]), [-1, 0.5, 1.5]],
    // What task arithmetic does not read has no effect.
    ['task_arithmetic', tensor({ lambda: 1, normalize: 0 }, [{}, w(0.5, 0)]), [0.5, 0.5]],
    ['ties', tensor({ lambda: 1, normalize: 1 }, [{}, w(0.5, 0.5), w(1.5, 0.5)]), [0, 0.25, 0.75]],
    // Nothing is kept of b: in an election its weight counts nowhere, in a plain sum it still divides.
    ['ties', tensor({ lambda: 1, normalize: 1 }, [{}, w(1, 0), w(3)]), [0, 0, 1]],
    ['dare_linear', tensor({ lambda: 1, normalize: 1 }, [{}, w(1, 0), w(3)]), [0.25, 0, 0.75]],
    // R2: the sign cancels.
    ['task_arithmetic', tensor({ lambda: 1, normalize: 1 }, [{}, w(-1)]), [0, 1]],
    ['task_arithmetic', tensor({ lambda: 1, normalize: 1 }, [{}, w(1), w(-1)]), [1, 1, -1]],
    ['nuslerp', tensor({}, [{}, w(1), w(3)]), [0, 0.25, 0.75]],
    ['nuslerp', tensor({}, [w(1), w(-1)], -1), [0.5, 0.5]],
    ['multislerp', tensor({ normalize_weights: 1 }, [{}, w(1), w(3)]), [0, 0.25, 0.75]],
    ['multislerp', tensor({ normalize_weights: 1 }, [{}, w(0.5)]), [0, 1]],
    ['karcher', tensor({}, [{}, {}, {}, {}], -1), [0.25, 0.25, 0.25, 0.25]],
    ['passthrough', tensor({}, [{ scale: 0.5 }], -1), [0.5]],
  ])('%s %#', (method, plan, expected) => {
    numbers(method, plan).forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 12));
  });

  test('a copied tensor is its first input', () => {
    expect(numbers('ties', { ...tensor({}, [{}, {}]), action: 'copy' })).toEqual([1, 0]);
  });

  test('a method whose shares lie in the weights of the models has none', () => {
    const none = METHODS.filter(
      ({ id }) => effectiveCoefficients(id, tensor({ t: 0.1, lambda: 1 }, [w(1), w(1)])) === null,
    );
    for (const { id } of none)
      expect(['model_stock', 'sce', 'ram', 'ramplus_tl', 'nearswap', 'arcee_fusion']).toContain(id);
  });
});

describe('weights that normalize cancels', () => {
  test('are named once, with the tensors they are cancelled in', () => {
    const negative = tensor({ normalize: 1 }, [{}, w(-1)]);
    expect(cancelledWeights([negative, { ...negative, name: 'v' }])).toEqual([{ alias: 'b', weight: -1, tensors: 2 }]);
  });
  test('not where another model shares the sum, nothing is normalized, or 0 stays 0', () => {
    expect(cancelledWeights([tensor({ normalize: 1 }, [{}, w(-1), w(1)])])).toEqual([]);
    expect(cancelledWeights([tensor({ normalize: 0 }, [{}, w(-1)])])).toEqual([]);
    expect(cancelledWeights([tensor({ normalize: 1 }, [{}, w(0)])])).toEqual([]);
  });
});
