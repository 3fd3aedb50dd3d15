import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';
import { PAGE, type Build, type BuildFile } from '../core/offline/routes.ts';

const WORKER = 'sw.js';
const META = /<meta name="build" content="\w*"\s*\/>/;

/** Null: not for the service worker. Models are fetched by the zoo's index; what is asked when a lesson needs it. */
function isShell(path: string): boolean | null {
  if (path === WORKER || path.startsWith('_') || path.startsWith('.')) return null;
  if (!path.startsWith('zoo/') || path === 'zoo/index.json' || path.startsWith('zoo/recorded/')) return true;
  return /^zoo\/(probes|clips|pictures)\//.test(path) ? false : null;
}

async function describe(folder: string): Promise<Build> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
  const files: BuildFile[] = [];
  for (const path of paths.sort()) {
    const shell = isShell(path);
    if (shell === null) continue;
    const content = await readFile(join(folder, path));
    files.push({ path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex'), shell });
  }
  return { id: createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12), files };
}

/**
 * Stamps a built folder: index.html gets the build's id, and `sw.js` the list of its files.
 * @param code the service worker's own script; without it, the one that is there
 */
export async function stampBuild(folder: string, code?: string): Promise<Build> {
  const page = join(folder, PAGE);
  const worker = join(folder, WORKER);
  const html = (await readFile(page, 'utf8')).replace(META, '<meta name="build" content="" />');
  await writeFile(page, html);
  const described = await describe(folder);
  await writeFile(page, html.replace(META, `<meta name="build" content="${described.id}" />`));
  const script = code ?? (await readFile(worker, 'utf8')).replace(/^.*\n/, '');
  await writeFile(worker, `self.BUILD=${JSON.stringify(described)};\n${script}`);
  return described;
}

/** A classic script in one file: Firefox has no module service workers before 147, and an update must be one comparison. */
async function bundleWorker(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: { write: false, target: 'es2022', lib: { entry, formats: ['iife'], name: 'sw', fileName: 'sw' } },
  });
  const [output] = [result].flat();
  const chunk = output && 'output' in output ? output.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error(`${entry} gave no script`);
  return chunk.code;
}

/** Vite plugin: writes the service worker `sw.js` at the root of the build, under its stable name. */
export function serviceWorker(entry: string): Plugin {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    // Vite has copied public/ and written index.html by then.
    async writeBundle() {
      await stampBuild(folder, await bundleWorker(entry));
    },
  };
}
