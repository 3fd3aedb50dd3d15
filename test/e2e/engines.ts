import { findBrowser, type BrowserName } from '../../src/cli/browsers';
import type { LabBrowser } from './driver';
import { launchChromium } from './engines/chromium';
import { launchFirefox } from './engines/firefox';
import { launchWebKit } from './engines/webkit';

/** The engines of this machine. A missing one is reported, and fails in CI, before the tests start (test/run.ts). */
export const ENGINES = (['chromium', 'firefox'] as const).filter((name) => findBrowser(name) !== null);

/** Panels are driven in Chromium at every landing, in Firefox too by `npm run test:all`: what parts the two is elsewhere. */
export const PANEL_ENGINES = ENGINES.filter((name) => process.env.TEST_ALL !== undefined || name === 'chromium');

/** WebKit too, for the tests that each engine must pass but that need not say everything (smoke.test.ts). */
export const ALL_ENGINES = [...ENGINES, ...(['webkit'] as const).filter((name) => findBrowser(name) !== null)];

const LAUNCHERS: Readonly<Record<BrowserName, () => Promise<LabBrowser>>> = {
  chromium: launchChromium,
  firefox: launchFirefox,
  webkit: launchWebKit,
};

/**
 * Starts an engine: Chromium through Playwright, Firefox (any release build) through WebDriver BiDi, WebKitGTK through
 * WebDriver.
 */
export function launch(engine: BrowserName): Promise<LabBrowser> {
  return LAUNCHERS[engine]();
}
