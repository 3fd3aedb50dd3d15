import { afterEach, describe, expect, test } from 'vitest';
import { reveal } from '../../../src/state/reveal.svelte';

afterEach(() => {
  if (reveal.shown) reveal.toggle();
});

describe('the button that shows swear words', () => {
  test('held, it shows them as long as it is held', () => {
    reveal.press(1000);
    expect(reveal.shown).toBe(true);
    reveal.letGo(3000);
    expect(reveal.shown).toBe(false);
  });

  test('a brief press switches, and the next one switches back', () => {
    reveal.press(0);
    reveal.letGo(100);
    expect(reveal.shown).toBe(true);
    reveal.press(5000);
    expect(reveal.shown).toBe(true);
    reveal.letGo(5100);
    expect(reveal.shown).toBe(false);
  });

  test('a key that repeats while it is held is one long press', () => {
    for (let at = 0; at <= 1000; at += 50) reveal.press(at);
    expect(reveal.shown).toBe(true);
    reveal.letGo(1050);
    expect(reveal.shown).toBe(false);
  });

  test('letting go without a press changes nothing, such as leaving the button by Tab', () => {
    reveal.toggle();
    reveal.letGo(100);
    expect(reveal.shown).toBe(true);
  });
});
