import jsQR from 'jsqr';
import { describe, expect, test, vi } from 'vitest';
import { embed as embedEn } from '../../../../src/i18n/en/embed';
import { present as presentEn } from '../../../../src/i18n/en/present';
import { embed as embedHans } from '../../../../src/i18n/zh-Hans/embed';
import { present as presentHans } from '../../../../src/i18n/zh-Hans/present';
import { embed as embedHant } from '../../../../src/i18n/zh-Hant/embed';
import { present as presentHant } from '../../../../src/i18n/zh-Hant/present';
import { SHORTCUTS } from '../../../../src/app/shortcuts';
import { withPresentKeys } from '../../../../src/ui/palette/rows';
import { drawQr, MAX_LINK, type QrPicture } from '../../../../src/ui/present/qr-path';

// The bench reads the page's address as soon as it is imported.
vi.hoisted(() => {
  vi.stubGlobal('location', { href: 'http://localhost/' });
  vi.stubGlobal('document', { querySelector: () => null });
});

describe('messages that are fetched late', () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  test.each([
    [presentEn, presentHant],
    [presentEn, presentHans],
    [embedEn, embedHant],
    [embedEn, embedHans],
  ])('have the same keys and placeholders, and full-width punctuation', (en, other) => {
    expect(Object.keys(other)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) {
      const translated = (other as Record<string, string>)[key]!;
      expect(holes(translated), key).toEqual(holes(text));
      expect(translated, key).not.toMatch(/[\u4e00-\u9fff）」][,:;?(]|[,:;][\u4e00-\u9fff「（]|\([^)]*）/);
    }
  });
});

/** The picture as a reader's camera has it: four pixels a module, RGBA. */
function pixels({ size, path }: QrPicture): { data: Uint8ClampedArray; side: number } {
  const scale = 4;
  const side = size * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++)
      for (let column = Number(x) * scale; column < (Number(x) + Number(width)) * scale; column++)
        data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
  }
  return { data, side };
}

describe('the help sheet while presenting', () => {
  test('has the lecturer’s keys, and no key that does something else there', () => {
    const rows = withPresentKeys(SHORTCUTS);
    const all = rows.filter(({ id }) => id !== 'fine').flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
    expect(rows.find(({ keys }) => keys.includes('S'))?.id).toBe('spotlight');
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(['next', 'blank', 'qr', 'palette', 'run']));
  });
});

describe('QR code', () => {
  test.each([
    'https://example.org/lab/?lesson=addition&step=3',
    `https://example.org/lab/#1.${'Az09_-'.repeat(50)}`,
    `https://example.org/lab/#1.${'x'.repeat(MAX_LINK - 27)}`,
  ])('of %s is read back', async (link) => {
    const picture = await drawQr(link);
    const { data, side } = pixels(picture!);
    expect(jsQR(data, side, side)?.data).toBe(link);
  });
  test('has four white modules around it', async () => {
    const { path, size } = (await drawQr('https://example.org/'))!;
    const columns = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)];
    expect(Math.min(...columns.map(([, x]) => Number(x)))).toBe(4);
    expect(Math.max(...columns.map(([, x, , width]) => Number(x) + Number(width)))).toBe(size - 4);
  });
  test('of a link that no phone would read from its seat is not drawn', async () => {
    expect(await drawQr('x'.repeat(MAX_LINK + 1))).toBeNull();
  });
});
