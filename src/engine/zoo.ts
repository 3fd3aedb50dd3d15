import { LabError } from '../core/errors';
import { isRead } from '../core/offline/needs';
import { zooPath } from '../core/offline/routes';
import { memorySource } from '../core/tensor/source';
import type { ByteSource } from '../core/tensor/types';
import { openCheckpoint, type Checkpoint } from './checkpoint';
import { newSha256 } from './sha256';

interface ZooFile {
  path: string;
  bytes: number;
  sha256: string;
}
interface ZooEntry {
  id: string;
  title: string;
  titles?: Record<string, string>;
  files: ZooFile[];
}

async function fetchBytes(
  url: string,
  what: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new LabError(
      'zoo/unreachable',
      `${what} could not be loaded: the lab's own server does not answer. Check the connection and try again.`,
      { file: what },
    );
  }
  if (!response.ok || !response.body)
    throw new LabError(
      'zoo/missing-file',
      `${what} could not be loaded (HTTP ${response.status}). The page and its zoo do not fit together: reload the page.`,
      {
        file: what,
        status: response.status,
      },
    );
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
    onBytes(value.byteLength);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** The built-in models: plain Hugging Face folders beside the page, each byte checked against the index (contract C5). */
export class Zoo {
  private index: Promise<Map<string, ZooEntry>> | null = null;

  constructor(private readonly baseUrl: string) {}

  private async entries(signal: AbortSignal): Promise<Map<string, ZooEntry>> {
    this.index ??= (async () => {
      const bytes = await fetchBytes(
        new URL('zoo/index.json', this.baseUrl).href,
        'zoo/index.json',
        () => undefined,
        signal,
      );
      const list = JSON.parse(new TextDecoder().decode(bytes)) as ZooEntry[];
      return new Map(list.map((entry) => [entry.id, entry]));
    })();
    try {
      return await this.index;
    } catch (error) {
      this.index = null;
      throw error;
    }
  }

  /**
   * Downloads a model's folder into memory (the zoo is tiny) and verifies it.
   * @param onBytes called with bytes done and bytes in total.
   * @throws LabError `zoo/unknown-model`, `zoo/unreachable`, `zoo/missing-file`, `zoo/damaged-file`.
   */
  async open(id: string, onBytes: (done: number, total: number) => void, signal: AbortSignal): Promise<Checkpoint> {
    const entries = await this.entries(signal);
    const entry = entries.get(id);
    if (!entry) {
      const known = [...entries.keys()].join(', ');
      throw new LabError(
        'zoo/unknown-model',
        `The built-in model "${id}" does not exist here; there are ${known}. The recipe may come from another version of the lab.`,
        { id, known },
      );
    }
    const wanted = entry.files.filter((file) => isRead(file.path));
    const total = wanted.reduce((sum, file) => sum + file.bytes, 0);
    let done = 0;
    const files = new Map<string, ByteSource>();
    await Promise.all(
      wanted.map(async (file) => {
        const name = `zoo/${id}/${file.path}`;
        const url = new URL(zooPath(name, file.sha256), this.baseUrl).href;
        const bytes = await fetchBytes(url, name, (n) => onBytes((done += n), total), signal);
        const hash = newSha256();
        hash.update(bytes);
        if (hash.hex() !== file.sha256)
          throw new LabError(
            'zoo/damaged-file',
            `${name} arrived damaged: its sha256 is not the one of the index. Reload the page.`,
            { file: name },
          );
        files.set(file.path, memorySource(file.path, bytes));
      }),
    );
    return openCheckpoint(entry.title, files, entry.titles);
  }
}
