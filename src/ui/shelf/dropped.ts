export interface PickedFile {
  path: string;
  file: File;
}

/** More than any checkpoint folder has; a dropped home directory must not be walked to its end. */
const MAX_FILES = 2000;

/** Files by their top folder: each dropped folder is one checkpoint, loose files together are one. */
export function groupByFolder(files: readonly PickedFile[]): PickedFile[][] {
  const groups = new Map<string, PickedFile[]>();
  for (const picked of files) {
    const cut = picked.path.indexOf('/');
    const folder = cut < 0 ? '' : picked.path.slice(0, cut);
    groups.set(folder, [...(groups.get(folder) ?? []), picked]);
  }
  return [...groups.values()];
}

export function fromInput(list: FileList): PickedFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** readEntries gives at most 100 at a time, and an empty list at the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Walks what was dropped. Must be called in the drop event's own task: the entries are gone after it. */
export async function fromDrop(transfer: DataTransfer): Promise<PickedFile[]> {
  const queue = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files: PickedFile[] = [];
  for (let entry = queue.shift(); entry && files.length < MAX_FILES; entry = queue.shift()) {
    if (entry.isDirectory) queue.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
    else files.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry as FileSystemFileEntry) });
  }
  return files;
}
