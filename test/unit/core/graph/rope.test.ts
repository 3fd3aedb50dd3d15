import { describe, expect, it } from 'vitest';
import { inverseFrequencies, readRope, ropeTables } from '../../../../src/core/graph/rope';
import { goldenCase, goldenNames } from './checkpoint';

const FLOAT32_STEP = 2 ** -23;

describe('inverse frequencies', () => {
  it.each(goldenNames())('%s: equal to those of Python transformers within one float32 step', (name) => {
    const { config, inverseFrequencies: expected } = goldenCase(name);
    const ours = inverseFrequencies(readRope(config, config['max_position_embeddings'] as number), expected.length * 2);
    for (const [i, frequency] of expected.entries()) {
      expect(Math.abs(ours[i]! / frequency - 1)).toBeLessThanOrEqual(FLOAT32_STEP);
    }
  });
});

describe('tables', () => {
  it('hold cos and sin of position times frequency, row by row', () => {
    const rope = { theta: 10_000, scaling: { type: 'linear', factor: 2 } } as const;
    const { cos, sin } = ropeTables(rope, 8, 5);
    const inverse = inverseFrequencies(rope, 8);
    expect(cos.length).toBe(5 * 4);
    expect([...cos.subarray(0, 4), ...sin.subarray(0, 4)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    for (let i = 0; i < 4; i++) {
      expect(cos[3 * 4 + i]).toBe(Math.fround(Math.cos(Math.fround(3 * inverse[i]!))));
      expect(cos[3 * 4 + i]! ** 2 + sin[3 * 4 + i]! ** 2).toBeCloseTo(1, 6);
    }
    expect(inverse[0]).toBe(0.5);
  });
});
