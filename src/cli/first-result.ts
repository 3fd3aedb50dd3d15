import { readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser } from 'playwright';
import { browserEnvironment, CHROMIUM_FLAGS, findBrowser } from './browsers';

/** Chrome DevTools' preset "Fast 3G": 150 ms times 3.75, and nine tenths of 1.6 Mbit/s down and 750 kbit/s up. */
const FAST_3G = {
  offline: false,
  latency: 562.5,
  downloadThroughput: (1.6e6 * 0.9) / 8,
  uploadThroughput: (750e3 * 0.9) / 8,
};
const CPU_SLOWDOWN = 4;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** A plain static host: text and wasm packed, weights as they are. */
async function serveStatic(folder: string): Promise<Server> {
  const packed = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url ?? '/', 'http://lab');
      const path = pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
      const file = join(folder, path);
      if (path.includes('..') || !(await stat(file).catch(() => null))?.isFile()) return response.writeHead(404).end();
      const type = TYPES[extname(file)];
      const content = packed.get(path) ?? (type ? gzipSync(await readFile(file)) : await readFile(file));
      packed.set(path, content);
      const encoding = type ? { 'Content-Encoding': 'gzip' } : {};
      return response
        .writeHead(200, {
          'Content-Type': type ?? 'application/octet-stream',
          ...encoding,
          'Content-Length': content.length,
        })
        .end(content);
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

export interface FirstResult {
  /** Milliseconds from navigation to the merged column's recorded answer. */
  recorded: number;
  /** The same to its live answer, where it was run at once; null where that was not waited for. */
  live: number | null;
  /** Milliseconds to the first paint with content. */
  paint: number;
  /** Bytes over the wire until the recorded answer. */
  bytes: number;
  requests: number;
}

async function visit(browser: Browser, url: string, live: boolean): Promise<FirstResult> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', FAST_3G);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  let bytes = 0;
  let requests = 0;
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests++;
  });
  // No named function in here: tsx would add a helper of its own, which the page does not have.
  await page.addInitScript(() => {
    const seen = globalThis as unknown as Record<string, number>;
    new MutationObserver(() => {
      const text = document.querySelector('[data-testid="column-merged-text"]')?.textContent?.trim();
      const source = document.querySelector('[data-testid="column-merged"]')?.getAttribute('data-source') ?? '';
      // Seen from the frame that shows it.
      if (text && !(source in seen))
        requestAnimationFrame(() => setTimeout(() => (seen[source] ??= performance.now())));
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  const when = async (source: string): Promise<number> => {
    await page.waitForFunction((key) => key in globalThis, source, { timeout: 200_000 });
    return page.evaluate((key) => (globalThis as unknown as Record<string, number>)[key]!, source);
  };
  await page.goto(url, { waitUntil: 'commit' });
  const recorded = await when('recorded');
  const until = { bytes, requests };
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  if (live) await page.click('[data-testid="run"]');
  const result = { recorded, live: live ? await when('live') : null, paint, ...until };
  await context.close();
  return result;
}

/**
 * Opens a built lab as a newcomer on a slow phone line does: nothing cached, Fast 3G, a processor four times slower.
 * @param folder the build
 * @param n visits; the first one also waits for the live answer
 */
export async function measureFirstResult(folder: string, n: number): Promise<FirstResult[]> {
  const server = await serveStatic(folder);
  const browser = await chromium.launch({
    executablePath: findBrowser('chromium') ?? undefined,
    args: CHROMIUM_FLAGS,
    env: browserEnvironment(),
  });
  const results: FirstResult[] = [];
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (let i = 0; i < n; i++) results.push(await visit(browser, url, i === 0));
  } finally {
    await browser.close();
    server.close();
  }
  return results;
}
