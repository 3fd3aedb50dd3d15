import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { BrowserName } from '../../src/cli/browsers';
import { goldenLessons, goldenPrompt, type GoldenId } from '../zoo';
import { serveLab, type LabServer } from '../serve';
import type { LabBrowser, LabPage } from './driver';
import { launch } from './engines';

/** Columns of the lesson `addition`, and its question. */
export const COLUMNS = [...Object.keys(goldenLessons.addition.models), 'merged'];
export const QUESTION = goldenPrompt('addition', 'harm_zh');

export interface LabUnderTest {
  readonly server: LabServer;
  /** Opens the lab in a context of its own. @param address a query or fragment, or a whole address. @param prepare see LabPage. */
  open(address: string, prepare?: () => void): Promise<LabPage>;
}

/** The production build in one engine, for the tests of a `describe` block. */
export function useLab(engine: BrowserName): LabUnderTest {
  let server: LabServer | undefined;
  let browser: LabBrowser | undefined;
  beforeAll(async () => {
    server = await serveLab();
    browser = await launch(engine);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  return {
    get server() {
      if (!server) throw new Error('the server starts before the first test');
      return server;
    },
    async open(address, prepare) {
      if (!server || !browser) throw new Error('the browser starts before the first test');
      const page = await browser.newPage();
      if (prepare) await page.prepare(prepare);
      await page.open(new URL(address, server.url).href);
      return page;
    },
  };
}

/** What Python transformers answers to a lesson's questions: prompt -> column -> text as the page shows it. */
export const goldenTexts = (lesson: GoldenId = 'addition'): Map<string, Record<string, string>> =>
  new Map(
    goldenLessons[lesson].prompts.map(({ prompt, columns }) => [
      prompt,
      Object.fromEntries(Object.entries(columns).map(([alias, { text }]) => [alias, text.trim()])),
    ]),
  );

export async function columnTexts(
  page: LabPage,
  columns: readonly string[] = COLUMNS,
): Promise<Record<string, string>> {
  const texts = await Promise.all(columns.map((alias) => page.text(`column-${alias}-text`)));
  return Object.fromEntries(columns.map((alias, i) => [alias, (texts[i] ?? '').trim()]));
}

export async function columnSources(page: LabPage, columns: readonly string[] = COLUMNS): Promise<string[]> {
  const sources = await Promise.all(columns.map((alias) => page.attr(`column-${alias}`, 'data-source')));
  return sources.map((source) => source ?? 'none');
}

/** axe-core's serious and critical findings, one line each (Chromium only). */
export async function seriousIssues(page: LabPage): Promise<string[]> {
  const issues = await page.audit();
  return issues
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, where }) => `${id}: ${where.slice(0, 3).join(' , ')}`);
}

/** Waits until the bench rests: no job, and the fingerprint of the merge is known. */
export async function waitForFingerprint(page: LabPage, states: readonly string[]): Promise<string> {
  await page.waitFor(`a fingerprint that is ${states.join(' or ')}`, async () =>
    states.includes((await page.attr('fingerprint', 'data-state')) ?? ''),
  );
  return (await page.attr('fingerprint', 'data-sha256')) ?? '';
}

interface MergeReport {
  sha256: string;
  tensors: number;
  bytes: number;
}

/** Runs `npm run merge` on a share link. @returns the JSON line it prints. */
export async function mergeOnCommandLine(link: string): Promise<MergeReport> {
  const folder = await mkdtemp(join(tmpdir(), 'merge-lab-cli-'));
  const args = ['--silent', 'run', 'merge', '--', link, '--models', folder, '--out', join(folder, 'out')];
  try {
    const stdout = await new Promise<string>((resolve, reject) => {
      execFile('npm', args, { timeout: 120_000 }, (error, out, err) =>
        error ? reject(new Error(err || error.message)) : resolve(out),
      );
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as MergeReport;
  } finally {
    await rm(folder, { recursive: true });
  }
}
