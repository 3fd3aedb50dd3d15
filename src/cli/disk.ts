import { createHash } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../core/errors';
import type { ByteSource, NewSha256 } from '../core/tensor/types';
import { openCheckpoint, type Checkpoint } from '../engine/checkpoint';

/** sha256 of Node, the fastest there is here. */
export const newSha256: NewSha256 = () => {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
};

async function diskSource(path: string, name: string): Promise<ByteSource> {
  const { size } = await stat(path);
  // The process ends right after the merge; until then the checkpoint is read.
  const file = openSync(path, 'r');
  // Synchronous: a call through the thread pool costs more than the copy out of the page cache that it mostly is.
  const fill = (room: Uint8Array, begin: number): void => {
    for (let done = 0; done < room.length;) {
      const bytesRead = readSync(file, room, done, room.length - done, begin + done);
      if (bytesRead === 0)
        throw new LabError('file/unreadable', `${path} ended early while it was read: it was changed meanwhile.`, {
          file: name,
        });
      done += bytesRead;
    }
  };
  return {
    name,
    size,
    async read(begin, end) {
      const bytes = new Uint8Array(end - begin);
      fill(bytes, begin);
      return bytes;
    },
    readInto: async (room, begin) => fill(room, begin),
  };
}

/** @throws LabError `source/no-folder`, or what opening its files throws. */
export async function openFolder(folder: string, title: string): Promise<Checkpoint> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    throw new LabError(
      'source/no-folder',
      `The model "${title}" should be the folder ${folder}, which does not exist or cannot be read.`,
      { model: title, folder },
    );
  }
  const files = new Map<string, ByteSource>();
  for (const name of names.sort())
    if ((await stat(join(folder, name))).isFile()) files.set(name, await diskSource(join(folder, name), name));
  return openCheckpoint(title, files);
}
