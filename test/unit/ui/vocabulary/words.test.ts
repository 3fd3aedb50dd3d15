import { expect, test } from 'vitest';
import { vocabulary as en } from '../../../../src/i18n/en/vocabulary';
import { vocabulary as hans } from '../../../../src/i18n/zh-Hans/vocabulary';
import { vocabulary as hant } from '../../../../src/i18n/zh-Hant/vocabulary';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test.each([hant, hans])('messages of vocabularies have the same keys and placeholders in each language', (other) => {
  expect(Object.keys(other)).toEqual(Object.keys(en));
  for (const [key, text] of Object.entries(en)) expect(holes(other[key as keyof typeof en]), key).toEqual(holes(text));
});
