import { LabError } from '../core/errors';

/** A model that comes with the page. */
export interface ZooModel {
  readonly id: string;
  readonly title: string;
  readonly titles?: Readonly<Record<string, string>>;
}

/** @returns the models that come with the page. */
export async function zooModels(): Promise<ZooModel[]> {
  const response = await fetch(new URL('zoo/index.json', document.baseURI));
  return (await response.json()) as ZooModel[];
}

/**
 * Fetches a file that comes with the page, to its end.
 * @param path below `zoo/`
 * @throws LabError `zoo/unreachable`, `zoo/missing-file`
 */
export async function fetchZoo(path: string, signal: AbortSignal | null = null): Promise<ArrayBuffer> {
  const file = `zoo/${path}`;
  try {
    const response = await fetch(new URL(file, document.baseURI), { signal });
    if (response.ok) return await response.arrayBuffer();
    throw new LabError(
      'zoo/missing-file',
      `${file} could not be loaded (HTTP ${response.status}). The page and its zoo do not fit together: reload the page.`,
      { file, status: response.status },
    );
  } catch (error) {
    if (signal?.aborted || error instanceof LabError) throw error;
    throw new LabError(
      'zoo/unreachable',
      `${file} could not be loaded: the lab's own server does not answer. Check the connection and try again.`,
      { file },
    );
  }
}

/** As `fetchZoo`. @returns the file's text */
export async function fetchZooText(path: string, signal: AbortSignal | null = null): Promise<string> {
  return new TextDecoder().decode(await fetchZoo(path, signal));
}

/** As `fetchZoo`. @throws also SyntaxError, where the file is no JSON */
export async function fetchZooJson(path: string): Promise<unknown> {
  return JSON.parse(await fetchZooText(path));
}
