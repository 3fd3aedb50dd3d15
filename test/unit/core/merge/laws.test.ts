import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Law, MergeMethod } from '../../../../src/core/merge/method';
import { drawMask, type PhiloxKey } from '../../../../src/core/merge/random';
import { METHODS } from '../../../../src/core/merge/registry';
import { SPECS } from '../../../../src/core/merge/specs';
import { taskArithmetic } from '../../../../src/core/merge/task-arithmetic';

const weightArb = fc.double({ min: -2, max: 2, noNaN: true });
const tensorArb = (length: number) =>
  fc
    .array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: length, maxLength: length })
    .map((a) => Float32Array.from(a));
/** A base and two fine-tunes, base first. */
const inputsArb = fc.integer({ min: 1, max: 40 }).chain((n) => fc.tuple(tensorArb(n), tensorArb(n), tensorArb(n)));

/** A law is about values, so a task vector is known by its values: the same input has the same mask wherever it stands. */
function streamOf(input: Float32Array): PhiloxKey {
  return [input.reduce((sum, v) => (sum * 31 + Math.round(v * 1000)) | 0, 7), input.length];
}

/** What laws hold for any value of; each method reads its own. */
const PLAIN = {
  lambda: 1,
  normalize: 0,
  rescale: 0,
  normalize_weights: 1,
  t: 0.3,
  density: 0.5,
  epsilon: 0.1,
  gamma: 0.1,
};

function apply(
  method: MergeMethod,
  inputs: Float32Array[],
  weights: number[] = inputs.map(() => 1),
  chosen: Readonly<Record<string, number>> = {},
): Float32Array {
  const out = new Float32Array(inputs[0]!.length);
  const defaults = Object.fromEntries(method.params.map((param) => [param.id, param.default ?? 1]));
  const values = { ...defaults, ...PLAIN, ...chosen };
  method.apply(
    inputs,
    {
      base: method.base === 'required' ? 0 : -1,
      shape: [inputs[0]!.length],
      shared: values,
      perInput: weights.map((weight) => ({ ...values, weight })),
      drawMask: (k, p, mask) => drawMask(streamOf(inputs[k]!), p, 0, mask),
    },
    out.length,
    out,
  );
  return out;
}

/** As many of three models as the method takes. */
const takes = (method: MergeMethod, models: Float32Array[]): Float32Array[] =>
  models.slice(0, Math.min(method.inputs[1], method.nonBase[1] + Number(method.base === 'required')));

function close(got: Float32Array, want: Float32Array, tolerance: number, scale: number): void {
  for (let i = 0; i < want.length; i++) {
    // As numbers: -0 + 0 is +0 by IEEE, so the sign of a zero may change.
    if (tolerance === 0) expect(got[i]! - want[i]!).toBe(0);
    else expect(Math.abs(got[i]! - want[i]!)).toBeLessThanOrEqual(tolerance * scale);
  }
}
const largest = (...tensors: Float32Array[]): number =>
  Math.max(1e-30, ...tensors.flatMap((t) => [...t].map(Math.abs)));
/** Weights of directions: where they cancel there is no mean, and near it none that could be compared. */
const share = (weight: number): number => 0.5 + Math.abs(weight);
const onSphere = (method: MergeMethod): boolean => ['slerp', 'nuslerp', 'multislerp', 'karcher'].includes(method.id);
/** A tensor with a direction: methods on the sphere take very short ones for zero, and opposite ones have no mean. */
const directed = (tensor: Float32Array): Float32Array =>
  tensor.map((v, i) => Math.round(v * 1024) / 1024 + (i === 0 ? 5 : 0));

const checks: Record<
  Law['id'],
  (method: MergeMethod, inputs: Float32Array[], a: number, b: number, tolerance: number) => void
> = {
  'identical-inputs'(method, [x], a, b, tolerance) {
    const weights = method.base === 'required' ? [0, a, b] : [0.25, 0.25, 0.5];
    const models = takes(method, [x!, x!, x!]);
    close(apply(method, models, weights.slice(0, models.length), { scale: 1 }), x!, tolerance, largest(x!));
  },
  'zero-weights-give-base'(method, inputs, _a, _b, tolerance) {
    close(apply(method, inputs, [0, 0, 0]), inputs[0]!, tolerance, largest(...inputs));
  },
  'density-zero-gives-base'(method, inputs, a, b, tolerance) {
    close(apply(method, inputs, [0, a, b], { density: 0 }), inputs[0]!, tolerance, largest(...inputs));
  },
  'density-one-gives-task-arithmetic'(method, inputs, a, b, tolerance) {
    const want = apply(taskArithmetic, inputs, [0, a, b]);
    close(apply(method, inputs, [0, a, b], { density: 1 }), want, tolerance, largest(want));
  },
  'weight-zero-changes-nothing'(method, [x, y, z], a, b, tolerance) {
    const [first, second] = onSphere(method) ? [share(a), share(b)] : [a, b];
    const want = apply(method, [x!, y!], [second, first]);
    close(apply(method, [x!, y!, z!], [second, first, 0]), want, tolerance, largest(x!, y!, want));
  },
  'weight-one-gives-input'(method, [x, y], _a, _b, tolerance) {
    close(apply(method, [x!, y!], [0, 1], { density: 1 }), y!, tolerance, 2 * largest(x!, y!));
  },
  negation(method, [x, y], a, _b, tolerance) {
    const [plus, minus] = [apply(method, [x!, y!], [0, a]), apply(method, [x!, y!], [0, -a])];
    close(
      plus.map((v, i) => v - x![i]!),
      minus.map((v, i) => x![i]! - v),
      tolerance,
      8 * largest(x!, y!),
    );
  },
  'order-of-inputs'(method, [x, y, z], a, b, tolerance) {
    const [first, second] = onSphere(method) ? [share(a), share(b)] : [a, b];
    const based = method.base === 'required';
    const of = (models: Float32Array[], weights: number[]): Float32Array =>
      based ? apply(method, [x!, ...models], [0, ...weights]) : apply(method, models, weights);
    close(of([y!, z!], [first, second]), of([z!, y!], [second, first]), tolerance, 8 * largest(x!, y!, z!));
  },
  'additive-in-weights'(method, [x, y], a, b, tolerance) {
    close(apply(method, [x!, y!, y!], [0, a, b]), apply(method, [x!, y!], [0, a + b]), tolerance, 8 * largest(x!, y!));
  },
  't-zero-gives-base'(method, [x, y], _a, _b, tolerance) {
    close(apply(method, [x!, y!], undefined, { t: 0 }), x!, tolerance, largest(x!));
  },
  't-one-gives-other'(method, [x, y], _a, _b, tolerance) {
    close(apply(method, [x!, y!], undefined, { t: 1 }), y!, tolerance, largest(y!));
  },
  'weights-one-zero-give-first'(method, [x, y], a, _b, tolerance) {
    close(apply(method, [x!, y!], [share(a), 0]), x!, tolerance, largest(x!));
    close(apply(method, [x!, y!], [0, share(a)]), y!, tolerance, largest(y!));
  },
  homogeneous(method, inputs, a, b, tolerance) {
    const models = takes(method, inputs);
    const weights = [share(a), share(b), 1].slice(0, models.length);
    const twice = models.map((tensor) => tensor.map((v) => 2 * v));
    const once = apply(method, models, weights);
    close(
      apply(method, twice, weights),
      once.map((v) => 2 * v),
      tolerance,
      largest(...twice),
    );
  },
  'between-the-inputs'(method, [x, y], a, _b, tolerance) {
    const scale = largest(x!, y!);
    apply(method, [x!, y!], undefined, { t: Math.abs(a) }).forEach((v, i) => {
      expect(v).toBeGreaterThanOrEqual(Math.min(x![i]!, y![i]!) - tolerance * scale);
      expect(v).toBeLessThanOrEqual(Math.max(x![i]!, y![i]!) + tolerance * scale);
    });
  },
  'each-from-an-input'(method, [x, y], _a, _b, tolerance) {
    const scale = largest(x!, y!);
    apply(method, [x!, y!]).forEach((v, i) =>
      expect(Math.min(Math.abs(v - x![i]!), Math.abs(v - y![i]!))).toBeLessThanOrEqual(tolerance * scale),
    );
  },
  'select-nothing-gives-base'(method, inputs, _a, _b, tolerance) {
    close(apply(method, inputs, undefined, { select_topk: 0 }), inputs[0]!, tolerance, largest(...inputs));
  },
};

describe.each(METHODS.map((m) => [m.id, m] as const))('%s keeps its declared laws', (_id, method) => {
  test.each(method.laws.map((law) => [law.id, law] as const))('%s', (_law, { id, tolerance }) => {
    fc.assert(
      fc.property(inputsArb, weightArb, weightArb, (inputs, a, b) =>
        checks[id](method, onSphere(method) ? inputs.map(directed) : [...inputs], a, b, tolerance),
      ),
    );
  });
  test('is described by the table of specs, in its order', () => {
    expect(SPECS[METHODS.indexOf(method)]?.id).toBe(method.id);
    expect(SPECS).toHaveLength(METHODS.length);
  });
  // Whole tensors at once otherwise: their parts are no smaller merges.
  if (method.elementwise)
    test('gives the same bits in any chunks', () => {
      fc.assert(
        fc.property(inputsArb, weightArb, fc.nat(), (inputs, a, cut) => {
          const models = takes(method, [...inputs]);
          const weights = [0.5, a, 0.25].slice(0, models.length);
          const whole = apply(method, models, weights);
          const at = cut % (whole.length + 1);
          const part = (begin: number, end: number): Float32Array =>
            apply(
              method,
              models.map((t) => t.subarray(begin, end)),
              weights,
            );
          const parts = [part(0, at), part(at, whole.length)];
          expect([...parts[0]!, ...parts[1]!]).toEqual([...whole]);
        }),
      );
    });
});
