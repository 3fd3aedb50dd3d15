import { describe, expect, test } from 'vitest';
import { scope as en } from '../../../../src/i18n/en/scope';
import { scope as hans } from '../../../../src/i18n/zh-Hans/scope';
import { scope as hant } from '../../../../src/i18n/zh-Hant/scope';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each([
  ['zh-Hant', hant],
  ['zh-Hans', hans],
])('what the microscope says in %s', (_lang, messages) => {
  test('has every message of English, with the same placeholders and full-width punctuation', () => {
    expect(Object.keys(messages)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) {
      const said = messages[key as keyof typeof en];
      expect(holes(said), key).toEqual(holes(text));
      expect(said, key).not.toMatch(/[一-鿿）」][,:;?(]|[,:;][一-鿿「（]/);
    }
  });
});
