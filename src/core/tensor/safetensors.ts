import { LabError } from '../errors';
import { foreignFile } from './foreign';
import { parseHeader } from './header';
import { MAX_HEADER_BYTES } from './limits';
import type { ByteSource, TensorIndex } from './types';

/** Most headers of small models fit, which saves a remote file its second request. */
const FIRST_READ = 65_536;
const SNIFF_BYTES = 512;

/** @returns the header's JSON bytes. N is read as BigInt: as a double it would lose bits (0xFFFFFF000000003C). */
async function readHeader(source: ByteSource, signal?: AbortSignal): Promise<Uint8Array> {
  const { name: file, size } = source;
  if (size === 0) {
    throw new LabError(
      'safetensors/empty',
      `${file} is empty (0 bytes). The download or copy failed; fetch it again.`,
      { file },
    );
  }
  const head = await source.read(0, Math.min(size, FIRST_READ), signal);
  const refuse = (code: string, message: string, params: Record<string, string | number>): LabError =>
    foreignFile(head.subarray(0, SNIFF_BYTES), file) ??
    new LabError(code, `${file}: ${message}. It is damaged or not a safetensors file; fetch it again.`, {
      file,
      size,
      ...params,
    });
  if (size < 8)
    throw refuse(
      'safetensors/too-short',
      `it has ${size} bytes, fewer than the 8 every safetensors file begins with`,
      {},
    );
  const claimed = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  const params = { claimed: String(claimed), limit: MAX_HEADER_BYTES };
  if (claimed === 0n) throw refuse('safetensors/header-empty', 'it claims a header of 0 bytes', params);
  if (claimed > BigInt(MAX_HEADER_BYTES)) {
    const message = `it claims a header of ${claimed} bytes, and the format allows ${MAX_HEADER_BYTES}`;
    throw refuse('safetensors/header-too-large', message, params);
  }
  const end = 8 + Number(claimed);
  if (end > size) {
    throw refuse(
      'safetensors/header-past-end',
      `it claims a header of ${claimed} bytes but has only ${size} bytes in all`,
      params,
    );
  }
  return end <= head.length ? head.subarray(8, end) : source.read(8, end, signal);
}

/**
 * Opens one safetensors file: reads and checks its header, no weights. Any dtype of the format is accepted, quantised ones
 * too; whether it can be merged is the merge's question.
 * @throws LabError of the groups `safetensors/`, `json/` and `tensor/`, and whatever the source throws
 */
export async function openSafetensors(source: ByteSource, signal?: AbortSignal): Promise<TensorIndex> {
  const { tensors, metadata, warnings } = parseHeader(await readHeader(source, signal), source.size, source.name);
  const located = new Map([...tensors].map(([name, info]) => [name, { ...info, source }]));
  return { tensors: located, metadata, warnings };
}
