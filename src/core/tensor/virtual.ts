import type { ByteSource, DType, TensorInfo } from './types';
import { byteLength } from './dtype';

/**
 * A tensor that is computed when it is read: an adapter on its matrix, rows in another vocabulary's order, the result of an
 * earlier stage. To a plan it is a tensor like any other. Reads of parts compute the tensor once: the last one is kept until
 * it has been read to its end.
 * @param compute gives all of its little-endian bytes, which nobody else writes to
 */
export function virtualTensor(
  name: string,
  dtype: DType,
  shape: readonly number[],
  compute: (signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>,
): TensorInfo & { readonly source: ByteSource } {
  const size = byteLength(dtype, shape);
  let kept: Promise<Uint8Array<ArrayBuffer>> | null = null;
  const source: ByteSource = {
    name,
    size,
    async read(begin, end, signal) {
      kept ??= compute(signal);
      const current = kept;
      const forget = (): void => {
        if (kept === current) kept = null;
      };
      const bytes = await current.catch((error: unknown) => {
        forget();
        throw error;
      });
      if (end === size) forget();
      return begin === 0 && end === size ? bytes : bytes.slice(begin, end);
    },
  };
  return { name, dtype, shape, begin: 0, end: size, source };
}
