import { writeSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LabError } from '../core/errors';
import { fingerprintPlan, type PlanFingerprint, type RunOptions } from '../core/merge/run';
import type { MergePlan } from '../core/merge/types';
import { layout } from '../core/tensor/writer';
import type { Checkpoint } from '../engine/checkpoint';
import { companionFiles, fileMetadata } from '../engine/export';
import { newSha256 } from './disk';

/** Synchronous: a call through the thread pool costs more than the copy into the page cache that it is. */
function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(fd, bytes, done, bytes.byteLength - done, at + done);
}

/** Computes every tensor once, straight to its place in the file; the header, whose length the fingerprint does not change, is written last. */
async function writeWeights(path: string, plan: MergePlan, options: RunOptions): Promise<PlanFingerprint> {
  const { offsets } = layout(plan.tensors, fileMetadata('0'.repeat(64)));
  const file = await open(path, 'w');
  try {
    const done = await fingerprintPlan(plan, newSha256, options, ({ name }, at, bytes) => {
      writeAll(file.fd, bytes, offsets.get(name)!.begin + at);
    });
    const { header } = layout(plan.tensors, fileMetadata(done.sha256));
    await file.write(header, 0, header.byteLength, 0);
    return done;
  } finally {
    await file.close();
  }
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
  options: RunOptions,
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
    const written = await writeWeights(join(work, 'model.safetensors'), plan, options);
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
