import type { Lab } from './lab.svelte';

/** @returns null when it failed (a card says why) or was cancelled. */
export function exportYaml({ runner, recipe }: Lab): Promise<string | null> {
  return runner.job('export', false, (runtime, signal) => runtime.exportYaml(recipe, signal));
}

/** @returns false when it failed or was cancelled, else the zip (null: it went into `sink`). */
export async function exportZip(
  { runner, recipe }: Lab,
  sink: FileSystemFileHandle | null,
): Promise<Blob | null | false> {
  const done = await runner.job('export', false, async (runtime, signal) => ({
    blob: await runtime.exportZip(recipe, sink, runner.onProgress, signal),
  }));
  return done ? done.blob : false;
}
