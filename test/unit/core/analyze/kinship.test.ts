import { describe, expect, test } from 'vitest';
import { kinBytes, kinshipsOf, referenceOf, verdictOf } from '../../../../src/core/analyze/kinship';
import type { MergeDoc, Recipe } from '../../../../src/core/recipe/types';
import { madeHead } from '../merge/helpers';

/** Numbers without a pattern, from -0.5 to 0.5. */
const noise = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => (Math.abs(Math.sin(i * 12.9898 + seed * 78.233) * 43758.5453) % 1) - 0.5);
const SHAPE = [40, 50];
const matrix = (values: number[]) => ({ 'w.weight': { shape: SHAPE, values } });
const moved = (by: number) => noise(2000, 1).map((value, i) => value + by * noise(2000, 2)[i]!);
const verdict = async (values: number[], shape = SHAPE) => {
  const kin = await kinshipsOf(madeHead('base', matrix(noise(2000, 1))), [
    madeHead('other', { 'w.weight': { shape, values } }),
  ]);
  return kin.models[0]!;
};

describe('whether two checkpoints have a common ancestor', () => {
  test('by the distance of their weights', async () => {
    expect(await verdict(moved(0))).toMatchObject({ verdict: 'same', relative: 0, cosine: 1 });
    expect(await verdict(moved(0.05))).toMatchObject({ verdict: 'related', compared: 2000, weights: 2000 });
    expect((await verdict(moved(0.5))).verdict).toBe('far');
    const stranger = await verdict(noise(2000, 3));
    expect(stranger.verdict).toBe('unrelated');
    expect(stranger.relative).toBeCloseTo(Math.SQRT2, 1);
    // A stranger with small weights is as far as one norm, not as near as a relative.
    expect((await verdict(noise(2000, 3).map((value) => value / 10))).verdict).toBe('unrelated');
  });

  test('not by what starts alike everywhere, nor by tensors of other shapes', async () => {
    expect(await verdict(moved(0), [50, 40])).toMatchObject({ verdict: 'incomparable', relative: null, mismatched: 1 });
    const norm = { 'norm.weight': { shape: [4], values: [1, 1, 1, 1] } };
    const [one, two] = [1, 3].map((seed) => madeHead(`m${seed}`, { ...norm, ...matrix(noise(2000, seed)) }));
    expect((await kinshipsOf(one!, [two!])).models[0]).toMatchObject({ verdict: 'unrelated', same: 2 });
  });

  test('vocabularies are facts beside it', async () => {
    const with_ = (tokens: string[]) =>
      madeHead('m', matrix(noise(2000, 1)), { vocabulary: new Map(tokens.map((token, id) => [token, id])) });
    const { models } = await kinshipsOf(with_(['a', 'b']), [with_(['a', 'b', 'c']), with_(['b', 'a'])]);
    expect(models.map(({ tokenizer }) => tokenizer)).toEqual(['extends', 'differs']);
  });

  test('reads a sample of what is large, and reports the bytes it said', async () => {
    const large = { 'w.weight': { shape: [1100, 512], values: new Float32Array(1100 * 512).fill(0.5) } };
    const [a, b] = [madeHead('a', large), madeHead('b', large)];
    let read = 0;
    const kin = await kinshipsOf(a, [b], { onBytes: (bytes) => (read += bytes) });
    expect(kin.models[0]).toMatchObject({ compared: 1 << 19, weights: 1100 * 512, verdict: 'same' });
    expect(read).toBe(kinBytes(a, [b]));
    expect(read).toBe(2 * 4 * (1 << 19));
  });

  test('nothing to measure has no verdict', () => {
    expect(verdictOf(null, null)).toBe('incomparable');
    expect(verdictOf(0.1, 0.99)).toBe('related');
  });

  test('a bench measures from its base, else from the model called so, else from the first', () => {
    const recipe = (merge: MergeDoc | MergeDoc[], ...aliases: string[]): Recipe => ({
      v: 1,
      models: Object.fromEntries(aliases.map((alias) => [alias, { src: 'zoo:x' }])),
      merge,
    });
    const linear: MergeDoc = { merge_method: 'linear', models: [] };
    expect(referenceOf(recipe({ ...linear, base_model: 'b' }, 'a', 'b'))).toBe('b');
    expect(referenceOf(recipe([linear, { ...linear, base_model: 'stage' }], 'a', 'base'))).toBe('base');
    expect(referenceOf(recipe(linear, 'a', 'b'))).toBe('a');
    expect(referenceOf(recipe(linear))).toBeNull();
  });
});
