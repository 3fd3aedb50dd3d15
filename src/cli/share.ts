import { closeSync, openSync, writeSync } from 'node:fs';
import type { TensorDigest } from '../core/merge/fingerprint';
import { digestTensor, inputBytesOf } from '../core/merge/run';
import type { MergePlan } from '../core/merge/types';
import { layout } from '../core/tensor/writer';
import { fileMetadata } from '../engine/export';
import { newSha256 } from './disk';

/** The next tensor, in order of falling size, counted up by all threads. */
export type Turn = Int32Array<SharedArrayBuffer>;

/** Ends the work of all threads after the tensors they are at. */
export function stop(turn: Turn): void {
  Atomics.store(turn, 0, 2 ** 30);
}

/**
 * Merges tensors until none is left, each into its place in the file. Whoever is free takes the largest that is left: the
 * threads end at about the same time.
 * @param path an existing file
 */
export async function mergeShare(
  plan: MergePlan,
  path: string,
  turn: Turn,
  allowNonFinite: boolean,
): Promise<TensorDigest[]> {
  // The fingerprint is not known yet, but how long it is, and with it where the tensors begin.
  const { offsets } = layout(plan.tensors, fileMetadata('0'.repeat(64)));
  const order = [...plan.tensors].sort((a, b) => inputBytesOf(b) - inputBytesOf(a));
  const digests: TensorDigest[] = [];
  const file = openSync(path, 'r+');
  try {
    for (let at = Atomics.add(turn, 0, 1); at < order.length; at = Atomics.add(turn, 0, 1))
      digests.push(
        await digestTensor(plan, order[at]!, newSha256, { allowNonFinite }, ({ name }, begin, bytes) =>
          writeAll(file, bytes, offsets.get(name)!.begin + begin),
        ),
      );
  } finally {
    closeSync(file);
  }
  return digests;
}

/** Synchronous: a call through the thread pool costs more than the copy into the page cache that it is. */
function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(fd, bytes, done, bytes.byteLength - done, at + done);
}
