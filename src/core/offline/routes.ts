/** One file of a build. `shell`: kept on the device as part of the page; else fetched when a lesson needs it. */
export interface BuildFile {
  /** Relative to the page's folder, not encoded. */
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  shell: boolean;
}

/** What a build consists of, models excepted: those are in the zoo's own index. */
export interface Build {
  /** Changes with any byte of any file. */
  id: string;
  files: readonly BuildFile[];
}

export const PAGE = 'index.html';
const SHELL_PREFIX = 'shell-';
/** Models and probe sets, by content; shared by all builds. */
export const ZOO_CACHE = 'zoo';
export const shellCache = (build: string): string => SHELL_PREFIX + build;

/** Where the answer to a request comes from. */
export type Route =
  | { kind: 'network' }
  /** A file of the page: from the cache of its build. */
  | { kind: 'shell'; path: string }
  /** A script of perhaps another build, which an open page may still ask for: from any build's cache. */
  | { kind: 'asset' }
  /** Content-addressed: from the zoo's cache, and kept there once fetched whole with this sha256 (at least 8 hex digits). */
  | { kind: 'zoo'; key: string; sha256: string };

/** Parts of the address of a file in the zoo's cache (contract C5: `?h=` and the first 8 digits of the sha256). */
export const zooPath = (path: string, sha256: string): string =>
  `${path.split('/').map(encodeURIComponent).join('/')}?h=${sha256.slice(0, 8)}`;

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Decides where a request is answered from. Only GET, only our own folder; a page is only given to who navigates to the
 * page's own address, so that a missing shard stays missing.
 * @param scope absolute address of the page's folder, ending in `/`
 */
export function routeOf(
  request: { readonly url: string; readonly method: string; readonly mode: string },
  scope: string,
  build: Build,
): Route {
  const [address = ''] = request.url.split('#');
  if (request.method !== 'GET' || !address.startsWith(scope)) return { kind: 'network' };
  const [encoded = '', query = ''] = address.slice(scope.length).split('?');
  const path = decode(encoded);
  if (request.mode === 'navigate')
    return path === '' || path === PAGE ? { kind: 'shell', path: PAGE } : { kind: 'network' };
  const file = build.files.find((one) => one.path === path);
  if (file?.shell) return { kind: 'shell', path };
  if (path.startsWith('assets/')) return { kind: 'asset' };
  const hash = /(?:^|&)h=([0-9a-f]{8})(?:&|$)/.exec(query)?.[1] ?? file?.sha256;
  if (path.startsWith('zoo/') && hash) return { kind: 'zoo', key: scope + zooPath(path, hash), sha256: hash };
  return { kind: 'network' };
}

/**
 * Reads a `Range` header of one range (RFC 9110, 14.1.2) against a body of `size` bytes.
 * @returns first byte and the one after the last; null where the header means nothing and the whole is to be sent;
 * 'unsatisfiable' where it lies beyond the body
 */
export function parseRange(
  header: string | null,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  if (first !== '' && last !== '' && Number(last) < start) return null;
  return start >= size || end <= start ? 'unsatisfiable' : { start, end };
}

/**
 * Which caches of builds may go: none while a page does not tell its build, or while another build is being installed or
 * waits (its cache is in nobody's use yet).
 * @param own the build of the worker that asks
 * @param pages the builds of all open pages; null for a page that did not answer
 */
export function unusedCaches(
  names: readonly string[],
  own: string,
  pages: readonly (string | null)[],
  successor: boolean,
): string[] {
  if (successor || pages.includes(null)) return [];
  const used = [own, ...pages].map((id) => shellCache(id ?? ''));
  return names.filter((name) => name.startsWith(SHELL_PREFIX) && !used.includes(name));
}
