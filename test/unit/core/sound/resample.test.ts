import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { resample } from '../../../../src/core/sound/resample';

const TO = 16_000;
const tone = (hertz: number, rate: number, seconds = 0.25): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: seconds * rate }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
/** Away from the ends, where the filter has nothing to hear. */
const inner = (sound: Float32Array): Float32Array => sound.subarray(800, sound.length - 800);
const loudness = (sound: Float32Array): number => Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / sound.length);

describe('resampling to 16 kHz', () => {
  test.each([8000, 11025, 22050, 44100, 48000])('keeps a tone of 1 kHz from %i Hz', (rate) => {
    const made = resample(tone(1000, rate), rate, TO);
    expect(made.length).toBe(Math.round(Math.floor(0.25 * rate) * (TO / rate)));
    const wanted = inner(tone(1000, TO));
    const worst = inner(made).reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted[i] ?? x))), 0);
    expect(worst).toBeLessThan(1e-3);
  });

  test('takes away what 16 kHz cannot hold, instead of folding it back', () => {
    expect(loudness(inner(resample(tone(9000, 48000), 48000, TO)))).toBeLessThan(1e-4);
    expect(loudness(inner(resample(tone(7000, 48000), 48000, TO)))).toBeCloseTo(0.5 / Math.SQRT2, 2);
  });

  test('leaves silence silent, a constant constant, and 16 kHz as it is', () => {
    expect(resample(new Float32Array(441), 44100, TO).every((x) => x === 0)).toBe(true);
    expect(inner(resample(new Float32Array(8000).fill(0.25), 8000, TO)).every((x) => Math.abs(x - 0.25) < 1e-6)).toBe(
      true,
    );
    const same = tone(440, TO);
    expect(resample(same, TO, TO)).toEqual(same);
    expect(resample(new Float32Array([0.5]), 192000, TO).length).toBe(1);
  });

  test('makes the same numbers on every engine', () => {
    // A sound without sines, whose last bits would be the engine's own.
    const noise = Float32Array.from({ length: 4410 }, (_, i) => ((i * 7919) % 2048) / 1024 - 1);
    const bytes = new Uint8Array(resample(noise, 44100, TO).buffer);
    expect(createHash('sha256').update(bytes).digest('hex')).toMatchInlineSnapshot(
      `"dda6ea45df8e55a159b155158da1dc19e2c31107ba8e383e71248569f7e746c3"`,
    );
  });
});
