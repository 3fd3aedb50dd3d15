import { createSHA256 } from 'hash-wasm';
import type { NewSha256 } from '../core/tensor/types';

/** hash-wasm compiles its module once; after that, hashers are made synchronously. */
type Hasher = Awaited<ReturnType<typeof createSHA256>>;
const idle: Hasher[] = [];

/** Of calls that run side by side each has one open: a tensor's, and for moments a mask's or the fingerprint's. */
const PREPARED = 8;

/** Must be awaited once per worker before {@link newSha256}. */
export async function prepareSha256(): Promise<void> {
  while (idle.length < PREPARED) idle.push(await createSHA256());
}

/** Incremental sha256. At most {@link PREPARED} may be open at a time. */
export const newSha256: NewSha256 = () => {
  const hasher = idle.pop();
  if (!hasher) throw new Error('more sha256 hashers open than prepared');
  hasher.init();
  return {
    update: (bytes) => void hasher.update(bytes),
    hex: () => {
      idle.push(hasher);
      return hasher.digest('hex');
    },
  };
};
