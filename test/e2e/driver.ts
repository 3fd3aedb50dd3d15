import type { BrowserName } from '../../src/cli/browsers';

/** What the two libraries can do alike; everything else is built on it, so that both engines meet the same assertions. */
export interface RawPage {
  goto(url: string): Promise<unknown>;
  /** Runs `fn` in the page before any script of its own. */
  prepare(fn: () => void): Promise<unknown>;
  evaluate<A, R>(fn: (arg: A) => R | Promise<R>, arg: A): Promise<R>;
  click(selector: string): Promise<unknown>;
  type(text: string): Promise<unknown>;
  press(key: string): Promise<unknown>;
  setFiles(selector: string, paths: string[]): Promise<unknown>;
  resize(width: number, height: number): Promise<unknown>;
  emulate(theme: 'light' | 'dark'): Promise<unknown>;
  screenshot(path: string): Promise<unknown>;
  audit?(): Promise<AccessibilityIssue[]>;
  /** Another page of the same context: the two share storage and channels. */
  sibling?(): Promise<LabPage>;
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

export interface PageLog {
  /** Addresses of all requests, workers' included. */
  requests: string[];
  /** Console errors and uncaught errors. */
  errors: string[];
}

const byTestId = (id: string) => `[data-testid="${id}"]`;

/** A question that a page left without an answer by loading anew: not yet, rather than a failure. */
function notWhileLoading(error: unknown): false {
  if (error instanceof Error && /context was destroyed|navigat|no such frame|detached/i.test(error.message))
    return false;
  throw error;
}

/** One page of the lab, addressed by the test ids of contract C6. */
export class LabPage {
  constructor(
    private readonly raw: RawPage,
    private readonly log: PageLog,
    readonly engine: BrowserName,
  ) {}

  get requests(): readonly string[] {
    return this.log.requests;
  }

  get errors(): readonly string[] {
    return this.log.errors;
  }

  /** Runs `fn` in the page before any script of its own, from the next `open` on. */
  async prepare(fn: () => void): Promise<void> {
    await this.raw.prepare(fn);
  }

  /** Opens an address and waits until the lab is there. @param id what is there then, in a view without a status */
  async open(url: string, id = 'status'): Promise<void> {
    await this.raw.goto(url);
    await this.waitFor('the lab', () => this.exists(id), 30_000);
  }

  /** Another page of the same context: the two share storage and channels. */
  sibling(): Promise<LabPage> {
    if (!this.raw.sibling) throw new Error(`${this.engine} opens one page a context here`);
    return this.raw.sibling();
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

  /** Types `text` at the end of the field's content. */
  async append(id: string, text: string): Promise<void> {
    await this.raw.evaluate((selector) => {
      const field = document.querySelector<HTMLInputElement>(selector);
      field?.focus();
      field?.setSelectionRange(field.value.length, field.value.length);
    }, byTestId(id));
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

  /** The test id of what has the focus, or of what it lies in. */
  focusedId(): Promise<string | null> {
    return this.raw.evaluate(
      () => document.activeElement?.closest<HTMLElement>('[data-testid]')?.dataset.testid ?? null,
      null,
    );
  }

  /** Walks to an element by the Tab key alone, beyond the end from the start again. @throws Error with what had the focus on the way. */
  async tabTo(id: string, limit = 250): Promise<void> {
    await this.waitFor(`${id} to walk to`, () => this.exists(id), 30_000);
    const seen: (string | null)[] = [];
    for (let i = 0; i < limit; i++) {
      const at = await this.focusedId();
      if (at === id) return;
      seen.push(at);
      await this.raw.press('Tab');
    }
    throw new Error(
      `${this.engine}: ${limit} times Tab did not reach ${id}; on the way: ${[...new Set(seen)].join(', ')}`,
    );
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
    // Colours on their way are nobody's: an audit would find contrasts that last a tenth of a second.
    await this.evaluate(async () => {
      const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
      await Promise.allSettled(fading.map(({ finished }) => finished));
    }, null);
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
      if (await holds().catch(notWhileLoading)) return;
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
