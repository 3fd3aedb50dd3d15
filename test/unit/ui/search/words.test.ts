import { expect, test } from 'vitest';
import { search as en } from '../../../../src/i18n/en/search';
import { search as hans } from '../../../../src/i18n/zh-Hans/search';
import { search as hant } from '../../../../src/i18n/zh-Hant/search';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test.each([hant, hans])('messages of the search have the same keys and placeholders in each language', (other) => {
  expect(Object.keys(other)).toEqual(Object.keys(en));
  for (const [key, text] of Object.entries(en)) expect(holes(other[key as keyof typeof en]), key).toEqual(holes(text));
});
