import { routeOf, shellCache, unusedCaches, ZOO_CACHE, type Build } from '../src/core/offline/routes';
import { fetchOfBuild, keepIfWhole, partOf } from '../src/engine/kept';

/** The build writes `BUILD` in front of this script: a changed file changes it, and that is how a browser sees an update. */
const worker = globalThis as unknown as ServiceWorkerGlobalScope & { readonly BUILD: Build };
const { BUILD } = worker;
const scope = new URL('./', worker.location.href).href;

/** One after the other, the largest last: what a person asks for meanwhile comes first. */
async function install(): Promise<void> {
  const cache = await caches.open(shellCache(BUILD.id));
  for (const file of BUILD.files.filter(({ shell }) => shell).sort((a, b) => a.bytes - b.bytes)) {
    const key = scope + file.path;
    // An install that was cut short goes on where it was.
    if (await cache.match(key)) continue;
    const known = file.path.startsWith('assets/') ? await caches.match(key) : undefined;
    await cache.put(key, known ?? (await fetchOfBuild(file, scope, BUILD)));
  }
}

async function answer(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const route = routeOf(request, scope, BUILD);
  const range = request.headers.get('Range');
  if (route.kind === 'shell' || route.kind === 'asset') {
    const key = route.kind === 'shell' ? scope + route.path : request.url;
    const own = await (await caches.open(shellCache(BUILD.id))).match(key, { ignoreVary: true });
    // A page of the build before may still ask for a script of its own.
    const found = own ?? (await caches.match(key, { ignoreVary: true }));
    return found ? partOf(found, range) : fetch(request);
  }
  if (route.kind !== 'zoo') return fetch(request);
  const cache = await caches.open(ZOO_CACHE);
  const found = await cache.match(route.key);
  if (found) return partOf(found, range);
  const response = await fetch(request);
  // What cannot be kept (a full disk, another build's content) is delivered all the same.
  if (response.status === 200)
    event.waitUntil(keepIfWhole(cache, route.key, route.sha256, response.clone()).catch(() => undefined));
  return response;
}

const askBuild = (page: Client): Promise<string | null> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
    setTimeout(() => resolve(null), 3000);
    page.postMessage('which build?', [port2]);
  });

async function tidy(): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const builds = await Promise.all(pages.map(askBuild));
  const successor = (worker.registration.waiting ?? worker.registration.installing) !== null;
  for (const name of unusedCaches(await caches.keys(), BUILD.id, builds, successor)) await caches.delete(name);
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => {
  if (routeOf(event.request, scope, BUILD).kind !== 'network') event.respondWith(answer(event));
});
worker.addEventListener('message', (event) => {
  if (event.data === 'which build?') event.ports[0]?.postMessage(BUILD);
  // Only ever at a person's word: pages of the build before are open.
  if (event.data === 'take over') event.waitUntil(worker.skipWaiting());
  if (event.data === 'tidy') event.waitUntil(tidy());
});
