import { expect, test } from 'vitest';
import { lora as en } from '../../../../src/i18n/en/lora';
import { lora as hans } from '../../../../src/i18n/zh-Hans/lora';
import { lora as hant } from '../../../../src/i18n/zh-Hant/lora';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test.each([hant, hans])(
  'messages of the LoRA dialogs have the same keys and placeholders in each language',
  (other) => {
    expect(Object.keys(other)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en))
      expect(holes(other[key as keyof typeof en]), key).toEqual(holes(text));
  },
);
