import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { COLUMNS, columnSources, columnTexts, useLab } from './lab';
import { ENGINES } from './engines';

describe.each(ENGINES)('the page in %s', (engine) => {
  const lab = useLab(engine);

  test('shows the recorded answers of the lesson before anything runs', async () => {
    const page = await lab.open('?lesson=addition');
    await page.waitFor('the recorded answers', async () =>
      (await columnSources(page)).every((source) => source === 'recorded'),
    );
    expect(Object.values(await columnTexts(page)).every((text) => text.length > 0)).toBe(true);
    expect(await page.attr('status', 'data-state')).toBe('idle');
    expect(await page.attr('status', 'data-run')).toBe('0');
    await page.close();
  });

  test('opens the lesson when the address names none', async () => {
    const page = await lab.open('');
    for (const alias of COLUMNS) expect(await page.exists(`column-${alias}`)).toBe(true);
    await page.close();
  });

  test('keeps within its policy and its origin, with no script over budget and no missing file', async () => {
    const page = await lab.open('?lesson=addition');
    await page.waitFor('the recorded answers', async () => (await columnSources(page)).includes('recorded'));
    const own = page.requests.filter((url) => url.startsWith(`${lab.server.origin}/`));
    expect(page.requests.filter((url) => !/^(blob|data):/.test(url))).toEqual(own);
    const scripts = [...new Set(own.filter((url) => url.endsWith('.js')))];
    const sizes = await Promise.all(scripts.map(async (url) => gzipSync(await (await fetch(url)).text()).length));
    expect(scripts.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(150_000);
    expect(lab.server.violations).toEqual([]);
    expect(page.errors).toEqual([]);
    expect(lab.server.missing.filter((path) => path !== '/favicon.ico')).toEqual([]);
    await page.close();
  });
});
