import { LabError } from '../errors';
import type { DType, NewSha256 } from '../tensor/types';
import { compareUtf8 } from '../tensor/utf8';

export interface TensorDigest {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** sha256 of the tensor's little-endian bytes, lower-case hex. */
  readonly sha256: string;
}

/** One line of contract C4. @throws LabError `fingerprint/name` for a name that would break the line format. */
function fingerprintLine({ name, dtype, shape, sha256 }: TensorDigest): string {
  if (/[\t\n]/.test(name))
    throw new LabError(
      'fingerprint/name',
      `The tensor name ${JSON.stringify(name)} contains a tab or a line break and cannot be fingerprinted. Rename the tensor.`,
      {
        tensor: JSON.stringify(name),
      },
    );
  return `${name}\t${dtype}\t${shape.join(',')}\t${sha256}\n`;
}

/** Weights fingerprint C4 of a whole checkpoint. Order of `digests` does not matter. @returns lower-case hex. */
export function fingerprint(digests: readonly TensorDigest[], newSha256: NewSha256): string {
  const hash = newSha256();
  const encoder = new TextEncoder();
  for (const digest of [...digests].sort((a, b) => compareUtf8(a.name, b.name)))
    hash.update(encoder.encode(fingerprintLine(digest)));
  return hash.hex();
}
