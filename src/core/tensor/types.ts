/** dtype names as safetensors spells them. */
export type DType =
  | 'BOOL'
  | 'F4'
  | 'F6_E2M3'
  | 'F6_E3M2'
  | 'U8'
  | 'I8'
  | 'F8_E5M2'
  | 'F8_E4M3'
  | 'F8_E8M0'
  | 'F8_E4M3FNUZ'
  | 'F8_E5M2FNUZ'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'C64'
  | 'F64'
  | 'I64'
  | 'U64';

/** What a header says of one tensor. `begin`/`end` are byte offsets in the file that holds it (not in its data section). */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A file of known length that can be read in ranges: a zoo file, a dropped File, a file on disk. */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** @returns exactly `end - begin` bytes, owned by the caller. */
  read(begin: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills all of `room` from `begin` on; where a source can, memory may be used again and again. */
  readInto?(room: Uint8Array<ArrayBuffer>, begin: number, signal?: AbortSignal): Promise<void>;
}

/** All tensors of a checkpoint, single file or shards, by name. A Map: a tensor may be called `__proto__`. */
export interface TensorIndex {
  readonly tensors: ReadonlyMap<string, TensorInfo & { readonly source: ByteSource }>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Things worth telling (extra fields, a wrong total_size), never reasons to refuse. */
  readonly warnings: readonly { code: string; message: string }[];
}

/** Incremental sha256, injected: hash-wasm in workers, node:crypto under Node. `hex` ends it. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  hex(): string;
}
export type NewSha256 = () => Sha256;
