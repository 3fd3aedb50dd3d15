import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fusedPairF16 } from '../../../../src/core/merge/fused';
import type { Law, MergeMethod } from '../../../../src/core/merge/method';
import { drawMask, type PhiloxKey } from '../../../../src/core/merge/random';
import { METHODS } from '../../../../src/core/merge/registry';
import { taskArithmetic } from '../../../../src/core/merge/task-arithmetic';
import { decodeToF32, encodeFromF32 } from '../../../../src/core/tensor/dtype';

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

function apply(method: MergeMethod, inputs: Float32Array[], weights: number[], density = 0.5): Float32Array {
  const out = new Float32Array(inputs[0]!.length);
  const base = method.base === 'required' ? 0 : -1;
  method.apply(
    inputs,
    {
      base,
      shape: [inputs[0]!.length],
      shared: { lambda: 1, normalize: 0, rescale: 0 },
      perInput: weights.map((weight) => ({ weight, density })),
      drawMask: (k, p, mask) => drawMask(streamOf(inputs[k]!), p, 0, mask),
    },
    out.length,
    out,
  );
  return out;
}

function close(got: Float32Array, want: Float32Array, tolerance: number, scale: number): void {
  for (let i = 0; i < want.length; i++) {
    // As numbers: -0 + 0 is +0 by IEEE, so the sign of a zero may change.
    if (tolerance === 0) expect(got[i]! - want[i]!).toBe(0);
    else expect(Math.abs(got[i]! - want[i]!)).toBeLessThanOrEqual(tolerance * scale);
  }
}
const largest = (...tensors: Float32Array[]): number =>
  Math.max(1e-30, ...tensors.flatMap((t) => [...t].map(Math.abs)));

const checks: Record<
  Law['id'],
  (method: MergeMethod, inputs: Float32Array[], a: number, b: number, tolerance: number) => void
> = {
  'identical-inputs'(method, [x], a, b, tolerance) {
    const weights = method.base === 'required' ? [0, a, b] : [0.25, 0.25, 0.5];
    close(apply(method, [x!, x!, x!], weights), x!, tolerance, largest(x!));
  },
  'zero-weights-give-base'(method, inputs, _a, _b, tolerance) {
    close(apply(method, inputs, [0, 0, 0]), inputs[0]!, tolerance, largest(...inputs));
  },
  'density-zero-gives-base'(method, inputs, a, b, tolerance) {
    close(apply(method, inputs, [0, a, b], 0), inputs[0]!, tolerance, largest(...inputs));
  },
  'density-one-gives-task-arithmetic'(method, inputs, a, b, tolerance) {
    const want = apply(taskArithmetic, inputs, [0, a, b]);
    close(apply(method, inputs, [0, a, b], 1), want, tolerance, largest(want));
  },
  'weight-zero-changes-nothing'(method, [x, y, z], a, b, tolerance) {
    const want = apply(method, [x!, y!], [b, a]);
    close(apply(method, [x!, y!, z!], [b, a, 0]), want, tolerance, largest(want));
  },
  'weight-one-gives-input'(method, [x, y], _a, _b, tolerance) {
    close(apply(method, [x!, y!], [0, 1], 1), y!, tolerance, 2 * largest(x!, y!));
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
    close(
      apply(method, [x!, y!, z!], [0, a, b]),
      apply(method, [x!, z!, y!], [0, b, a]),
      tolerance,
      8 * largest(x!, y!, z!),
    );
  },
  'additive-in-weights'(method, [x, y], a, b, tolerance) {
    close(apply(method, [x!, y!, y!], [0, a, b]), apply(method, [x!, y!], [0, a + b]), tolerance, 8 * largest(x!, y!));
  },
};

describe.each(METHODS.map((m) => [m.id, m] as const))('%s keeps its declared laws', (_id, method) => {
  test.each(method.laws.map((law) => [law.id, law] as const))('%s', (_law, { id, tolerance }) => {
    fc.assert(
      fc.property(inputsArb, weightArb, weightArb, (inputs, a, b) => checks[id](method, [...inputs], a, b, tolerance)),
    );
  });
  // Whole tensors at once otherwise: their parts are no smaller merges.
  if (method.elementwise)
    test('gives the same bits in any chunks', () => {
      fc.assert(
        fc.property(inputsArb, weightArb, fc.nat(), (inputs, a, cut) => {
          const weights = [0.5, a, 0.25];
          const whole = apply(method, [...inputs], weights);
          const at = cut % (whole.length + 1);
          const parts = [
            apply(
              method,
              inputs.map((t) => t.subarray(0, at)),
              weights,
            ),
            apply(
              method,
              inputs.map((t) => t.subarray(at)),
              weights,
            ),
          ];
          expect([...parts[0]!, ...parts[1]!]).toEqual([...whole]);
        }),
      );
    });
});

test('the fused float16 kernel gives the bits of the general road, odd lengths included', () => {
  fc.assert(
    fc.property(inputsArb, weightArb, weightArb, (inputs, a, b) => {
      const halves = inputs.map((t) => encodeFromF32(t, 'F16'));
      const decoded = halves.map((bytes) => decodeToF32(bytes, 'F16'));
      const words = halves.map((bytes) => new Uint32Array(bytes.buffer, 0, bytes.length >>> 2)) as [
        Uint32Array,
        Uint32Array,
        Uint32Array,
      ];
      const out = new Float32Array(decoded[0]!.length);
      fusedPairF16(words, [a, b], out.length, out);
      expect([...out]).toEqual([...apply(taskArithmetic, decoded, [0, a, b])]);
    }),
  );
});
