import { AxeBuilder } from '@axe-core/playwright';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright';
import puppeteer from 'puppeteer-core';
import { CHROMIUM_FLAGS, browserEnvironment, findBrowser, type BrowserName } from '../browsers';

/** The engines of this machine. A missing one is reported, and fails in CI, before the tests start (test/run.ts). */
export const ENGINES = (['chromium', 'firefox'] as const).filter((name) => findBrowser(name) !== null);

/** What the two libraries can do alike; everything else is built on it, so that both engines meet the same assertions. */
interface RawPage {
  goto(url: string): Promise<unknown>;
  evaluate<A, R>(fn: (arg: A) => R | Promise<R>, arg: A): Promise<R>;
  click(selector: string): Promise<unknown>;
  type(text: string): Promise<unknown>;
  press(key: string): Promise<unknown>;
  setFiles(selector: string, paths: string[]): Promise<unknown>;
  resize(width: number, height: number): Promise<unknown>;
  emulate(theme: 'light' | 'dark'): Promise<unknown>;
  screenshot(path: string): Promise<unknown>;
  audit?(): Promise<AccessibilityIssue[]>;
  close(): Promise<unknown>;
}

export interface AccessibilityIssue {
  id: string;
  impact?: string | null;
  where: string[];
}

export interface LabBrowser {
  readonly engine: BrowserName;
  /** A page of its own context: nothing is shared with other pages. */
  newPage(): Promise<LabPage>;
  close(): Promise<void>;
}

interface Log {
  /** Addresses of all requests, workers' included. */
  requests: string[];
  /** Console errors and uncaught errors. */
  errors: string[];
}

const byTestId = (id: string) => `[data-testid="${id}"]`;

/** One page of the lab, addressed by the test ids of contract C6. */
export class LabPage {
  constructor(
    private readonly raw: RawPage,
    private readonly log: Log,
    readonly engine: BrowserName,
  ) {}

  get requests(): readonly string[] {
    return this.log.requests;
  }

  get errors(): readonly string[] {
    return this.log.errors;
  }

  /** Opens an address and waits until the lab is there. */
  async open(url: string): Promise<void> {
    await this.raw.goto(url);
    await this.waitFor('the lab', () => this.exists('status'));
  }

  evaluate<A, R>(fn: (arg: A) => R | Promise<R>, arg: A): Promise<R> {
    return this.raw.evaluate(fn, arg);
  }

  /** @returns whether the element is there and takes up room. */
  exists(id: string): Promise<boolean> {
    return this.raw.evaluate((selector) => {
      const element = document.querySelector(selector);
      return element !== null && element.getClientRects().length > 0;
    }, byTestId(id));
  }

  /** @returns the element's text, '' where it is absent. */
  text(id: string): Promise<string> {
    return this.raw.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', byTestId(id));
  }

  attr(id: string, name: string): Promise<string | null> {
    return this.raw.evaluate(
      ([selector, attribute]) => document.querySelector(selector)?.getAttribute(attribute) ?? null,
      [byTestId(id), name] as const,
    );
  }

  /** @returns the value of an input, textarea or select. */
  value(id: string): Promise<string> {
    return this.raw.evaluate(
      (selector) => document.querySelector<HTMLInputElement>(selector)?.value ?? '',
      byTestId(id),
    );
  }

  /** All test ids on the page that start with `prefix`. */
  testIds(prefix: string): Promise<string[]> {
    return this.raw.evaluate(
      (start) =>
        [...document.querySelectorAll<HTMLElement>(`[data-testid^="${start}"]`)].map((e) => e.dataset.testid ?? ''),
      prefix,
    );
  }

  async click(id: string): Promise<void> {
    await this.raw.click(byTestId(id));
  }

  /** Types `text` key by key in place of the field's content. */
  async fill(id: string, text: string): Promise<void> {
    await this.raw.evaluate((selector) => {
      const field = document.querySelector<HTMLInputElement>(selector);
      field?.focus();
      field?.select();
    }, byTestId(id));
    await this.raw.press('Delete');
    await this.raw.type(text);
  }

  /** Moves a range input as a pointer does: the value changes, then `input`, then `change`. */
  async slide(id: string, value: number): Promise<void> {
    await this.raw.evaluate(
      ([selector, to]) => {
        const slider = document.querySelector<HTMLInputElement>(selector);
        if (!slider) throw new Error(`no slider ${selector}`);
        slider.value = String(to);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        slider.dispatchEvent(new Event('change', { bubbles: true }));
      },
      [byTestId(id), value] as const,
    );
  }

  async select(id: string, value: string): Promise<void> {
    await this.raw.evaluate(
      ([selector, to]) => {
        const select = document.querySelector<HTMLSelectElement>(selector);
        if (!select) throw new Error(`no select ${selector}`);
        select.value = to;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      },
      [byTestId(id), value] as const,
    );
  }

  /** Presses one key, or a chord such as `Control+Enter`, on whatever has the focus. */
  async press(key: string): Promise<void> {
    await this.raw.press(key);
  }

  async type(text: string): Promise<void> {
    await this.raw.type(text);
  }

  async setFiles(selector: string, paths: string[]): Promise<void> {
    await this.raw.setFiles(selector, paths);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.raw.resize(width, height);
  }

  async emulate(theme: 'light' | 'dark'): Promise<void> {
    await this.raw.emulate(theme);
  }

  async screenshot(path: string): Promise<void> {
    await this.raw.screenshot(path);
  }

  /** axe-core's findings for the page as it stands (Chromium only). */
  async audit(): Promise<AccessibilityIssue[]> {
    if (!this.raw.audit) throw new Error('axe-core runs through Playwright, so in Chromium only');
    return this.raw.audit();
  }

  /** Waits until `holds`; on a timeout the error says what was awaited and what the page says meanwhile. */
  async waitFor(what: string, holds: () => Promise<boolean>, timeout = 90_000): Promise<void> {
    const end = performance.now() + timeout;
    while (performance.now() < end) {
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const state = await this.attr('status', 'data-state');
    const said = `status ${state}, "${await this.text('status')}", card "${await this.text('error')}"`;
    throw new Error(`${this.engine}: waited ${timeout} ms for ${what}; ${said}; ${this.errors.join(' | ')}`);
  }

  /** Waits until the page counts `runs` finished live runs. */
  async waitForRuns(runs: number, timeout = 150_000): Promise<void> {
    await this.waitFor(`run ${runs}`, async () => Number(await this.attr('status', 'data-run')) >= runs, timeout);
  }

  async close(): Promise<void> {
    await this.raw.close();
  }
}

async function launchChromium(): Promise<LabBrowser> {
  const browser = await chromium.launch({
    executablePath: findBrowser('chromium') ?? undefined,
    args: CHROMIUM_FLAGS,
    env: browserEnvironment(),
  });
  const newPage = async (): Promise<LabPage> => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const log: Log = { requests: [], errors: [] };
    page.on('request', (request) => log.requests.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && log.errors.push(message.text()));
    page.on('pageerror', (error) => log.errors.push(String(error)));
    const raw: RawPage = {
      goto: (url) => page.goto(url),
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
  const logs: Log[] = [];
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
    const log: Log = { requests: [], errors: [] };
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
