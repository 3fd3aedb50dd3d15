import { LabError } from '../errors';
import { byteLength, dtypeOrder } from './dtype';
import { MAX_HEADER_BYTES } from './limits';
import type { DType } from './types';
import { compareUtf8 } from './utf8';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface Layout {
  /** The file's first bytes: length, JSON, padding. The tensors' bytes follow it without gaps. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** Names in the order in which their bytes follow. */
  readonly order: readonly string[];
  readonly fileSize: number;
  /** Byte offsets in the file, as in TensorInfo. */
  readonly offsets: ReadonlyMap<string, { readonly begin: number; readonly end: number }>;
}

function checkName(name: string, taken: ReadonlyMap<string, unknown>): void {
  const params = { tensor: name };
  if (name === '__metadata__') {
    throw new LabError(
      'writer/reserved-name',
      'A tensor cannot be called "__metadata__": the format reserves that name.',
      params,
    );
  }
  if (!name.isWellFormed()) {
    throw new LabError(
      'writer/not-unicode',
      `Tensor name ${JSON.stringify(name)} is not valid Unicode; rename the tensor.`,
      params,
    );
  }
  if (taken.has(name)) {
    throw new LabError(
      'writer/duplicate-tensor',
      `Two tensors are called "${name}"; a file can hold only one of them.`,
      params,
    );
  }
}

/**
 * Lays out a safetensors file as the reference's serializer does (safetensors/src/tensor.rs, `prepare`): dtype descending in
 * enum order, then name; compact JSON padded with spaces to 8 bytes. The reference's order of several `__metadata__` keys is
 * random, here they are sorted: otherwise the file is the one `save_file` writes, byte for byte.
 * @param metadata null: no `__metadata__` at all
 * @throws LabError `writer/reserved-name`, `writer/not-unicode`, `writer/duplicate-tensor`, `writer/header-too-large`, and those of byteLength
 */
export function layout(tensors: readonly TensorToWrite[], metadata: ReadonlyMap<string, string> | null): Layout {
  const sorted = [...tensors].sort((a, b) => dtypeOrder(b.dtype) - dtypeOrder(a.dtype) || compareUtf8(a.name, b.name));
  const members: string[] = [];
  if (metadata) {
    const pairs = [...metadata].sort(([a], [b]) => compareUtf8(a, b));
    // Written by hand: an object would drop `__proto__` and move keys that look like numbers to the front.
    const texts = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    members.push(`"__metadata__":{${texts.join(',')}}`);
  }
  const relative = new Map<string, { begin: number; end: number }>();
  let end = 0;
  for (const { name, dtype, shape } of sorted) {
    checkName(name, relative);
    const begin = end;
    end += byteLength(dtype, shape, name);
    relative.set(name, { begin, end });
    const entry = `{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`;
    members.push(`${JSON.stringify(name)}:${entry}`);
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    const message = `The header of the file would be ${length} bytes, and the format allows ${MAX_HEADER_BYTES}. Write fewer tensors or less metadata into one file.`;
    throw new LabError('writer/header-too-large', message, { bytes: length, limit: MAX_HEADER_BYTES });
  }
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  const offsets = new Map<string, { begin: number; end: number }>();
  for (const [name, span] of relative) {
    offsets.set(name, { begin: span.begin + header.length, end: span.end + header.length });
  }
  return { header, order: [...offsets.keys()], fileSize: header.length + end, offsets };
}
