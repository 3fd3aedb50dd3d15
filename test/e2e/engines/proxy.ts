import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where the page gets what must run before its own scripts: its origin, as its policy allows no other. */
const FIRST = '/before-all-scripts.js';

/** Puts a script before all others of a document. */
function withFirstScript(html: string): string {
  const start = /<head[^>]*>/i.exec(html) ?? /<!doctype[^>]*>/i.exec(html);
  const at = start ? start.index + start[0].length : 0;
  return `${html.slice(0, at)}<script src="${FIRST}"></script>${html.slice(at)}`;
}

/** Asks a server of this machine for what the browser wants, with `first` put before a document's own scripts. */
function forward(request: IncomingMessage, response: ServerResponse, url: URL, first: () => string): void {
  if (url.pathname === FIRST) {
    response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-store' }).end(first());
    return;
  }
  const { method, headers } = request;
  const onward = ask(url, { method, headers, agent: false }, (answer) => {
    const { 'content-length': length, ...rest } = answer.headers;
    if (!answer.headers['content-type']?.startsWith('text/html')) {
      response.writeHead(answer.statusCode ?? 502, length === undefined ? rest : { ...rest, 'content-length': length });
      answer.pipe(response);
      return;
    }
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      response.writeHead(answer.statusCode ?? 502, rest).end(withFirstScript(Buffer.concat(chunks).toString('utf8')));
    });
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

/**
 * Neither BiDi nor WebDriver tells of a worker's requests, so Firefox and WebKit are given a proxy, which they ask for
 * everything but loopback addresses: it notes each address and refuses.
 * @param first the text of a script for WebKit, which asks the proxy for loopback addresses too (Firefox never does):
 * these are forwarded, and the script runs in each document before its own.
 */
export async function listenAsProxy(
  heard: (url: string) => void,
  first?: () => string,
): Promise<{ port: number; close: () => void }> {
  const proxy = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://unknown.invalid');
    if (url.pathname !== FIRST) heard(url.href);
    if (first && ['127.0.0.1', 'localhost'].includes(url.hostname)) forward(request, response, url, first);
    else response.writeHead(403).end();
  });
  proxy.on('connect', (request, socket) => {
    heard(`https://${request.url ?? ''}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const close = (): void => {
    proxy.close();
    proxy.closeAllConnections();
  };
  return { port: (proxy.address() as AddressInfo).port, close };
}
