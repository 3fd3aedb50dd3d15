import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { chromium } from 'playwright';

export type BrowserName = 'chromium' | 'firefox';

/** No GPU and no sandbox: containers have neither. No QUIC or background traffic: a test must see only the page's own requests. */
export const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'];

interface Candidate {
  variable: string;
  commands: string[];
  paths: string[];
  debianPackage: string;
}
const CANDIDATES: Record<BrowserName, Candidate> = {
  chromium: {
    variable: 'CHROMIUM',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    paths: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
    debianPackage: 'chromium',
  },
  firefox: {
    variable: 'FIREFOX',
    commands: ['firefox-esr', 'firefox'],
    paths: ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
    debianPackage: 'firefox-esr',
  },
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The browser to test with: the one named by the environment (`CHROMIUM`, `FIREFOX`), else an installed one, else
 * (Chromium only) Playwright's own download. Firefox is driven by WebDriver BiDi, for which any release build serves.
 * @returns the path of an executable, or null.
 */
export function findBrowser(name: BrowserName): string | null {
  const { variable, commands, paths } = CANDIDATES[name];
  const named = process.env[variable];
  if (named) return isExecutable(named) ? named : null;
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const installed = [...commands.flatMap((command) => folders.map((folder) => join(folder, command))), ...paths];
  const own = name === 'chromium' ? [chromium.executablePath()] : [];
  return [...installed, ...own].find(isExecutable) ?? null;
}

/** An environment in which a browser starts even where HOME is missing, read-only or another user's (Firefox refuses that as root). */
export function browserEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const home = mkdtempSync(join(tmpdir(), 'merge-lab-home-'));
  return { ...Object.fromEntries(inherited), HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}

function starts(path: string | null): boolean {
  return path !== null && spawnSync(path, ['--version'], { env: browserEnvironment(), timeout: 60_000 }).status === 0;
}

function runs(command: string, args: string[]): boolean {
  console.log(`$ ${command} ${args.join(' ')}`);
  return spawnSync(command, args, { stdio: 'inherit', timeout: 600_000 }).status === 0;
}

function downloadWithPlaywright(): void {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js');
  runs(process.execPath, [cli, 'install', 'chromium']);
}

function installFromDebian(names: BrowserName[]): void {
  const mayInstall = process.platform === 'linux' && process.getuid?.() === 0;
  if (!mayInstall || spawnSync('apt-get', ['--version']).status !== 0) return;
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  const packages = names.map((name) => CANDIDATES[name].debianPackage);
  if (runs('apt-get', ['update', '-q'])) {
    runs('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages, 'fonts-noto-cjk']);
  }
}

/**
 * Finds both browsers, and gets what is missing: Playwright's download for Chromium, else apt-get where this user may.
 * @returns the names of browsers that are still missing, each with one line that says what to install.
 */
export function ensureBrowsers(): Map<BrowserName, string> {
  const names: BrowserName[] = ['chromium', 'firefox'];
  const absent = () => names.filter((name) => !starts(findBrowser(name)));
  if (absent().includes('chromium')) downloadWithPlaywright();
  if (absent().length > 0) installFromDebian(absent());
  return new Map(
    absent().map((name) => {
      const { variable, debianPackage } = CANDIDATES[name];
      return [
        name,
        `No ${name}: install it (Debian: apt-get install ${debianPackage}) or set ${variable} to its path.`,
      ];
    }),
  );
}
