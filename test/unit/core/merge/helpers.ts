import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckpointHead } from '../../../../src/core/merge/types';
import { encodeFromF32 } from '../../../../src/core/tensor/dtype';
import { memorySource } from '../../../../src/core/tensor/source';
import type { DType, TensorInfo } from '../../../../src/core/tensor/types';
import { headOf, openCheckpoint, type Checkpoint } from '../../../../src/engine/checkpoint';

export const GOLDEN = join(import.meta.dirname, '../../../golden');
export const ZOO = join(import.meta.dirname, '../../../../public/zoo');

/** A folder on disk as a checkpoint, wholly in memory. */
export async function openDisk(folder: string, title = folder): Promise<Checkpoint> {
  const names = readdirSync(folder).filter((name) => /\.(safetensors|json)$/.test(name));
  return openCheckpoint(
    title,
    new Map(names.map((name) => [name, memorySource(name, new Uint8Array(readFileSync(join(folder, name))))])),
  );
}

export async function headsOf(folders: Readonly<Record<string, string>>): Promise<Map<string, CheckpointHead>> {
  const heads = new Map<string, CheckpointHead>();
  for (const [alias, folder] of Object.entries(folders)) heads.set(alias, headOf(alias, await openDisk(folder)));
  return heads;
}

/** A checkpoint head made of float tensors, for tests of arithmetic and plans. */
export function madeHead(
  alias: string,
  tensors: Readonly<Record<string, { shape: number[]; values: ArrayLike<number>; dtype?: DType }>>,
  extra: { config?: Record<string, unknown>; vocabulary?: Map<string, number> } = {},
): CheckpointHead {
  const index = new Map<string, TensorInfo & { source: ReturnType<typeof memorySource> }>();
  for (const [name, { shape, values, dtype = 'F32' }] of Object.entries(tensors)) {
    const bytes =
      dtype.startsWith('I') || dtype.startsWith('U')
        ? new Uint8Array(BigInt64Array.from(Array.from(values, (v) => BigInt(v))).buffer)
        : encodeFromF32(Float32Array.from(values), dtype);
    index.set(name, {
      name,
      dtype,
      shape,
      begin: 0,
      end: bytes.byteLength,
      source: memorySource(`${alias}/${name}`, bytes),
    });
  }
  return {
    alias,
    index: { tensors: index, metadata: new Map(), warnings: [] },
    config: extra.config ?? null,
    vocabulary: extra.vocabulary ?? null,
  };
}
