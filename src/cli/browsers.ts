import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { chromium } from 'playwright';

export type BrowserName = 'chromium' | 'firefox' | 'webkit';

/** No GPU and no sandbox: containers have neither. No QUIC or background traffic: a test must see only the page's own requests. */
export const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'];

interface Candidate {
  variable: string;
  commands: string[];
  paths: string[];
  debianPackages: string[];
}

/** Where distributions keep WebKitGTK's helpers, MiniBrowser among them: never on PATH. */
function webKitFolders(): string[] {
  if (!existsSync('/usr/lib')) return [];
  const libraries = readdirSync('/usr/lib', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const parents = ['/usr/lib', '/usr/libexec', ...libraries.map(({ name }) => join('/usr/lib', name))];
  return parents.flatMap((parent) => ['webkit2gtk-4.1', 'webkitgtk-6.0'].map((version) => join(parent, version)));
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
    debianPackages: ['chromium'],
  },
  firefox: {
    variable: 'FIREFOX',
    commands: ['firefox-esr', 'firefox'],
    paths: ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
    debianPackages: ['firefox-esr'],
  },
  webkit: {
    variable: 'WEBKIT',
    commands: ['MiniBrowser'],
    paths: webKitFolders().map((folder) => join(folder, 'MiniBrowser')),
    debianPackages: ['webkit2gtk-driver', 'xvfb'],
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

/** @returns the path of a command on PATH, or null. */
export function findCommand(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** WebKitGTK is driven by a program of its own, and its window needs a display. */
const canDriveWebKit = (): boolean =>
  findCommand('WebKitWebDriver') !== null && Boolean(process.env.DISPLAY ?? findCommand('Xvfb'));

/**
 * The browser to test with: the one named by the environment (`CHROMIUM`, `FIREFOX`, `WEBKIT`), else an installed one,
 * else (Chromium only) Playwright's own download. Firefox is driven by WebDriver BiDi, for which any release build
 * serves; WebKit is WebKitGTK's MiniBrowser, which counts only together with its driver and a display.
 * @returns the path of an executable, or null.
 */
export function findBrowser(name: BrowserName): string | null {
  if (name === 'webkit' && !canDriveWebKit()) return null;
  const { variable, commands, paths } = CANDIDATES[name];
  const named = process.env[variable];
  if (named) return isExecutable(named) ? named : null;
  const own = name === 'chromium' ? [chromium.executablePath()] : [];
  return [...commands.flatMap((command) => findCommand(command) ?? []), ...paths, ...own].find(isExecutable) ?? null;
}

/** An environment in which a browser starts even where HOME is missing, read-only or another user's (Firefox refuses that as root). */
export function browserEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const home = mkdtempSync(join(tmpdir(), 'merge-lab-home-'));
  return { ...Object.fromEntries(inherited), HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}

function starts(name: BrowserName): boolean {
  const path = findBrowser(name);
  // MiniBrowser says not even its version without a display.
  if (path === null || name === 'webkit') return path !== null;
  return spawnSync(path, ['--version'], { env: browserEnvironment(), timeout: 60_000 }).status === 0;
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
  const packages = names.flatMap((name) => CANDIDATES[name].debianPackages);
  if (runs('apt-get', ['update', '-q'])) {
    runs('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages, 'fonts-noto-cjk']);
  }
}

/**
 * Finds the browsers, and gets what is missing: Playwright's download for Chromium, else apt-get where this user may.
 * @returns the names of browsers that are still missing, each with one line that says what to install.
 */
export function ensureBrowsers(): Map<BrowserName, string> {
  const names: BrowserName[] = ['chromium', 'firefox', 'webkit'];
  const absent = () => names.filter((name) => !starts(name));
  if (absent().includes('chromium')) downloadWithPlaywright();
  if (absent().length > 0) installFromDebian(absent());
  return new Map(
    absent().map((name) => {
      const { variable, debianPackages } = CANDIDATES[name];
      return [
        name,
        `No ${name}: install it (Debian: apt-get install ${debianPackages.join(' ')}) or set ${variable} to its path.`,
      ];
    }),
  );
}
