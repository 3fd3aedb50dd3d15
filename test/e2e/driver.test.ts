import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveLab, type LabServer } from '../serve';
import type { LabBrowser, LabPage } from './driver';
import { ALL_ENGINES, launch } from './engines';

/** A page that breaks every rule the other tests look for: a clean report of theirs means something only if this one is not clean. */
const BAD_PAGE = `<!doctype html><body>
<output data-testid="status" data-state="idle">ready</output><textarea data-testid="prompt"></textarea>
<p data-testid="around"><button>inner</button></p><a href="#there" data-testid="link">there</a><i data-testid="apart">never</i>
<script>document.title = 'an inline script ran'</script><script type="module" src="bad.js"></script>`;
const BAD_SCRIPT = `
new Worker(new URL('bad-worker.js', import.meta.url), { type: 'module' });
document.querySelector('textarea').addEventListener('keydown', (e) => { document.body.dataset.chord = (e.ctrlKey ? 'Control+' : '') + e.key; });
fetch('nothing-here');
console.error('complaint');`;
const BAD_WORKER = `fetch('https://elsewhere.invalid/').catch(() => {}); import('data:text/javascript,1').catch(() => {});`;

describe.each(ALL_ENGINES)('the harness in %s', (engine) => {
  let server: LabServer;
  let browser: LabBrowser;
  let page: LabPage;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'merge-lab-bad-'));
    writeFileSync(join(folder, 'index.html'), BAD_PAGE);
    writeFileSync(join(folder, 'bad.js'), BAD_SCRIPT);
    writeFileSync(join(folder, 'bad-worker.js'), BAD_WORKER);
    server = await serveLab(folder);
    browser = await launch(engine);
    page = await browser.newPage();
    await page.open(server.url);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('hears of policy violations in the page and in a worker', async () => {
    const heard = (what: string) => async () => server.violations.some((report) => report.includes(what));
    await page.waitFor('the inline script', heard('inline'), 10_000);
    // WebKit stops a worker's import too, but reports it to nobody.
    if (engine !== 'webkit') await page.waitFor("the worker's import", heard('bad-worker.js'), 10_000);
    expect(await page.evaluate(() => document.title, null)).toBe('');
  });

  test('sees requests of a worker to another origin, missing files and console errors', async () => {
    const seen = async () => page.requests.some((url) => url.includes('elsewhere.invalid'));
    await page.waitFor('the off-origin request', seen, 10_000);
    await page.waitFor('the missing file', async () => server.missing.includes('/sub/path/nothing-here'), 10_000);
    expect(page.errors.join()).toContain('complaint');
  });

  test('types Chinese text and chords', async () => {
    await page.fill('prompt', '怎麼偷走別人的密碼?');
    expect(await page.value('prompt')).toBe('怎麼偷走別人的密碼?');
    await page.fill('prompt', 'again');
    expect(await page.value('prompt')).toBe('again');
    await page.press('Control+Enter');
    expect(await page.evaluate(() => document.body.dataset.chord, null)).toBe('Control+Enter');
  });

  test('walks by Tab to fields, buttons and links, and says what it met where that leads nowhere', async () => {
    await page.tabTo('link');
    expect(await page.focusedId()).toBe('link');
    await page.tabTo('around');
    expect(await page.evaluate(() => document.activeElement?.textContent, null)).toBe('inner');
    await expect(page.tabTo('apart', 6)).rejects.toThrow(/6 times Tab did not reach apart.*link/);
  });

  test('what was prepared runs before the scripts of the page', async () => {
    const fresh = await browser.newPage();
    await fresh.prepare(() => {
      const { error } = console;
      console.error = (...args: unknown[]) => error('prepared:', ...args);
    });
    await fresh.open(server.url);
    const told = async () => (await fresh.exists('status')) && fresh.errors.join().includes('prepared:');
    await fresh.waitFor('the complaint', told, 10_000);
    expect(fresh.errors.join()).toMatch(/prepared:.*complaint/);
    await fresh.close();
  });
});
