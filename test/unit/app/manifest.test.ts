import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PUBLIC = join(import.meta.dirname, '../../../public');

interface Icon {
  src: string;
  sizes: string;
  type: string;
  purpose?: string;
}

/** Width and height in the header of a PNG file. */
async function sizeOf(path: string): Promise<string> {
  const bytes = await readFile(join(PUBLIC, path));
  expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
}

test('the page can be installed, from any folder and in any language', async () => {
  const manifest = JSON.parse(await readFile(join(PUBLIC, 'manifest.webmanifest'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({ name: 'Merge Lab', start_url: './', scope: './', display: 'standalone' });
  // Resolved against the origin, so that a relative path would be another app's.
  expect(manifest['id']).toMatch(/^[a-z-]+$/);
  expect(manifest).not.toHaveProperty('lang');
  expect(manifest).not.toHaveProperty('description');
  const icons = manifest['icons'] as Icon[];
  const pixels = icons.filter(({ type }) => type === 'image/png');
  for (const { src, sizes } of pixels) expect(await sizeOf(src), src).toBe(sizes);
  for (const purpose of [undefined, 'maskable'])
    expect(pixels.filter((icon) => icon.purpose === purpose).map(({ sizes }) => sizes)).toEqual(['192x192', '512x512']);
});
