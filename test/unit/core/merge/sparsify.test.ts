import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newSha256 } from '../../../../src/cli/disk';
import { electSigns } from '../../../../src/core/merge/consensus/sign';
import { drawMask, maskKey, philox4x32, type PhiloxKey } from '../../../../src/core/merge/random';
import { magnitudeMask } from '../../../../src/core/merge/sparsify/magnitude';
import { rescaleFactor } from '../../../../src/core/merge/sparsify/rescale';

const masked = (key: PhiloxKey, density: number, begin: number, length: number): number[] => {
  const mask = new Uint8Array(length);
  drawMask(key, density, begin, mask);
  return [...mask];
};

describe('Philox4x32-10', () => {
  // The known answers of Random123 (kat_vectors, "philox4x32 10"): counter, key, result.
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [Array<number>(4).fill(0xffffffff), [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('published vector of counter %j', (counter, key, result) => {
    const words = Uint32Array.from(counter);
    philox4x32(words, key as unknown as PhiloxKey);
    expect([...words]).toEqual(result);
  });
});

describe('random masks', () => {
  const key = maskKey(newSha256, 7, null, 'chat', 'model.norm.weight');

  test('an element does not depend on how the tensor is cut', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.double({ min: 0, max: 1, noNaN: true }), (begin, length, density) => {
        expect(masked(key, density, begin, length)).toEqual(masked(key, density, 0, begin + length).slice(begin));
      }),
    );
  });

  test('an element beyond 2^34 takes the high word of the counter', () => {
    const words = Uint32Array.of(1, 3, 0, 0);
    philox4x32(words, key);
    const at = (3 * 2 ** 32 + 1) * 4;
    expect(masked(key, 0.5, at, 4)).toEqual([...words].map((x) => ((x >>> 8) * 2 ** -24 < 0.5 ? 1 : 0)));
  });

  test('keeps the share it is told to, and with a higher density all it kept before', () => {
    const n = 100_000;
    const [few, many] = [masked(key, 0.2, 0, n), masked(key, 0.6, 0, n)];
    const share = (mask: number[]): number => mask.reduce((sum, bit) => sum + bit, 0) / n;
    // Five standard deviations of a binomial share.
    expect(Math.abs(share(few) - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / n));
    expect(Math.abs(share(many) - 0.6)).toBeLessThan(5 * Math.sqrt((0.6 * 0.4) / n));
    expect(few.every((bit, i) => bit <= many[i]!)).toBe(true);
  });

  test('seed, stage, alias and tensor each make another stream', () => {
    const keys = [
      key,
      maskKey(newSha256, 8, null, 'chat', 'model.norm.weight'),
      maskKey(newSha256, 7, 'first', 'chat', 'model.norm.weight'),
      maskKey(newSha256, 7, null, 'zh', 'model.norm.weight'),
      maskKey(newSha256, 7, null, 'chat', 'lm_head.weight'),
    ];
    expect(new Set(keys.map(String)).size).toBe(keys.length);
    expect(maskKey(newSha256, 7, 'first', 'chat', 'w')).toEqual(maskKey(newSha256, 7, null, 'first/chat', 'w'));
  });
});

describe('magnitude', () => {
  const values = fc.oneof(
    fc.float({ min: -2, max: 2, noNaN: true }),
    // Few distinct sizes, so that many are equal.
    fc.constantFrom(0, -0, 0.5, -0.5, 1, -1),
  );
  test('keeps what a stable sort by falling magnitude puts first', () => {
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true, maxExcluded: true }),
        (list, density) => {
          const delta = Float32Array.from(list);
          const mask = new Uint8Array(delta.length).fill(7);
          magnitudeMask(delta, density, mask);
          const kept = delta
            .reduce<number[]>((order, _, i) => [...order, i], [])
            .sort((a, b) => Math.abs(delta[b]!) - Math.abs(delta[a]!) || a - b)
            .slice(0, Math.max(1, Math.floor(density * delta.length)));
          expect(mask.reduce<number[]>((set, bit, i) => (bit === 1 ? [...set, i] : set), [])).toEqual(
            kept.sort((a, b) => a - b),
          );
        },
      ),
    );
  });
});

describe('rescale', () => {
  test('gives back the L1 norm', () => {
    const delta = Float32Array.from({ length: 10_000 }, (_, i) => Math.fround(((i * 37) % 101) / 50 - 1));
    const mask = Uint8Array.from(delta, (_, i) => (i % 3 === 0 ? 1 : 0));
    const norm = (weigh: (i: number) => number): number => delta.reduce((s, v, i) => s + Math.abs(v) * weigh(i), 0);
    const factor = rescaleFactor(delta, mask);
    expect(factor * norm((i) => mask[i]!)).toBeCloseTo(
      norm(() => 1),
      2,
    );
    expect(Math.fround(factor)).toBe(factor);
  });
  test.each([
    ['nothing kept', [1, 1], [0, 0]],
    ['nothing there', [1e-8, 1e-8], [1, 0]],
  ])('leaves it: %s', (_name, delta, mask) => {
    expect(rescaleFactor(Float32Array.from(delta), Uint8Array.from(mask))).toBe(1);
  });
});

describe('sign election', () => {
  function elect(terms: number[][], weights: number[]): { mixed: number[]; divisor: number[] } {
    const n = terms[0]!.length;
    const [mixed, divisor] = [new Float32Array(n), new Float32Array(n)];
    electSigns(
      terms.map((t) => Float32Array.from(t)),
      weights,
      n,
      mixed,
      divisor,
    );
    return { mixed: [...mixed], divisor: [...divisor] };
  }
  test('the weighted sum elects, + where it is 0; who disagrees is left out of sum and weights', () => {
    expect(
      elect(
        [
          [0.5, 1, 1],
          [-0.25, -1, -2],
        ],
        [0.5, 0.25],
      ),
    ).toEqual({ mixed: [0.5, 1, -2], divisor: [0.5, 0.5, 0.25] });
  });
  test('zeros agree with nobody, and where nobody agrees the divisor is 1', () => {
    const { mixed, divisor } = elect(
      [
        [0, 0],
        [0, 3],
      ],
      [0.5, 0.25],
    );
    expect(mixed.map(Math.abs)).toEqual([0, 3]);
    expect(divisor).toEqual([1, 0.25]);
  });
  test('a NaN that is voted down is still seen', () => {
    expect(elect([[NaN], [1]], [1, 1]).mixed).toEqual([NaN]);
  });
});
