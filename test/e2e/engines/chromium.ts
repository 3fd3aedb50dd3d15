import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type BrowserContext } from 'playwright';
import { CHROMIUM_FLAGS, browserEnvironment, findBrowser } from '../../../src/cli/browsers';
import { LabPage, type LabBrowser, type PageLog, type RawPage } from '../driver';

export async function launchChromium(): Promise<LabBrowser> {
  const browser = await chromium.launch({
    executablePath: findBrowser('chromium') ?? undefined,
    args: CHROMIUM_FLAGS,
    env: browserEnvironment(),
  });
  const pageOf = async (context: BrowserContext): Promise<LabPage> => {
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
      sibling: () => pageOf(context),
      close: () => context.close(),
    };
    return new LabPage(raw, log, 'chromium');
  };
  const newPage = async (): Promise<LabPage> =>
    pageOf(await browser.newContext({ viewport: { width: 1440, height: 900 } }));
  return { engine: 'chromium', newPage, close: () => browser.close() };
}
