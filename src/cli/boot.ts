import type { Plugin, Rolldown } from 'vite';

/** A module and all that it imports statically. */
function reachOf(root: string, context: Rolldown.ChunkingContext): Set<string> {
  const found = new Set<string>();
  const open = [root];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(context.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}

/**
 * One file per phase of loading: what the entry needs, then what the page needs beyond it. Split finer, each piece is a
 * request before the first result, and a slow line pays its latency for every six of them.
 * @param phases in order: absolute path of the module that begins it, by the name of its file
 */
export function chunksByPhase(phases: Readonly<Record<string, string>>): Rolldown.CodeSplittingGroup[] {
  return Object.entries(phases).map(([name, root], at, all) => {
    let reach: Set<string> | null = null;
    return {
      debugName: name,
      priority: all.length - at,
      name(id, context) {
        reach ??= reachOf(root, context);
        // The first one itself stays apart: while the entry awaits the rest, nothing may wait for the entry.
        return reach.has(id) && (at > 0 || id !== root) ? name : null;
      },
    };
  });
}

/**
 * Vite plugin: the page names scripts that it will import in any case, so that they travel together with the first one.
 * @param modules absolute paths
 */
export function preloadModules(modules: readonly string[]): Plugin {
  return {
    name: 'preload-modules',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((output) => output.type === 'chunk');
        return modules
          .flatMap((path) => chunks.filter(({ moduleIds }) => moduleIds.includes(path)))
          .flatMap(({ fileName, imports }) => [fileName, ...imports])
          .filter((file, i, all) => !html.includes(file) && all.indexOf(file) === i)
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
            injectTo: 'head' as const,
          }));
      },
    },
  };
}
