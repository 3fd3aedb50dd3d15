/** `npm test`: everything CI needs, ending in one line `N passed, N failed`. `--all` adds what is too slow for every landing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBrowsers } from '../src/cli/browsers';

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { fullName: string; status: string }[];
  }[];
}

const failures: string[] = [];
let passed = 0;

function step(name: string, args: string[], environment: NodeJS.ProcessEnv = process.env): boolean {
  console.log(`\n== ${name}`);
  return (
    spawnSync('npm', args, { stdio: 'inherit', env: environment, shell: process.platform === 'win32' }).status === 0
  );
}

function count(name: string, ok: boolean): void {
  if (ok) passed++;
  else failures.push(name);
}

function readReport(file: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return null;
  }
}

function runVitest(): void {
  const folder = mkdtempSync(join(tmpdir(), 'merge-lab-test-'));
  const file = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const all = process.argv.includes('--all') ? { TEST_ALL: '1' } : {};
  const ok = step('tests', ['exec', '--', 'vitest', 'run', ...reporters], { ...process.env, ...all });
  const report = readReport(file);
  rmSync(folder, { recursive: true });
  passed += report?.numPassedTests ?? 0;
  const found = (report?.testResults ?? []).flatMap((suite) => {
    const failed = suite.assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    const brokenFile = suite.status === 'failed' && failed.length === 0;
    return brokenFile ? [`${suite.name}: ${suite.message ?? 'could not be run'}`] : failed;
  });
  failures.push(...found);
  if (!ok && found.length === 0) failures.push('vitest ended with an error outside any test (see above)');
}

const missing = ensureBrowsers();
for (const [name, line] of missing) {
  console.log(`${line} Its tests were not run.`);
  if (process.env.CI || name === 'chromium') failures.push(line);
}
count('npm run check', step('check', ['run', 'check']));
count('npm run build', step('build', ['run', 'build']));
runVitest();

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
