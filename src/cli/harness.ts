import { chromium, type Page } from 'playwright';
import { createServer } from 'vite';
import { LabError } from '../core/errors';
import { browserEnvironment, CHROMIUM_FLAGS, findBrowser } from './browsers';

/** Opens src/app/harness.html in headless Chromium over Vite's dev server, hands the page to `work`, and closes both. */
export async function withHarness<T>(work: (page: Page, version: string) => Promise<T>): Promise<T> {
  const executablePath = findBrowser('chromium');
  if (!executablePath)
    throw new LabError(
      'cli/no-browser',
      'No Chromium found. Install one (Debian: apt-get install chromium), or name it in CHROMIUM.',
    );
  const server = await createServer({ logLevel: 'warn', server: { port: 0, hmr: false, watch: null } });
  await server.listen();
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, env: browserEnvironment() });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.goto(new URL('src/app/harness.html', server.resolvedUrls!.local[0]).href);
    await page.waitForFunction('globalThis.harness !== undefined', undefined, { timeout: 60_000 });
    return await work(page, browser.version());
  } finally {
    await browser.close();
    await server.close();
  }
}
