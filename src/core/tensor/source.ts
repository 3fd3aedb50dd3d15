import { LabError } from '../errors';
import type { ByteSource } from './types';

/** @returns a file held in memory. Reads are copies; a range outside the file is a LabError `source/range`. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(begin, end, signal) {
      signal?.throwIfAborted();
      if (begin < 0 || end < begin || end > bytes.length) {
        const message = `${name}: bytes ${begin} to ${end} were asked for, but the file has ${bytes.length}.`;
        throw new LabError('source/range', message, { file: name, begin, end, size: bytes.length });
      }
      return new Uint8Array(bytes.subarray(begin, end));
    },
  };
}
