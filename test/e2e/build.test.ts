import { readFile, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';

const DIST = process.env.LAB_DIST ?? 'dist';
const IMPORT = /\b(?:import|from)\s*\(?\s*["'`]([^"'`]+\.m?js)["'`]/g;
const STATIC_IMPORT = /(?:^|[;}\s])(?:import|export)\b[^"'`();]*?["']([^"'`]+\.m?js)["']/g;

const targets = (source: string, pattern: RegExp) => [...source.matchAll(pattern)].map((match) => match[1] ?? '');

describe('the production build', () => {
  /** Path from dist/ -> text, of every script. */
  const scripts = new Map<string, string>();
  let page = '';

  beforeAll(async () => {
    const names = await readdir(DIST, { recursive: true });
    for (const name of names.filter((path) => /\.m?js$/.test(path))) {
      scripts.set(name.replaceAll('\\', '/'), await readFile(join(DIST, name), 'utf8'));
    }
    page = await readFile(join(DIST, 'index.html'), 'utf8');
  });

  test('no chunk imports the entry of a worker', () => {
    const entries = [...scripts.keys()].filter((path) => path.includes('.worker'));
    expect(entries.length).toBeGreaterThanOrEqual(2);
    const importers = [...scripts].flatMap(([path, source]) =>
      targets(source, IMPORT)
        .map((target) => posix.join(posix.dirname(path), target))
        .filter((target) => entries.includes(target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(importers).toEqual([]);
  });

  test('the scripts before the first interaction are at most 150 kB gzip', () => {
    const eager = new Set<string>();
    const visit = (path: string): void => {
      const source = scripts.get(path);
      if (source === undefined || eager.has(path)) return;
      eager.add(path);
      for (const target of targets(source, STATIC_IMPORT)) visit(posix.join(posix.dirname(path), target));
    };
    for (const target of targets(page, /(?:src|href)="\.\/([^"]+\.js)()"/g)) visit(target);
    expect(eager.size).toBeGreaterThan(0);
    const sizeOf = (path: string): number => gzipSync(scripts.get(path) ?? '').length;
    // One language travels along, whichever it is.
    const languages = [...scripts.keys()].filter((path) => /\/(en|zh-Han[st])-[\w-]+\.js$/.test(path)).map(sizeOf);
    const bytes = [...eager].reduce((sum, path) => sum + sizeOf(path), Math.max(...languages));
    console.log(`scripts before the first interaction: ${(bytes / 1000).toFixed(1)} kB gzip in ${eager.size} files`);
    expect(bytes).toBeLessThanOrEqual(150_000);
  });

  test('the page has no inline script or style and only relative addresses', () => {
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(page).not.toMatch(/<style|\sstyle=/);
    const absolute = targets(page, /(?:src|href)="(\/[^"]*|https?:[^"]*)"/g);
    expect(absolute).toEqual([]);
  });

  test('there is one copy of the inference runtime, without WebGPU', async () => {
    const names = await readdir(DIST, { recursive: true });
    expect(
      names.filter((name) => name.endsWith('.wasm')).map((name) => name.replace(/-[\w-]{8}\.wasm$/, '.wasm')),
    ).toEqual([expect.stringMatching(/ort-wasm-simd-threaded\.wasm$/)]);
  });
});
