import { LabError } from '../core/errors';
import type { ByteSource } from '../core/tensor/types';

/** Files up to this size are read once and kept: a Blob answers each range in about a millisecond, a slider asks for dozens. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** A dropped or picked File as a range-readable source; nothing is read until asked for. */
function fileSource(name: string, file: File): ByteSource {
  let kept: Promise<ArrayBuffer> | null = null;
  return {
    name,
    size: file.size,
    async read(begin, end, signal) {
      signal?.throwIfAborted();
      try {
        if (file.size > KEEP_BYTES) return new Uint8Array(await file.slice(begin, end).arrayBuffer());
        kept ??= file.arrayBuffer();
        return new Uint8Array((await kept).slice(begin, end));
      } catch {
        kept = null;
        throw new LabError(
          'file/unreadable',
          `${name} can no longer be read: it was moved, changed or removed since it was dropped. Drop the folder again.`,
          { file: name },
        );
      }
    },
  };
}

/**
 * The files of one model out of a dropped folder or a handful of files, by name inside the model's folder.
 * @throws LabError `file/two-models` where two folders hold weights, `file/no-model` where none does.
 */
export function localFiles(files: readonly { path: string; file: File }[]): {
  title: string;
  files: Map<string, ByteSource>;
} {
  const folders = new Map<string, { path: string; file: File }[]>();
  for (const item of files) {
    const folder = item.path.includes('/') ? item.path.slice(0, item.path.lastIndexOf('/')) : '';
    folders.set(folder, [...(folders.get(folder) ?? []), item]);
  }
  const withWeights = [...folders].filter(([, items]) =>
    items.some(({ file }) => /\.(safetensors|safetensors\.index\.json)$/.test(file.name)),
  );
  if (withWeights.length > 1) {
    const names = withWeights.map(([folder]) => folder || '.').join(', ');
    throw new LabError('file/two-models', `These folders each hold a model: ${names}. Add one model at a time.`, {
      folders: names,
    });
  }
  const [found] = withWeights;
  if (!found) {
    const pickle = files.some(({ file }) => /\.(bin|pt|pth|ckpt|gguf)$/.test(file.name));
    throw new LabError(
      'file/no-model',
      `There is no .safetensors file among the ${files.length} files.${pickle ? ' Pickle and GGUF files are not read.' : ''} Drop a Hugging Face folder with config.json, tokenizer.json and model.safetensors.`,
      { count: files.length },
    );
  }
  const [folder, items] = found;
  return {
    title:
      folder.split('/').pop() || (items.find(({ file }) => file.name.endsWith('.safetensors')) ?? items[0]!).file.name,
    files: new Map(items.map(({ file }) => [file.name, fileSource(file.name, file)])),
  };
}
