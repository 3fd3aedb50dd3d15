import { AxeBuilder } from '@axe-core/playwright';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright';
import puppeteer from 'puppeteer-core';
import { CHROMIUM_FLAGS, browserEnvironment, findBrowser, type BrowserName } from '../../src/cli/browsers';
import { LabPage, type LabBrowser, type PageLog, type RawPage } from './driver';

/** The engines of this machine. A missing one is reported, and fails in CI, before the tests start (test/run.ts). */
export const ENGINES = (['chromium', 'firefox'] as const).filter((name) => findBrowser(name) !== null);

async function launchChromium(): Promise<LabBrowser> {
  const browser = await chromium.launch({
    executablePath: findBrowser('chromium') ?? undefined,
    args: CHROMIUM_FLAGS,
    env: browserEnvironment(),
  });
  const newPage = async (): Promise<LabPage> => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const log: PageLog = { requests: [], errors: [] };
    page.on('request', (request) => log.requests.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && log.errors.push(message.text()));
    page.on('pageerror', (error) => log.errors.push(String(error)));
    const raw: RawPage = {
      goto: (url) => page.goto(url),
      prepare: (fn) => page.addInitScript(fn),
      evaluate: (fn, arg) => page.evaluate(fn as never, arg),
      click: (selector) => page.click(selector),
      type: (text) => page.keyboard.type(text),
      press: (key) => page.keyboard.press(key),
      setFiles: (selector, paths) => page.setInputFiles(selector, paths),
      resize: (width, height) => page.setViewportSize({ width, height }),
      emulate: (theme) => page.emulateMedia({ colorScheme: theme }),
      screenshot: (path) => page.screenshot({ path }),
      audit: async () => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html) }));
      },
      close: () => context.close(),
    };
    return new LabPage(raw, log, 'chromium');
  };
  return { engine: 'chromium', newPage, close: () => browser.close() };
}

/**
 * BiDi does not tell of a worker's requests, so Firefox is given a proxy, which it asks for everything but loopback
 * addresses: it notes each address and refuses.
 */
async function listenAsProxy(heard: (url: string) => void): Promise<{ port: number; close: () => void }> {
  const proxy = createServer((request, response) => {
    heard(request.url ?? '');
    response.writeHead(403).end();
  });
  proxy.on('connect', (request, socket) => {
    heard(`https://${request.url ?? ''}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  return { port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}

async function launchFirefox(): Promise<LabBrowser> {
  const logs: PageLog[] = [];
  const proxy = await listenAsProxy((url) => {
    // Firefox asks its maker for settings at every start; that is not the page's doing.
    if (!/\.mozilla\.(com|org|net):443$/.test(url)) for (const log of logs) log.requests.push(url);
  });
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findBrowser('firefox') ?? undefined,
    headless: true,
    protocolTimeout: 180_000,
    env: browserEnvironment(),
    extraPrefsFirefox: {
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': proxy.port,
      'network.proxy.ssl': '127.0.0.1',
      'network.proxy.ssl_port': proxy.port,
    },
  });
  const newPage = async (): Promise<LabPage> => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width: 1440, height: 900 });
    const log: PageLog = { requests: [], errors: [] };
    logs.push(log);
    page.on('request', (request) => log.requests.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && log.errors.push(message.text()));
    page.on('pageerror', (error) => log.errors.push(String(error)));
    const press = async (chord: string): Promise<void> => {
      const keys = chord.split('+') as Parameters<typeof page.keyboard.press>[0][];
      for (const key of keys) await page.keyboard.down(key);
      for (const key of keys.reverse()) await page.keyboard.up(key);
    };
    const raw: RawPage = {
      goto: (url) => page.goto(url),
      prepare: (fn) => page.evaluateOnNewDocument(fn),
      evaluate: (fn, arg) => page.evaluate(fn as never, arg) as never,
      click: (selector) => page.click(selector),
      type: (text) => page.keyboard.type(text),
      press,
      setFiles: async (selector, paths) => {
        const input = await page.$(selector);
        await (input as Awaited<ReturnType<typeof page.$<'input'>>>)?.uploadFile(...paths);
      },
      resize: (width, height) => page.setViewport({ width, height }),
      emulate: (theme) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]),
      screenshot: (path) => page.screenshot({ path: path as `${string}.png` }),
      close: () => context.close(),
    };
    return new LabPage(raw, log, 'firefox');
  };
  const close = async (): Promise<void> => {
    await browser.close();
    proxy.close();
  };
  return { engine: 'firefox', newPage, close };
}

/** Starts an engine: Chromium through Playwright, Firefox (any release build) through WebDriver BiDi. */
export function launch(engine: BrowserName): Promise<LabBrowser> {
  return engine === 'chromium' ? launchChromium() : launchFirefox();
}
