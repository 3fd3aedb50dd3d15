import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Named keys as WebDriver's code points (W3C WebDriver, section 17.4.2); anything else is the character itself. */
const KEYS: Readonly<Record<string, string>> = {
  Backspace: '\uE003',
  Tab: '\uE004',
  Enter: '\uE007',
  Shift: '\uE008',
  Control: '\uE009',
  Alt: '\uE00A',
  Escape: '\uE00C',
  Space: ' ',
  PageUp: '\uE00E',
  PageDown: '\uE00F',
  End: '\uE010',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
  Delete: '\uE017',
  Meta: '\uE03D',
  '\n': '\uE007',
};

const START_TRIES = 3;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One session of a W3C WebDriver: a browser of its own, with a profile of its own. */
export class Session {
  private constructor(
    private readonly driver: ChildProcess,
    private readonly origin: string,
    private path = '',
  ) {}

  /**
   * Starts a driver on a free port and a browser in it; a browser that hangs at its start is started anew.
   * @param command the driver's executable, which must take `--port=`.
   * @throws Error when no browser is there after 30 s, three times.
   */
  static async start(command: string, environment: NodeJS.ProcessEnv, capabilities: object): Promise<Session> {
    for (let tries = 1; ; tries++) {
      try {
        return await Session.startOnce(command, environment, capabilities);
      } catch (error) {
        if (tries === START_TRIES) throw error;
      }
    }
  }

  private static async startOnce(
    command: string,
    environment: NodeJS.ProcessEnv,
    capabilities: object,
  ): Promise<Session> {
    const port = await freePort();
    // A process group of its own, so that the browser ends with the driver whatever happened to the session.
    const driver = spawn(command, [`--port=${port}`], { stdio: 'ignore', detached: true, env: environment });
    const session = new Session(driver, `http://127.0.0.1:${port}`);
    try {
      for (const end = performance.now() + 10_000; ; await pause(20)) {
        if (await session.call('GET', '/status').then(Boolean, () => false)) break;
        if (performance.now() > end) throw new Error(`${command} does not answer on port ${port}`);
      }
      const body = { capabilities: { alwaysMatch: capabilities } };
      const { sessionId } = (await session.call('POST', '/session', body, 30_000)) as { sessionId: string };
      session.path = `/session/${sessionId}`;
      return session;
    } catch (error) {
      session.kill();
      throw error;
    }
  }

  /** Sends a command. @returns its value. @throws Error with WebDriver's own message. */
  async call(method: 'GET' | 'POST' | 'DELETE', command: string, body?: object, timeout = 200_000): Promise<unknown> {
    const response = await fetch(`${this.origin}${this.path}${command}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
      signal: AbortSignal.timeout(timeout),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (response.ok) return value;
    const { error, message } = value as { error: string; message: string };
    throw new Error(`${command}: ${error}${message ? `, ${message}` : ''}`);
  }

  /** Runs the text of a function in the page. @returns its result, awaited. @throws Error with the page's own message. */
  async evaluate<R>(fn: string, arg: unknown): Promise<R> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve(arguments[0]).then(${fn}).then(
        (value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = await this.call('POST', '/execute/async', { script, args: [arg ?? null] });
    const { value, error } = answer as { value?: R; error?: string };
    if (error !== undefined) throw new Error(error);
    return value as R;
  }

  /** @returns the element's reference. @throws Error when there is none after `timeout` ms. */
  async find(selector: string, timeout = 10_000): Promise<string> {
    for (const end = performance.now() + timeout; ; await pause(50)) {
      const found = (await this.call('POST', '/elements', { using: 'css selector', value: selector })) as object[];
      const [reference] = found.map((element) => Object.values(element)[0] as string);
      if (reference) return reference;
      if (performance.now() > end) throw new Error(`no element ${selector}`);
    }
  }

  /** Presses keys in turn, each of them a chord whose keys are held together: `[['Control', 'Enter']]`. */
  async press(chords: string[][]): Promise<void> {
    const actions = chords.flatMap((chord) => {
      const values = chord.map((key) => KEYS[key] ?? key);
      const down = values.map((value) => ({ type: 'keyDown', value }));
      return [...down, ...values.reverse().map((value) => ({ type: 'keyUp', value }))];
    });
    await this.call('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  async click(selector: string): Promise<void> {
    await this.call('POST', `/element/${await this.find(selector)}/click`);
  }

  async setFiles(selector: string, paths: string[]): Promise<void> {
    await this.call('POST', `/element/${await this.find(selector)}/value`, { text: paths.join('\n') });
  }

  /** @returns the window's content as PNG. */
  async screenshot(): Promise<Buffer> {
    return Buffer.from((await this.call('GET', '/screenshot')) as string, 'base64');
  }

  async end(): Promise<void> {
    await this.call('DELETE', '', undefined, 10_000).catch(() => null);
    this.kill();
  }

  private kill(): void {
    try {
      if (this.driver.pid !== undefined) process.kill(-this.driver.pid);
    } catch {
      // It had ended already.
    }
  }
}
