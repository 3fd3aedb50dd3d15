import { mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LabError } from '../core/errors';
import type { TensorDigest } from '../core/merge/fingerprint';
import { summary, type PlanFingerprint } from '../core/merge/run';
import type { MergePlan } from '../core/merge/types';
import { layout } from '../core/tensor/writer';
import type { Checkpoint } from '../engine/checkpoint';
import { companionFiles, fileMetadata } from '../engine/export';
import { newSha256 } from './disk';

/** Merges into the file at `path`, where {@link layout} puts each tensor. @returns all digests */
export type MergeInto = (path: string) => Promise<TensorDigest[]>;

/** Computes every tensor once, straight to its place in the file; the header, whose length the fingerprint does not change, is written last. */
async function writeWeights(path: string, plan: MergePlan, merge: MergeInto): Promise<PlanFingerprint> {
  await writeFile(path, '');
  const done = summary(plan, await merge(path), newSha256);
  const { header } = layout(plan.tensors, fileMetadata(done.sha256));
  const file = await open(path, 'r+');
  try {
    await file.write(header, 0, header.byteLength, 0);
  } finally {
    await file.close();
  }
  return done;
}

/**
 * Writes the merged folder beside its place and moves it there when it is whole: a failure leaves no output folder.
 * @throws LabError `cli/out-exists`, or what the merge throws.
 */
export async function writeFolder(
  out: string,
  plan: MergePlan,
  donor: Checkpoint,
  yaml: string,
  merge: MergeInto,
): Promise<PlanFingerprint> {
  const target = resolve(out);
  const existing = await readdir(target).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : [''],
  );
  if (existing && existing.length > 0)
    throw new LabError(
      'cli/out-exists',
      `The output ${out} exists already and is not an empty folder. Choose another, or remove it.`,
      { out },
    );
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const written = await writeWeights(join(work, 'model.safetensors'), plan, merge);
    for (const { name, chunks } of companionFiles(plan, donor, yaml, written.sha256)) {
      const parts: Uint8Array[] = [];
      for await (const part of chunks()) parts.push(part);
      await writeFile(join(work, name), Buffer.concat(parts));
    }
    if (existing) await rm(target, { recursive: true });
    await rename(work, target);
    return written;
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}
