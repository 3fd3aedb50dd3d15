import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { browserEnvironment, findBrowser, findCommand } from '../../../src/cli/browsers';
import { LabPage, type LabBrowser, type PageLog, type RawPage } from '../driver';
import { listenAsProxy } from './proxy';
import { Session } from './webdriver';

declare global {
  /** What went wrong in the page since it was last asked. */
  var complaints: string[] | undefined;
}

/** Runs in the page before its own scripts: notes errors, as WebDriver reports none. Those of workers are not among them. */
function listen(): void {
  const complaints: string[] = [];
  globalThis.complaints = complaints;
  const note = (text: unknown): number => complaints.push(String(text));
  addEventListener('error', (event) => note(event instanceof ErrorEvent ? event.message : 'a resource failed'), true);
  addEventListener('unhandledrejection', (event) => note(event.reason));
  const { error } = console;
  console.error = (...args: unknown[]) => {
    note(args.map(String).join(' '));
    error.apply(console, args);
  };
}

/** An X server without a screen, on a free display. */
async function startDisplay(command: string): Promise<{ name: string; close: () => void }> {
  const server = spawn(command, ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [number] = (await once(server.stdio[3] as Readable, 'data')) as [Buffer];
  return { name: `:${number.toString().trim()}`, close: () => server.kill() };
}

async function openPage(session: Session, log: PageLog, first: string[]): Promise<LabPage> {
  async function evaluate<R>(fn: string, arg: unknown): Promise<R> {
    const answer = await session.evaluate<{ value: R; complaints?: string[] }>(
      `async (arg) => ({ value: await (${fn})(arg), complaints: globalThis.complaints?.splice(0) })`,
      arg,
    );
    log.errors.push(...(answer.complaints ?? []));
    return answer.value;
  }

  const innerSize = () => session.evaluate<[number, number]>('() => [innerWidth, innerHeight]', null);

  async function resize(width: number, height: number): Promise<void> {
    const [innerWidth, innerHeight] = await innerSize();
    const outer = (await session.call('GET', '/window/rect')) as { width: number; height: number };
    const rect = { width: width + outer.width - innerWidth, height: height + outer.height - innerHeight };
    await session.call('POST', '/window/rect', rect);
    for (const end = performance.now() + 5000; performance.now() < end; await pause(20)) {
      if (String(await innerSize()) === String([width, height])) return;
    }
    throw new Error(`MiniBrowser is not ${width} x ${height}: its toolbar needs about 450 px of width`);
  }

  const raw: RawPage = {
    goto: (url) => session.call('POST', '/url', { url }),
    prepare: (fn) => Promise.resolve(first.push(`(${String(fn)})();`)),
    evaluate: (fn, arg) => evaluate(String(fn), arg),
    click: (selector) => session.click(selector),
    type: (text) => session.press([...text].map((key) => [key])),
    press: (chord) => session.press([chord.split('+')]),
    setFiles: (selector, paths) => session.setFiles(selector, paths),
    resize,
    emulate: () => Promise.reject(new Error('WebDriver cannot choose a colour scheme')),
    screenshot: async (path) => writeFile(path, await session.screenshot()),
    close: () => session.end(),
  };
  await session.call('POST', '/timeouts', { script: 180_000, pageLoad: 60_000 });
  await resize(1440, 900);
  return new LabPage(raw, log, 'webkit');
}

/** WebKitGTK, the engine of Safari in a GTK window, through its own WebDriver: one driver and one browser a page. */
export async function launchWebKit(): Promise<LabBrowser> {
  const binary = findBrowser('webkit');
  const driver = findCommand('WebKitWebDriver');
  if (binary === null || driver === null) throw new Error('no WebKitGTK here: apt-get install webkit2gtk-driver xvfb');
  const display = process.env.DISPLAY ? null : await startDisplay(findCommand('Xvfb') ?? 'Xvfb');
  const environment = { ...browserEnvironment(), LC_ALL: 'C.UTF-8', ...(display && { DISPLAY: display.name }) };
  const closing: (() => unknown)[] = [];

  const newPage = async (): Promise<LabPage> => {
    const log: PageLog = { requests: [], errors: [] };
    const first = [`(${String(listen)})();`];
    const proxy = await listenAsProxy(
      (url) => log.requests.push(url),
      () => first.join('\n'),
    );
    closing.push(proxy.close);
    const args = ['--automation', `--proxy=http://127.0.0.1:${proxy.port}`];
    const session = await Session.start(driver, environment, { 'webkitgtk:browserOptions': { binary, args } });
    closing.push(() => session.end());
    return openPage(session, log, first);
  };

  const close = async (): Promise<void> => {
    await Promise.all(closing.map((end) => end()));
    display?.close();
  };
  return { engine: 'webkit', newPage, close };
}
