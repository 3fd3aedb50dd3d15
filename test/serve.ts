import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';

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

export interface LabServer {
  /** Address of the lab, under a sub-path, ending in `/`. */
  readonly url: string;
  readonly origin: string;
  /** What browsers reported as forbidden by the policy, from pages and workers. */
  readonly violations: string[];
  /** Paths asked for that do not exist. */
  readonly missing: string[];
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

function sendFile(request: IncomingMessage, response: ServerResponse, file: string, size: number): void {
  const headers = {
    'Content-Type': MIME[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Accept-Ranges': 'bytes',
  };
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
 */
export async function serveLab(folder = process.env.LAB_DIST ?? 'dist', subPath = '/sub/path/'): Promise<LabServer> {
  const violations: string[] = [];
  const missing: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://lab').pathname);
    if (path === '/policy-violation') {
      void readBody(request).then((body) => {
        violations.push(body);
        response.writeHead(204).end();
      });
      return;
    }
    const found = path.startsWith(subPath) ? fileAt(folder, path.slice(subPath.length - 1)) : null;
    if (found) {
      sendFile(request, response, found.file, found.size);
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
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
