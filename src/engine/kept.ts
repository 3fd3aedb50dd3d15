import { PAGE, parseRange, type Build, type BuildFile } from '../core/offline/routes';

const hex = async (bytes: ArrayBuffer): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('');

/** The body is no longer encoded, nor redirected, and keeps its type and policy. */
function asStored(body: ArrayBuffer, from: Response): Response {
  const headers = new Headers(from.headers);
  headers.delete('Content-Encoding');
  headers.set('Content-Length', String(body.byteLength));
  return new Response(body, { headers });
}

/**
 * Fetches one file of this very build: a host in the middle of an upload must not give half of each.
 * @param scope absolute address of the page's folder
 * @throws Error where the host has no such file, or another build's
 */
export async function fetchOfBuild({ path, sha256 }: BuildFile, scope: string, build: Build): Promise<Response> {
  // Hosts redirect `index.html` to the folder, and a redirected answer cannot open a page; some also write into it.
  const address = path === PAGE ? scope : scope + path;
  const cache = path.startsWith('assets/') ? 'default' : 'no-cache';
  const response = await fetch(address, { cache, priority: 'low' } as RequestInit);
  const body = await response.arrayBuffer();
  const ours = path === PAGE ? new TextDecoder().decode(body).includes(`"${build.id}"`) : (await hex(body)) === sha256;
  if (!response.ok || !ours) throw new Error(`${path} is not of build ${build.id} (HTTP ${response.status}).`);
  return asStored(body, response);
}

/** Stores a response under its content's address, if that is its content. @param sha256 at least its first 8 hex digits */
export async function keepIfWhole(cache: Cache, key: string, sha256: string, response: Response): Promise<void> {
  const body = await response.arrayBuffer();
  if ((await hex(body)).startsWith(sha256)) await cache.put(key, asStored(body, response));
}

/** The part of a kept body that a `Range` header asks for: 206, 416, or the whole. */
export async function partOf(whole: Response, header: string | null): Promise<Response> {
  if (header === null) return whole;
  const body = await whole.blob();
  const range = parseRange(header, body.size);
  const headers = new Headers(whole.headers);
  if (range === null) return new Response(body, { headers });
  const asked = range === 'unsatisfiable' ? '*' : `${range.start}-${range.end - 1}`;
  headers.set('Content-Range', `bytes ${asked}/${body.size}`);
  headers.set('Content-Length', String(range === 'unsatisfiable' ? 0 : range.end - range.start));
  if (range === 'unsatisfiable') return new Response(null, { status: 416, headers });
  return new Response(body.slice(range.start, range.end), { status: 206, headers });
}
