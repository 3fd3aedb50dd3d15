import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stampBuild } from '../../../src/cli/precache';

const FILES: Readonly<Record<string, string>> = {
  'index.html': '<meta name="build" content="" /><script src="./assets/main-1.js"></script>',
  'assets/main-1.js': 'main',
  'icons/icon.svg': '<svg/>',
  'zoo/index.json': '[]',
  'zoo/recorded/addition.json': '{}',
  'zoo/probes/addition-test.json': '{"items":[]}',
  'zoo/base-1/model.safetensors': 'weights',
  _headers: '/*',
};

describe('the stamp of a build', () => {
  let folder = '';
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'merge-lab-stamp-'));
    for (const [path, text] of Object.entries(FILES)) await write(path, text);
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('lists the page as kept, probe sets as known, and leaves models to the zoo', async () => {
    const { files } = await stampBuild(folder, 'code');
    expect(files.filter(({ shell }) => shell).map(({ path }) => path)).toEqual([
      'assets/main-1.js',
      'icons/icon.svg',
      'index.html',
      'zoo/index.json',
      'zoo/recorded/addition.json',
    ]);
    const sha256 = createHash('sha256').update('{"items":[]}').digest('hex');
    expect(files.filter(({ shell }) => !shell)).toEqual([
      { path: 'zoo/probes/addition-test.json', bytes: 12, sha256, shell: false },
    ]);
  });

  test('is in the page and in front of the service worker, and stamping again changes nothing', async () => {
    const { id } = await stampBuild(folder, 'code');
    const page = await readFile(join(folder, 'index.html'), 'utf8');
    const worker = await readFile(join(folder, 'sw.js'), 'utf8');
    expect(page).toContain(`<meta name="build" content="${id}" />`);
    expect(worker.split('\n')[0]).toMatch(/^self\.BUILD=\{"id":"[0-9a-f]{12}".*\};$/);
    expect(worker.split('\n').slice(1)).toEqual(['code']);
    expect((await stampBuild(folder)).id).toBe(id);
    expect(await readFile(join(folder, 'sw.js'), 'utf8')).toBe(worker);
  });

  test('is another one after a change of any file that the page keeps or knows', async () => {
    const seen = new Set([(await stampBuild(folder, 'code')).id]);
    for (const path of ['assets/main-1.js', 'zoo/recorded/addition.json', 'zoo/probes/addition-test.json']) {
      await write(path, `${FILES[path]} `);
      seen.add((await stampBuild(folder)).id);
    }
    expect(seen.size).toBe(4);
  });
});
