import puppeteer, { type BrowserContext } from 'puppeteer-core';
import { browserEnvironment, findBrowser } from '../../../src/cli/browsers';
import { LabPage, type LabBrowser, type PageLog, type RawPage } from '../driver';
import { listenAsProxy } from './proxy';

const CLICK_TRIES = 3;
const HEARD_WITHIN_MS = 2000;

export async function launchFirefox(): Promise<LabBrowser> {
  const logs: PageLog[] = [];
  const proxy = await listenAsProxy((url) => {
    // Firefox asks its maker for settings at every start; that is not the page's doing.
    if (!/\.mozilla\.(com|org|net):443$/.test(url)) for (const log of logs) log.requests.push(url);
  });
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findBrowser('firefox') ?? undefined,
    headless: true,
    timeout: 90_000,
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
  const pageOf = async (context: BrowserContext): Promise<LabPage> => {
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
    // A locator waits until what is clicked rests; a page that begins to move just then is hit beside it all the same,
    // and a click may arrive after its command has been answered.
    const click = async (selector: string): Promise<void> => {
      for (let tries = 0; tries < CLICK_TRIES; tries++) {
        await page.locator(selector).wait();
        await page.evaluate((what) => {
          const heard = (event: Event): void => {
            if (!(event.target as Element).closest(what)) return;
            document.documentElement.dataset['click'] = 'heard';
            document.removeEventListener('click', heard, true);
          };
          document.documentElement.dataset['click'] = 'awaited';
          document.addEventListener('click', heard, true);
        }, selector);
        await page.locator(selector).click();
        const end = performance.now() + HEARD_WITHIN_MS;
        while (performance.now() < end) {
          // Where the click led to another page, that one does not wait for it.
          const state = await page.evaluate(() => document.documentElement.dataset['click']).catch(() => undefined);
          if (state !== 'awaited') return;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      throw new Error(`firefox: ${CLICK_TRIES} clicks on ${selector} did not reach it`);
    };
    const raw: RawPage = {
      goto: (url) => page.goto(url),
      prepare: (fn) => page.evaluateOnNewDocument(fn),
      evaluate: (fn, arg) => page.evaluate(fn as never, arg) as never,
      click,
      type: (text) => page.keyboard.type(text),
      press,
      setFiles: async (selector, paths) => {
        const input = await page.$(selector);
        await (input as Awaited<ReturnType<typeof page.$<'input'>>>)?.uploadFile(...paths);
      },
      resize: (width, height) => page.setViewport({ width, height }),
      emulate: (theme) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]),
      screenshot: (path) => page.screenshot({ path: path as `${string}.png` }),
      sibling: () => pageOf(context),
      close: () => context.close(),
    };
    return new LabPage(raw, log, 'firefox');
  };
  const newPage = async (): Promise<LabPage> => pageOf(await browser.createBrowserContext());
  const close = async (): Promise<void> => {
    await browser.close();
    proxy.close();
  };
  return { engine: 'firefox', newPage, close };
}
