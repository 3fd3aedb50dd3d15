import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stampBuild } from '../../src/cli/precache';
import { serveLab, type LabServer } from '../serve';
import type { LabBrowser, LabPage } from './driver';
import { ENGINES, launch } from './engines';
import { COLUMNS, QUESTION, columnSources, columnTexts, goldenTexts, useLab } from './lab';

const DIST = process.env.LAB_DIST ?? 'dist';
const SETTLED = 60_000;

const ready = (page: LabPage) =>
  page.waitFor('the page to be kept', async () => (await page.attr('offline', 'data-state')) === 'ready', SETTLED);
const lessonIs = (page: LabPage, id: string, state: string) =>
  page.waitFor(
    `${id} to be ${state}`,
    async () => (await page.attr(`offline-lesson-${id}`, 'data-state')) === state,
    SETTLED,
  );
const caches = (page: LabPage) => page.evaluate(async () => (await globalThis.caches.keys()).sort(), null);
const build = (page: LabPage) =>
  page.evaluate(() => document.querySelector<HTMLMetaElement>('meta[name="build"]')?.content ?? '', null);

async function run(page: LabPage, runs = 1): Promise<void> {
  await page.fill('prompt', QUESTION);
  await page.press('Control+Enter');
  await page.waitForRuns(runs);
}

/** The same lab as the next upload: every script and style has another name, as if all had changed. */
async function nextBuild(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'merge-lab-next-'));
  await cp(DIST, folder, { recursive: true });
  const names = (await readdir(join(folder, 'assets'))).filter((name) => /-[\w-]{8}\.(js|css)$/.test(name));
  const renamed = new Map(names.map((name) => [name, name.replace(/-[\w-]{8}(\.\w+)$/, '-nextnext$1')]));
  // Chunks of one name would collide.
  const taken = new Set<string>();
  for (const [name, next] of renamed) {
    let free = next;
    for (let n = 0; taken.has(free); n++) free = next.replace('-nextnext', `-next${String(n).padStart(4, '0')}`);
    taken.add(free);
    renamed.set(name, free);
  }
  const texts = ['index.html', ...names.map((name) => `assets/${name}`)];
  for (const file of texts) {
    let text = await readFile(join(folder, file), 'utf8');
    for (const [name, next] of renamed) text = text.replaceAll(name, next);
    await writeFile(join(folder, file), text);
  }
  for (const [name, next] of renamed) await rename(join(folder, 'assets', name), join(folder, 'assets', next));
  await stampBuild(folder);
  return folder;
}

describe.each(ENGINES)('without a connection in %s', (engine) => {
  let server: LabServer;
  let browser: LabBrowser;
  let next = '';
  beforeAll(async () => {
    server = await serveLab(undefined, undefined, true);
    browser = await launch(engine);
    next = await nextBuild();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(next, { recursive: true });
  });

  test('after one visit the lesson that was run there runs again, live, and says the same', async () => {
    const page = await browser.newPage();
    await page.open(`${server.url}?lesson=addition`);
    await run(page);
    await ready(page);
    await lessonIs(page, 'addition', 'ready');
    expect(await page.attr('offline-lesson-subtraction', 'data-state')).not.toBe('ready');

    server.cut(true);
    await page.open(`${server.url}?lesson=addition&lang=en`);
    await page.waitFor('the recorded answers', async () => (await columnSources(page)).every((s) => s === 'recorded'));
    await run(page);
    expect(await columnSources(page)).toEqual(COLUMNS.map(() => 'live'));
    expect(await columnTexts(page)).toEqual(goldenTexts().get(QUESTION));
    // Another language was never asked for before.
    await page.select('lang', 'zh-Hant');
    await page.waitFor('Chinese', async () => (await page.text('offline')).includes('沒有網路'));

    // A missing shard is an error, never a page.
    const missing = await page.evaluate(
      async (url) =>
        fetch(url).then(
          (response) => response.status,
          () => 'no answer',
        ),
      new URL('zoo/base-1/model-00002.safetensors?h=00000000', server.url).href,
    );
    expect(missing).toBe('no answer');
    server.cut(false);
    await page.close();
  });

  test('a chosen lesson is fetched ahead, works after the connection is gone, and gives its bytes back', async () => {
    const page = await browser.newPage();
    await page.open(`${server.url}?lesson=neuron`);
    await ready(page);
    expect(await page.attr('offline-lesson-subtraction', 'data-state')).toBe('none');
    await page.click('offline-download-subtraction');
    await lessonIs(page, 'subtraction', 'ready');
    expect(Number(await page.attr('offline-lesson-subtraction', 'data-bytes'))).toBeGreaterThan(5_000_000);

    server.cut(true);
    await page.click('lesson-subtraction');
    await page.waitFor('its bench', () => page.exists('column-rude'));
    await page.click('run');
    await page.waitFor('live answers', async () => (await page.attr('column-merged', 'data-source')) === 'live');
    const part = await page.evaluate(async (folder) => {
      const [key] = (await (await globalThis.caches.open('zoo')).keys()).filter(({ url }) =>
        url.includes('model.safetensors'),
      );
      const response = await fetch(key?.url ?? folder, { headers: { Range: 'bytes=0-7' } });
      return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
    }, server.url);
    expect(part).toEqual({ status: 206, bytes: 8 });

    server.cut(false);
    await page.click('offline-remove-subtraction');
    await lessonIs(page, 'subtraction', 'none');
    expect(await page.attr('offline-lesson-subtraction', 'data-bytes')).toBe('0');
    expect(await page.evaluate(async () => (await (await globalThis.caches.open('zoo')).keys()).length, null)).toBe(0);
    await page.close();
  });

  test('a new version waits for a word; until then the open page keeps its own scripts', async () => {
    const page = await browser.newPage();
    await page.open(`${server.url}?lesson=addition`);
    await ready(page);
    const before = await build(page);
    expect(before).toMatch(/^[0-9a-f]{12}$/);

    server.use(next);
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()), null);
    await page.waitFor('the notice', () => page.exists('offline-update'), SETTLED);
    expect(await build(page)).toBe(before);
    // Scripts that this page has not asked for yet, and that the server no longer has: a language, the workers.
    await page.select('lang', 'zh-Hans');
    await page.waitFor('Chinese', async () => (await page.text('offline-update')).includes('新版本'));
    await run(page);
    expect(await columnTexts(page)).toEqual(goldenTexts().get(QUESTION));
    expect(await page.exists('offline-update')).toBe(true);
    expect((await caches(page)).filter((name) => name.startsWith('shell-')).length).toBe(2);

    await page.click('offline-use');
    await page.waitFor('the new version', async () => !['', before].includes(await build(page)), SETTLED);
    await ready(page);
    expect(await page.exists('offline-update')).toBe(false);
    const after = await build(page);
    await page.waitFor('the old version to be gone', async () => {
      const shells = (await caches(page)).filter((name) => name.startsWith('shell-'));
      return shells.length === 1 && shells[0] === `shell-${after}`;
    });
    expect(server.violations).toEqual([]);
    expect(server.missing.filter((path) => path.includes('/assets/'))).toEqual([]);
    server.use(DIST);
    await page.close();
  });

  test('a page that another one went past still gets the scripts of its own version', async () => {
    const page = await browser.newPage();
    await page.open(`${server.url}?lesson=addition`);
    await ready(page);
    const before = await build(page);
    server.use(next);
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()), null);
    await page.waitFor('the notice', () => page.exists('offline-update'), SETTLED);
    const other = await page.sibling();
    await other.open(`${server.url}?lesson=addition`);
    await other.waitFor('the notice there', () => other.exists('offline-update'), SETTLED);
    await other.click('offline-use');
    await other.waitFor('the new version there', async () => (await build(other)) !== before, SETTLED);
    const after = await build(other);
    await ready(other);
    // Time to tidy up, if it were to.
    await new Promise((later) => setTimeout(later, 1000));
    expect(after).not.toBe(before);
    expect(await build(page)).toBe(before);
    await page.select('lang', 'zh-Hans');
    await page.waitFor('Chinese', async () => (await page.text('offline-update')).includes('新版本'));
    await run(page);
    expect(await columnTexts(page)).toEqual(goldenTexts().get(QUESTION));
    await page.click('offline-use');
    await page.waitFor('the new version', async () => (await build(page)) === after, SETTLED);
    expect(server.missing.filter((path) => path.includes('/assets/'))).toEqual([]);
    server.use(DIST);
    await page.close();
  });
});

// The others do not report long tasks.
describe.runIf(ENGINES.includes('chromium'))('the page while models are merged and run', () => {
  const lab = useLab('chromium');

  test('is never blocked for more than 200 ms', async () => {
    const page = await lab.open('?lesson=addition', () => {
      const tasks: number[] = [];
      Object.assign(globalThis, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
      });
    });
    await page.waitFor('the recorded answers', async () => (await columnSources(page)).every((s) => s === 'recorded'));
    const take = () => page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks.splice(0), null);
    // A task that is long on purpose is seen.
    await page.evaluate(() => {
      for (const end = performance.now() + 120; performance.now() < end;);
    }, null);
    await page.waitFor('the long task', async () => (await take()).some((duration) => duration >= 100));
    await run(page);
    await page.slide('slider-chat', 0.5);
    await page.waitFor('the merge to follow', async () => (await page.attr('column-merged', 'data-source')) === 'live');
    await page.waitFor('rest', async () => (await page.attr('status', 'data-state')) === 'idle');
    const longest = Math.max(0, ...(await take()));
    console.log(`longest task of the page while merging and running: ${longest.toFixed(0)} ms`);
    expect(longest).toBeLessThanOrEqual(200);
    await page.close();
  });
});
