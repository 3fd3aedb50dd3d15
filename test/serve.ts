import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const MIME: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** The page's own policy, sent as a header too, so that it also holds in workers and every violation is reported to us. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "style-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
  'report-uri /policy-violation',
].join('; ');

/**
 * Every file comes up to so many milliseconds late, each by chance: a test that passes only where all that is fetched
 * later comes at once fails then (`LAB_LAG=500 npx vitest run --project e2e`).
 */
const LAG_MS = Number(process.env.LAB_LAG ?? 0);

export interface LabServer {
  /** Address of the lab, under a sub-path, ending in `/`. */
  readonly url: string;
  readonly origin: string;
  /** What browsers reported as forbidden by the policy, from pages and workers. */
  readonly violations: string[];
  /** Paths asked for that do not exist. */
  readonly missing: string[];
  /** Serves another folder from now on, as a host does after an upload. */
  use(folder: string): void;
  /** From now on every connection is cut, or none: flight mode for any browser. */
  cut(off: boolean): void;
  /** From now on files whose path fits wait for so many milliseconds; null: none does. */
  delay(path: RegExp | null, ms?: number): void;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function fileAt(folder: string, path: string): { file: string; size: number } | null {
  const root = resolve(folder);
  const file = join(root, path.endsWith('/') ? `${path}index.html` : path);
  if (!file.startsWith(root + sep)) return null;
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? { file, size: stats.size } : null;
}

/** Packing the runtime takes a second, so each state of a file is packed once. */
const packed = new Map<string, Buffer>();
function pack(file: string, size: number): Buffer {
  const key = `${file} ${size} ${statSync(file).mtimeMs}`;
  const content = packed.get(key) ?? gzipSync(readFileSync(file));
  packed.set(key, content);
  return content;
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: string, size: number, gzip: boolean): void {
  const headers = {
    'Content-Type': MIME[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Accept-Ranges': 'bytes',
  };
  if (gzip && extname(file) in MIME && extname(file) !== '.png' && request.headers.range === undefined) {
    const content = pack(file, size);
    const encoding = { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding', 'Content-Length': content.length };
    response.writeHead(200, { ...headers, ...encoding }).end(request.method === 'HEAD' ? undefined : content);
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  const part = range ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {};
  response.writeHead(range ? 206 : 200, { ...headers, ...part, 'Content-Length': Math.max(0, end - start + 1) });
  if (request.method === 'HEAD' || size === 0) response.end();
  else createReadStream(file, { start, end }).pipe(response);
}

/**
 * Serves a built lab as a plain static host would: on a free port, under a sub-path, with the page's policy as a header,
 * without COOP/COEP, and with 404 for what is not there.
 * @param folder the build's folder; `LAB_DIST` names another than `dist`.
 * @param gzip packs text and wasm as most hosts do; costs a second for each new file
 */
export async function serveLab(
  folder = process.env.LAB_DIST ?? 'dist',
  subPath = '/sub/path/',
  gzip = false,
): Promise<LabServer> {
  let served = folder;
  let away = false;
  let slow: { path: RegExp; ms: number } | null = null;
  const violations: string[] = [];
  const missing: string[] = [];
  const server = createServer((request, response) => {
    if (away) {
      request.socket.destroy();
      return;
    }
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://lab').pathname);
    if (path === '/policy-violation') {
      void readBody(request).then((body) => {
        violations.push(body);
        response.writeHead(204).end();
      });
      return;
    }
    const found = path.startsWith(subPath) ? fileAt(served, path.slice(subPath.length - 1)) : null;
    if (found) {
      const send = (): void => sendFile(request, response, found.file, found.size, gzip);
      const wait = slow?.path.test(path) ? slow.ms : LAG_MS * Math.random();
      if (wait > 0) setTimeout(send, wait);
      else send();
      return;
    }
    missing.push(path);
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}${subPath}`,
    origin,
    violations,
    missing,
    use: (other) => {
      served = other;
    },
    cut: (off) => {
      away = off;
      if (off) server.closeAllConnections();
    },
    delay: (path, ms = 0) => {
      slow = path && { path, ms };
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
